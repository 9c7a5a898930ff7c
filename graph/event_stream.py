"""`POST /events`: events as lines of JSON, a stream of any length, with a result for each line.

The results are sent when all lines were read, because most clients read nothing before they have sent everything;
until then they are kept in a file. A stream that broke off is sent again from its start: what is stored
is recognised by its event id, or without one by its time and content.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import IO, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from domain.errors import DselError, Forbidden, InvalidArgument, StoreUnavailable, Unauthenticated
from graph import json_text
from graph.json_text import JsonError
from repository.event_log import Appended
from resolvers import ingestion
from resolvers.commands import Drafted
from resolvers.context import Context, Right

LONGEST_LINE = 17 * 2**20
_LARGEST_BATCH = 8 * 2**20
_IN_MEMORY = 2**20
_BREATH = 25  # lines
_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-seq")
_DOCUMENTS = ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json")


class MalformedLine(DselError):
    code = "INVALID_JSON"


@dataclass(slots=True)
class Ingestion:
    """One stream: numbers its lines, stores them in batches, and notes what became of each."""

    context: Context
    imported: bool
    validated: bool
    results: IO[bytes]
    lines: int = 0
    counts: dict[str, int] = field(default_factory=lambda: {"stored": 0, "duplicate": 0, "refused": 0})
    waiting: list[tuple[int, Drafted | DselError]] = field(default_factory=list)
    size: int = 0
    committing: asyncio.Task[list[ingestion.Result]] | None = None
    """The batch before this one: MongoDB stores it while this one is read."""
    committed: list[int] = field(default_factory=list)

    async def take(self, line: bytes | MalformedLine) -> None:
        self.lines += 1
        if isinstance(line, bytes) and not line.strip():
            return
        document = _document(line)
        if not isinstance(document, DselError):
            document = ingestion.read(self.context, document, imported=self.imported, validated=self.validated)
        self.waiting.append((self.lines, document))
        self.size += len(line) if isinstance(line, bytes) else 0
        if len(self.waiting) >= ingestion.BATCH or self.size >= _LARGEST_BATCH:
            await self.flush()
        elif self.lines % _BREATH == 0:
            await asyncio.sleep(0)  # the batch that is being stored goes on meanwhile

    async def flush(self) -> None:
        """Begins to store what waits, once the batch before it is stored. Raises StoreUnavailable for that one."""
        await self.settle()
        reads = [each for _, each in self.waiting]
        self.committing = asyncio.create_task(ingestion.commit(self.context, reads))
        self.committed, self.waiting, self.size = [number for number, _ in self.waiting], [], 0

    async def settle(self) -> None:
        """Notes what became of the batch that is being stored. Raises StoreUnavailable: it may be stored in part."""
        if self.committing is None:
            return
        results, self.committing = await self.committing, None
        for number, result in zip(self.committed, results, strict=True):
            self._note(number, result)
        self.committed = []

    async def finish(self, error: StoreUnavailable | None = None) -> None:
        summary = {"done": error is None, "lines": self.lines, **self.counts}
        if error is not None:
            unknown = [*self.committed, *(number for number, _ in self.waiting), self.lines]
            summary |= {"unknownFrom": unknown[0], **_explained(error)}
        await run_in_threadpool(self.results.write, json_text.dumps(summary) + b"\n")

    def _note(self, number: int, result: Appended | DselError) -> None:
        if isinstance(result, DselError):
            status, detail = "refused", _explained(result)
        else:
            status = "duplicate" if result.deduplicated else "stored"
            detail = {"eventId": result.event.id, "version": result.event.version}
        self.counts[status] += 1
        self.results.write(json_text.dumps({"line": number, "status": status, **detail}) + b"\n")


def endpoint(make_context: Callable[[Request], Awaitable[Context]]) -> Callable[[Request], Awaitable[Response]]:
    async def post(request: Request) -> Response:
        try:
            context = await make_context(request)
            imported = _imports(request, context)
            validated = _flag(request, "validate", default=not imported)
        except DselError as error:
            return refused(error)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (*_LINES, *_DOCUMENTS):
            hint = f"Send one of: {', '.join((*_LINES, *_DOCUMENTS))}."
            return _json(415, {"code": "UNSUPPORTED_MEDIA_TYPE", "message": f"'{kind}' holds no events", "hint": hint})
        taken = _split(request.stream()) if kind in _LINES else _whole(request.stream())
        results = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when it has been sent
        return await _answer(Ingestion(context, imported, validated, results), taken)

    return post


async def _answer(work: Ingestion, lines: AsyncIterator[bytes | MalformedLine]) -> Response:
    status, results = 200, work.results
    try:
        async for line in lines:
            await work.take(line)
        await work.flush()
        await work.settle()
        await work.finish()
    except StoreUnavailable as error:
        status = 503
        await work.finish(error)
    except ClientDisconnect:
        results.close()
        return Response(status_code=400)
    except BaseException:
        results.close()
        raise
    return StreamingResponse(_chunks(results), status, media_type="application/x-ndjson")


async def _split(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes | MalformedLine]:
    """Lines of a stream of which no more than one is kept; one that is too long is passed over."""
    parts: list[bytes] = []
    length = 0
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            length += len(end)
            yield b"".join((*parts, end)) if length <= LONGEST_LINE else _too_long(length)
            parts, length = [], 0
        length += len(rest)
        parts = [*parts, rest] if length <= LONGEST_LINE else []
    if length:
        yield b"".join(parts) if length <= LONGEST_LINE else _too_long(length)


async def _whole(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes | MalformedLine]:
    """A JSON document as one line, a JSON array as a line for each member."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LONGEST_LINE:
            yield _too_long(len(body))
            return
    try:
        document = json_text.loads(bytes(body))
    except JsonError as error:
        yield MalformedLine(str(error))
        return
    for member in document if isinstance(document, list) else [document]:
        yield json_text.dumps(member)


def _document(line: bytes | MalformedLine) -> Any:
    if isinstance(line, MalformedLine):
        return line
    try:
        return json_text.loads(line)
    except JsonError as error:
        return MalformedLine(str(error), hint="Write one JSON object on each line.")


def _imports(request: Request, context: Context) -> bool:
    wanted = _flag(request, "import", default=False)
    if wanted and not context.caller.may(Right.IMPORT):
        raise Forbidden(f"{context.caller.actor.id} may not import events", hint="Ask for the right 'import'.")
    return wanted


def _flag(request: Request, name: str, *, default: bool) -> bool:
    given = request.query_params.get(name, str(default)).lower()
    if given not in ("true", "false"):
        raise InvalidArgument(f"{name}={given} is neither true nor false")
    return given == "true"


def _explained(error: DselError) -> dict[str, Any]:
    violations = [
        {"path": each.path, "message": each.message, "rule": each.rule} for each in getattr(error, "violations", ())
    ]
    told = {"code": error.code, "message": str(error), "hint": error.hint, **error.details}
    told |= {"violations": violations} if violations else {}
    return {key: value for key, value in told.items() if value is not None}


def refused(error: DselError) -> Response:
    status = {Unauthenticated: 401, Forbidden: 403, StoreUnavailable: 503}.get(type(error), 400)
    return _json(status, _explained(error))


def _json(status: int, body: Any) -> Response:
    return Response(json_text.dumps(body), status, media_type="application/json")


def _too_long(length: int) -> MalformedLine:
    return MalformedLine(
        f"a line of more than {length - 1:,} bytes, {LONGEST_LINE:,} are allowed", hint="Keep large files elsewhere."
    )


async def _chunks(results: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        await run_in_threadpool(results.seek, 0)
        while chunk := await run_in_threadpool(results.read, 2**16):
            yield chunk
    finally:
        results.close()

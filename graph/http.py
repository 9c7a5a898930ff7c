"""GraphQL over HTTP, by its specification: what a request must look like, and which status says what."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache, partial
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from domain.errors import DselError
from graph import json_text
from graph.coalescing import Coalescing
from graph.execution import Engine, GraphQLRequest, Prepared, Result, is_invalid
from graph.server_sent_events import EVENT_STREAM, EventStreamResponse
from graph.streaming import Patience, Streaming
from resolvers.beside import beside

logger = logging.getLogger(__name__)

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
HTML = "text/html"

STATUS_BY_CODE = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "STORE_UNAVAILABLE": 503, "INTERNAL": 500}
EXAMPLE = 'Send a JSON object like {"query": "{ __typename }", "variables": {}, "operationName": null}.'

_LARGE = 2**18  # bytes: to read so many takes milliseconds

_UNWATCHED = 0.05  # seconds

MakeContext = Callable[[Request, GraphQLRequest, Any], Awaitable[Any]]
Page = Callable[[Request], Awaitable[Response]]
Answer = TypeVar("Answer")


class GraphQLEndpoint:
    """An ASGI application for one path: POST with a JSON body, GET with query parameters, a page for browsers.

    `engine` is asked once per request, and `make_context` is told the engine that will run it. What that raises as a
    DselError goes out with the status of its code. When a query is invalid, `newer` is asked for another engine.
    A context may have `correlation_id`, which goes out as X-Correlation-Id, and `response_extensions()`, whose answer
    goes out as `extensions`. `telling` are the headers that make a difference to it, in lower case.
    """

    def __init__(
        self,
        engine: Callable[[], Engine],
        make_context: MakeContext,
        page: Page | None = None,
        max_body_bytes: int = 20 * 1024 * 1024,
        streaming: Streaming | None = None,
        patience: Patience | None = None,
        newer: Callable[[Any], Awaitable[Engine | None]] | None = None,
        telling: Iterable[bytes] = (b"authorization",),
    ) -> None:
        self._engine = engine
        self._telling = frozenset(telling)
        self.queries: Coalescing[Response] = Coalescing()
        self._newer = newer or _none_newer
        self._make_context = make_context
        self._page = page
        self._max_body_bytes = max_body_bytes
        self._streaming = streaming
        self._patience = patience or Patience()
        self._mutations: set[asyncio.Task[Result]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        offers_page = self._page is not None and scope["method"] == "GET"
        accepted = _accepted(headers.get(b"accept", b"*/*"), offers_page, self._streaming is not None)
        refusal_type = GRAPHQL_JSON if accepted == GRAPHQL_JSON else JSON
        try:
            response = await self._respond(scope, receive, headers, accepted)
        except ClientDisconnect:
            return
        except RefusedError as refused:
            response = _response(refusal_type, refused.status, Result.refused([refused.error]), refused.headers)
        except Exception:
            logger.exception("Internal error at %s %s", scope["method"], scope["path"])
            error = GraphQLError("Internal error", extensions={"code": "INTERNAL"})
            response = _response(refusal_type, 500, Result.refused([error]), {})
        await response(scope, receive, send)

    async def _respond(
        self, scope: Scope, receive: Receive, headers: dict[bytes, bytes], accepted: str | None
    ) -> Response | EventStreamResponse:
        if accepted == HTML and self._page:
            return await self._page(Request(scope))
        if accepted is None:
            _refuse(406, f"This address answers with {GRAPHQL_JSON} or {JSON}; the Accept header names neither.")
        if scope["method"] == "POST":
            text = await self._posted(receive, headers)
            request = checked(await _loaded(text))
        elif scope["method"] == "GET":
            text = scope["query_string"]
            request = checked(_queried(text))
        else:
            _refuse(405, f"{scope['method']} is not supported. Use POST, or GET for queries.", {"Allow": "GET, POST"})
        engine = self._engine()
        known = engine.remembered(request.query, request.operation_name)
        if known and known.type is OperationType.QUERY and accepted != EVENT_STREAM and len(text) < _LARGE:
            key = (known, text, accepted, self._told(scope))
            make = partial(self._answered, scope, engine, known, request, accepted)
            return await _while_connected(self.queries.answer(key, make), receive)
        context = await self._context(Request(scope), request, engine)
        prepared = known or engine.prepare(request.query, request.operation_name)
        if is_invalid(prepared) and (newer := await self._newer(engine)) is not None:
            engine, context = newer, await self._context(Request(scope), request, newer)
            prepared = engine.prepare(request.query, request.operation_name)
        if accepted == EVENT_STREAM and self._streaming is not None:
            return self._stream(scope["method"], engine, prepared, request, context)
        result = await self._result(scope["method"], engine, prepared, request, context, receive)
        return _executed(accepted, result, context)

    def _told(self, scope: Scope) -> tuple[tuple[bytes, bytes], ...]:
        return tuple(header for header in scope["headers"] if header[0] in self._telling)

    async def _answered(
        self, scope: Scope, engine: Engine, prepared: Prepared, request: GraphQLRequest, accepted: str
    ) -> Response:
        """The answer to all who ask this at the same time, from an instant after the last of them came."""
        context = await self._context(Request(scope), request, engine)
        return _executed(accepted, await engine.run(prepared, request, context), context)

    async def _posted(self, receive: Receive, headers: dict[bytes, bytes]) -> bytes:
        if problem := _media_problem(headers.get(b"content-type", b""), headers.get(b"content-encoding", b"")):
            _refuse(*problem)
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self._max_body_bytes:
            self._refuse_body()
        return await self._body(receive)

    async def _body(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._max_body_bytes:
                self._refuse_body()
            if not message.get("more_body", False):
                return b"".join(chunks)

    def _refuse_body(self) -> NoReturn:
        _refuse(413, f"The request body is larger than {self._max_body_bytes:,} bytes, the limit. Send less at a time.")

    async def _context(self, request: Request, graphql_request: GraphQLRequest, engine: Engine) -> Any:
        try:
            return await self._make_context(request, graphql_request, engine)
        except DselError as error:
            status = STATUS_BY_CODE.get(error.code, 400)
            shown = engine.to_error(GraphQLError(str(error), original_error=error))
            raise RefusedError(status, shown, {"WWW-Authenticate": "Bearer"} if status == 401 else {}) from error

    async def _result(
        self,
        method: str,
        engine: Engine,
        prepared: Prepared | list[GraphQLError],
        request: GraphQLRequest,
        context: Any,
        receive: Receive,
    ) -> Result:
        if isinstance(prepared, list):
            return Result.refused(prepared)
        if prepared.type is not OperationType.MUTATION:
            return await _while_connected(engine.run(prepared, request, context), receive)
        if method != "POST":
            _refuse(405, "A mutation changes data: send it with POST.", {"Allow": "POST"})
        return await self._run_to_the_end(engine, prepared, request, context)

    def _stream(
        self,
        method: str,
        engine: Engine,
        prepared: Prepared | list[GraphQLError],
        request: GraphQLRequest,
        context: Any,
    ) -> EventStreamResponse:
        assert self._streaming is not None
        if not isinstance(prepared, list) and prepared.type is OperationType.MUTATION and method != "POST":
            _refuse(405, "A mutation changes data: send it with POST.", {"Allow": "POST"})
        results = self._streaming.results(engine, request, context)
        return EventStreamResponse(results, _correlation(context), self._patience)

    async def _run_to_the_end(
        self, engine: Engine, prepared: Prepared, request: GraphQLRequest, context: Any
    ) -> Result:
        """What may have begun to write goes on, though the client leaves or the server cancels the request."""
        mutation = asyncio.create_task(engine.run(prepared, request, context))
        self._mutations.add(mutation)
        mutation.add_done_callback(self._mutations.discard)
        return await asyncio.shield(mutation)


async def _none_newer(_: Any) -> None:
    """Where engines are not replaced."""


class RefusedError(Exception):
    """A request that was not executed, with the HTTP status that says why."""

    def __init__(self, status: int, error: GraphQLError, headers: dict[str, str]) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = headers


CODE_BY_STATUS = {
    400: "BAD_REQUEST",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}


def _refuse(status: int, message: str, headers: dict[str, str] | None = None) -> NoReturn:
    error = GraphQLError(message, extensions={"code": CODE_BY_STATUS[status]})
    raise RefusedError(status, error, headers or {})


async def _loaded(body: bytes) -> Any:
    try:
        return json_text.loads(body) if len(body) < _LARGE else await beside(json_text.loads, body)
    except json_text.JsonError as error:
        _refuse(400, f"The request body cannot be read: {error}. {EXAMPLE}")


async def _while_connected(answer: Awaitable[Answer], receive: Receive) -> Answer:
    """Cancels the answer when the client leaves. Raises ClientDisconnect then."""
    task = asyncio.current_task()
    assert task
    watch = _Watch(receive, task)
    try:
        return await answer
    except asyncio.CancelledError:
        if watch.has_cancelled and task.uncancel() == 0:  # nobody else, such as a timeout, has cancelled us too
            raise ClientDisconnect from None
        raise
    finally:
        watch.end()


class _Watch:
    """Cancels a task when the client leaves. Most requests are answered before it begins to look."""

    def __init__(self, receive: Receive, task: asyncio.Task[Any]) -> None:
        self._receive = receive
        self._task = task
        self._looking: asyncio.Task[None] | None = None
        self._begin = asyncio.get_running_loop().call_later(_UNWATCHED, self._look)

    @property
    def has_cancelled(self) -> bool:
        return self._looking is not None and self._looking.done()

    def end(self) -> None:
        self._begin.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _look(self) -> None:
        self._looking = asyncio.create_task(self._cancel_on_disconnect())

    async def _cancel_on_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._task.cancel()


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """Headers by lower-case name; repeated ones are joined with commas, as HTTP means them."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


@lru_cache(maxsize=256)
def _media_problem(content_type: bytes, content_encoding: bytes) -> tuple[int, str] | None:
    """Only application/json in UTF-8, which a page of another site cannot send unasked."""
    if b"," in content_type:
        return 400, f'There is more than one Content-Type. Send one: "Content-Type: {JSON}".'
    media_type, *parameters = (part.strip().lower() for part in content_type.decode("latin-1").split(";"))
    if media_type != JSON:
        return 415, f'The Content-Type is {media_type or "missing"}. Send "Content-Type: {JSON}".'
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
            return 415, f"The charset is {value.strip()}. Send JSON in UTF-8."
    if content_encoding not in (b"", b"identity"):
        return 415, f"The Content-Encoding is {content_encoding.decode('latin-1')}. Send the body as it is."
    return None


@lru_cache(maxsize=256)
def _accepted(accept: bytes, offers_page: bool, streams: bool = False) -> str | None:
    """The media type with the highest weight, the first of equals. A wildcard means application/json to old clients."""
    offers = {GRAPHQL_JSON: GRAPHQL_JSON, JSON: JSON, "application/*": JSON, "*/*": JSON}
    if offers_page:
        offers[HTML] = HTML
    if streams:
        offers[EVENT_STREAM] = EVENT_STREAM
    best, best_weight = None, 0.0
    for part in accept.decode("latin-1").lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((_weight(piece[2:]) for piece in parameters if piece.startswith("q=")), 1.0)
        if media_type in offers and weight > best_weight:
            best, best_weight = offers[media_type], weight
    return best


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _queried(query_string: bytes) -> dict[str, Any]:
    """The parameters of a GET request, in the shape of a JSON body."""
    try:
        pairs = parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict")
        values: dict[str, Any] = dict(pairs)
        if len(values) < len(pairs) or any("\0" in value for value in values.values()):
            raise ValueError("one of them is repeated or contains a NUL character")
        for name in ("variables", "extensions"):
            values[name] = json_text.loads(values[name]) if values.get(name) else None
    except ValueError as error:
        _refuse(400, f"The query parameters cannot be read: {error}. Send query=, and variables= as a JSON object.")
    return values


def checked(values: Any) -> GraphQLRequest:
    if isinstance(values, list):
        _refuse(400, f"Batching is not supported: send one request at a time. {EXAMPLE}")
    if not isinstance(values, dict):
        _refuse(400, f"The request is {_kind(values)}, not an object. {EXAMPLE}")
    query, variables = values.get("query"), values.get("variables")
    operation_name, extensions = values.get("operationName"), values.get("extensions")
    if not isinstance(query, str):
        _refuse(400, f"`query` is {_kind(query)}; it must be a string with a GraphQL document. {EXAMPLE}")
    if not (variables is None or isinstance(variables, dict)):
        _refuse(400, f"`variables` is {_kind(variables)}; it must be an object or null. {EXAMPLE}")
    if not (operation_name is None or isinstance(operation_name, str)):
        _refuse(400, f"`operationName` is {_kind(operation_name)}; it must be a string or null. {EXAMPLE}")
    if not (extensions is None or isinstance(extensions, dict)):
        _refuse(400, f"`extensions` is {_kind(extensions)}; it must be an object or null. {EXAMPLE}")
    return GraphQLRequest(query, variables, operation_name, extensions)


def _kind(value: object) -> str:
    if value is None:
        return "missing or null"
    kinds = {str: "a string", bool: "a boolean", list: "an array", dict: "an object"}
    return kinds.get(type(value), "a number")


def _executed(media_type: str, result: Result, context: object) -> Response:
    return _response(media_type, 200 if result.executed or media_type == JSON else 400, result, {}, context)


def _response(
    media_type: str, status: int, result: Result, headers: dict[str, str], context: object = None
) -> Response:
    payload: dict[str, Any] = {}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    if result.executed:
        payload["data"] = result.data
    own_extensions = getattr(context, "response_extensions", None)
    if extensions := {**(result.extensions or {}), **(own_extensions() if own_extensions else {})}:
        payload["extensions"] = extensions
    headers = {**headers, "Content-Type": f"{media_type}; charset=utf-8", "Cache-Control": "no-store"}
    return Response(json_text.dumps(payload), status, headers | _correlation(context))


def _correlation(context: object) -> dict[str, str]:
    correlation_id: str = getattr(context, "correlation_id", None) or ""
    # A line break would be a header of its own.
    is_safe = correlation_id.isascii() and correlation_id.isprintable()
    return {"X-Correlation-Id": correlation_id} if correlation_id and is_safe else {}

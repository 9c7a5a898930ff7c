"""GraphQL over HTTP, by its specification: what a request must look like, and which status says what."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, NoReturn

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from domain.errors import DselError, InvalidArgument
from graph import http_request, json_text
from graph.client_watch import while_connected
from graph.consistency import Recent, max_age
from graph.execution import Engine, GraphQLRequest, Prepared, Result, is_invalid
from graph.http_request import (
    GRAPHQL_JSON,
    HTML,
    JSON,
    LARGE,
    Bodies,
    RefusedError,
    checked,
    media_problem,
    queried,
    refuse,
)
from graph.server_sent_events import EVENT_STREAM, EventStreamResponse
from graph.streaming import Patience, Streaming
from repository.coalescing import Coalescing

logger = logging.getLogger(__name__)

STATUS_BY_CODE = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "STORE_UNAVAILABLE": 503, "INTERNAL": 500}

MakeContext = Callable[[Mapping[str, str], GraphQLRequest, Any], Awaitable[Any]]
Page = Callable[[Request], Awaitable[Response]]


class _Asked(NamedTuple):
    """What queries must have in common to have one answer."""

    prepared: Prepared
    text: bytes
    accepted: str
    told: tuple[str | None, ...]


class GraphQLEndpoint:
    """An ASGI application for one path: POST with a JSON body, GET with query parameters, a page for browsers.

    `engine` is asked once per request. `make_context` is told the headers of the request, by lower-case name, and the
    engine that will run it. What that raises as a DselError goes out with the status of its code. When a query is
    invalid, `newer` is asked for another engine. A context may have `correlation_id`, which goes out as
    X-Correlation-Id, and `response_extensions()`, whose answer goes out as `extensions`. `telling` are the headers that
    make a difference to it.
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
        telling: Sequence[str] = ("authorization",),
    ) -> None:
        self._engine = engine
        self._telling = telling
        self._bodies = Bodies()
        self.queries: Coalescing[None, Response] = Coalescing()
        self._newer = newer or _none_newer
        self._make_context = make_context
        self._page = page
        self._max_body_bytes = max_body_bytes
        self._streaming = streaming
        self._patience = patience or Patience()
        self._mutations: set[asyncio.Task[Result]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = http_request.headers(scope)
        offers_page = self._page is not None and scope["method"] == "GET"
        accepted = http_request.accepted(headers.get("accept", "*/*"), offers_page, self._streaming is not None)
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
        self, scope: Scope, receive: Receive, headers: Mapping[str, str], accepted: str | None
    ) -> Response | EventStreamResponse:
        if accepted == HTML and self._page:
            return await self._page(Request(scope))
        if accepted is None:
            refuse(406, f"This address answers with {GRAPHQL_JSON} or {JSON}; the Accept header names neither.")
        if scope["method"] == "POST":
            text = await self._posted(receive, headers)
            request = await self._bodies.request(text)
        elif scope["method"] == "GET":
            text = scope["query_string"]
            request = checked(queried(text))
        else:
            refuse(405, f"{scope['method']} is not supported. Use POST, or GET for queries.", {"Allow": "GET, POST"})
        max_age = _max_age(request)
        engine = self._engine()
        known = engine.remembered(request.query, request.operation_name)
        if known and known.type is OperationType.QUERY and accepted != EVENT_STREAM and len(text) < LARGE:
            asked = _Asked(known, text, accepted, tuple(map(headers.get, self._telling)))
            if max_age is not None and (recent := engine.recent.get(asked, max_age)):
                return _again(recent)
            make = partial(self._answered, asked, headers, engine, request, max_age is not None)
            return await while_connected(self.queries.answer(asked, make), receive)
        context = await self._context(headers, request, engine)
        prepared = known or engine.prepare(request.query, request.operation_name)
        if is_invalid(prepared) and (newer := await self._newer(engine)) is not None:
            engine, context = newer, await self._context(headers, request, newer)
            prepared = engine.prepare(request.query, request.operation_name)
        if accepted == EVENT_STREAM and self._streaming is not None:
            return self._stream(scope["method"], engine, prepared, request, context)
        result = await self._result(scope["method"], engine, prepared, request, context, receive)
        return _executed(accepted, result, context)

    async def _answered(
        self,
        asked: _Asked,
        headers: Mapping[str, str],
        engine: Engine,
        request: GraphQLRequest,
        keeps: bool,
        _: Sequence[None],
    ) -> Response:
        """From an instant after the last of those came who ask this. What it `keeps` may be given again."""
        began = time.monotonic()
        context = await self._context(headers, request, engine)
        result = await engine.run(asked.prepared, request, context)
        if not keeps or result.errors:
            return _executed(asked.accepted, result, context)
        data, extensions = json_text.dumps(result.data), _extensions(result, context)
        recent = Recent(asked.text, data, extensions, _headers(asked.accepted, context), began)
        engine.recent.put(asked, recent)
        return _again(recent)

    async def _posted(self, receive: Receive, headers: Mapping[str, str]) -> bytes:
        if problem := media_problem(headers.get("content-type", ""), headers.get("content-encoding", "")):
            refuse(*problem)
        length = headers.get("content-length", "")
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
        refuse(413, f"The request body is larger than {self._max_body_bytes:,} bytes, the limit. Send less at a time.")

    async def _context(self, headers: Mapping[str, str], request: GraphQLRequest, engine: Engine) -> Any:
        try:
            return await self._make_context(headers, request, engine)
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
            return await while_connected(engine.run(prepared, request, context), receive)
        if method != "POST":
            refuse(405, "A mutation changes data: send it with POST.", {"Allow": "POST"})
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
            refuse(405, "A mutation changes data: send it with POST.", {"Allow": "POST"})
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


def _max_age(request: GraphQLRequest) -> int | None:
    try:
        return max_age(request.extensions)
    except InvalidArgument as error:
        refuse(400, f"{error}. {error.hint}")


async def _none_newer(_: Any) -> None:
    """Where engines are not replaced."""


def _executed(media_type: str, result: Result, context: object) -> Response:
    return _response(media_type, 200 if result.executed or media_type == JSON else 400, result, {}, context)


def _again(recent: Recent) -> Response:
    """Says how old it is, from the moment when its execution began."""
    own = {**recent.extensions.get("dsel", {}), "ageMs": recent.age}
    payload = {"data": orjson.Fragment(recent.data), "extensions": {**recent.extensions, "dsel": own}}
    return Response(json_text.dumps(payload), 200, recent.headers)


def _response(
    media_type: str, status: int, result: Result, headers: dict[str, str], context: object = None
) -> Response:
    payload: dict[str, Any] = {}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    if result.executed:
        payload["data"] = result.data
    if extensions := _extensions(result, context):
        payload["extensions"] = extensions
    return Response(json_text.dumps(payload), status, headers | _headers(media_type, context))


def _extensions(result: Result, context: object) -> dict[str, Any]:
    own = getattr(context, "response_extensions", None)
    return {**(result.extensions or {}), **(own() if own else {})}


def _headers(media_type: str, context: object) -> dict[str, str]:
    return {
        "Content-Type": f"{media_type}; charset=utf-8",
        "Cache-Control": "no-store",
        **_correlation(context),
    }


def _correlation(context: object) -> dict[str, str]:
    correlation_id: str = getattr(context, "correlation_id", None) or ""
    # A line break would be a header of its own.
    is_safe = correlation_id.isascii() and correlation_id.isprintable()
    return {"X-Correlation-Id": correlation_id} if correlation_id and is_safe else {}

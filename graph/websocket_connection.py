"""One websocket that speaks `graphql-transport-ws`: from the introduction of the client to the close."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NoReturn

from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect

from domain.errors import DselError, TooManySubscriptions, Unauthenticated
from graph import json_text
from graph.execution import Engine, GraphQLRequest, Result, is_invalid
from graph.http_request import RefusedError, checked
from graph.streaming import Patience, Streaming, payload

_MOST_OPERATIONS = 100
_LONGEST_REASON = 120  # bytes; a close frame has room for 123
_LOG = logging.getLogger(__name__)

Message = dict[str, Any]


class Close(IntEnum):
    """Why the server closes, by the protocol, and by RFC 6455 below 4000."""

    TRY_AGAIN = 1013
    INVALID = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL = 4406
    TIMEOUT = 4408
    DUPLICATE = 4409
    TOO_MANY = 4429
    INTERNAL = 4500


class Closing(Exception):
    """The connection has to be closed."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Operations:
    """What a connection needs to run operations."""

    engine: Callable[[], Engine]
    """Asked for each operation, which keeps what it began with."""
    make_context: Callable[[Mapping[str, str], GraphQLRequest | None, Any], Awaitable[Any]]
    """For whoever sends these headers. Raises Unauthenticated."""
    streaming: Streaming
    patience: Patience
    newer: Callable[[Any], Awaitable[Engine | None]]
    """Asked for another engine when an operation is invalid with that one."""


class Connection:
    """Operations run beside each other; what they send goes out in turn.

    Who asks is said by the headers of the connection, and by texts in the payload of `connection_init` under the
    headers' names: browsers can set no headers.
    """

    def __init__(self, socket: WebSocket, operations: Operations) -> None:
        self._socket = socket
        self._operations = operations
        self._headers: dict[str, str] = dict(socket.headers)
        self._is_initialised = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        beating = asyncio.create_task(self._beat())
        try:
            await self._receive_all()
        except Closing as closing:
            await self._close(closing)
        except (WebSocketDisconnect, TimeoutError):
            return  # it is gone, or takes nothing any more
        finally:
            await _end([beating, *self._running.values()])

    async def _receive_all(self) -> None:
        try:
            async with asyncio.timeout(self._operations.patience.initialisation):
                while not self._is_initialised:
                    await self._take(await self._receive())
        except TimeoutError:
            raise Closing(Close.TIMEOUT, "Connection initialisation timeout") from None
        while True:
            await self._take(await self._receive())

    async def _receive(self) -> Message:
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code") or 1005)
        try:
            message = json_text.loads((received.get("text") or "").encode())
        except json_text.JsonError as error:
            _refuse(f"A message is no JSON text: {error}")
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            _refuse("A message is an object with a type")
        return message

    async def _take(self, message: Message) -> None:
        match message["type"]:
            case "connection_init":
                await self._initialise(message.get("payload"))
            case "ping":
                await self._send({"type": "pong", **_optional(message, "payload")})
            case "pong":
                pass
            case "subscribe":
                await self._begin(message)
            case "complete":
                await self._complete(_id(message))
            case other:
                _refuse(f"A client sends no message of type '{other[:40]}'")

    async def _initialise(self, given: Any) -> None:
        if self._is_initialised:
            raise Closing(Close.TOO_MANY, "Too many initialisation requests")
        if not isinstance(given, dict | None):
            _refuse("The payload of connection_init is an object")
        self._headers |= {name.lower(): value for name, value in (given or {}).items() if isinstance(value, str)}
        try:
            await self._operations.make_context(self._headers, None, self._operations.engine())
        except Unauthenticated as error:
            raise Closing(Close.FORBIDDEN, f"Forbidden: {error}") from error
        self._is_initialised = True
        await self._send({"type": "connection_ack"})

    async def _begin(self, message: Message) -> None:
        if not self._is_initialised:
            raise Closing(Close.UNAUTHORIZED, "Unauthorized")
        id_ = _id(message)
        try:
            request = checked(message.get("payload"))
        except RefusedError as refused:
            _refuse(f"The payload of subscribe cannot be read: {refused}")
        if id_ in self._running:
            raise Closing(Close.DUPLICATE, f"Subscriber for {id_} already exists")
        if len(self._running) >= _MOST_OPERATIONS:
            error = TooManySubscriptions(f"{_MOST_OPERATIONS} operations run on this connection, the limit")
            await self._send_error(id_, [self._operations.engine().to_error(_graphql_error(error))])
            return
        self._running[id_] = asyncio.create_task(self._run(id_, request))

    async def _complete(self, id_: str) -> None:
        running = self._running.pop(id_, None)
        if running is not None:
            await _end([running])

    async def _run(self, id_: str, request: GraphQLRequest) -> None:
        try:
            await self._run_to_the_end(id_, request)
        except (WebSocketDisconnect, TimeoutError):
            await self._close(Closing(Close.TRY_AGAIN, "What is sent is not taken"))
        except Exception:  # noqa: BLE001 - the edge: the client is told, and the log has it
            _LOG.exception("Internal error in an operation of a websocket")
            await self._close(Closing(Close.INTERNAL, "Internal error"))
        finally:
            if self._running.get(id_) is asyncio.current_task():
                del self._running[id_]

    async def _run_to_the_end(self, id_: str, request: GraphQLRequest) -> None:
        engine = self._operations.engine()
        if is_invalid(engine.prepare(request.query, request.operation_name)):
            engine = await self._operations.newer(engine) or engine
        try:
            context = await self._operations.make_context(self._headers, request, engine)
        except DselError as error:
            await self._send_error(id_, [engine.to_error(_graphql_error(error))])
            return
        async with aclosing(self._operations.streaming.results(engine, request, context)) as results:
            async for result in results:
                if not result.executed:
                    await self._send_error(id_, result.errors)
                    return
                await self._send_result(id_, result)
        await self._send({"id": id_, "type": "complete"})

    async def _send_result(self, id_: str, result: Result) -> None:
        await self._send({"id": id_, "type": "next", "payload": payload(result)})

    async def _send_error(self, id_: str, errors: list[GraphQLError]) -> None:
        await self._send({"id": id_, "type": "error", "payload": [error.formatted for error in errors]})

    async def _beat(self) -> None:
        """The frames beneath have a heartbeat of the server's; this one is for clients that look at messages alone."""
        while True:
            await asyncio.sleep(self._operations.patience.heartbeat)
            if self._is_initialised:
                await self._send({"type": "ping"})

    async def _send(self, message: Message) -> None:
        """Raises TimeoutError when the client does not take it."""
        async with self._sending, asyncio.timeout(self._operations.patience.stall):
            await self._socket.send_text(json_text.dumps(message).decode())

    async def _close(self, closing: Closing) -> None:
        reason = str(closing).encode()[:_LONGEST_REASON].decode(errors="ignore")
        try:
            async with asyncio.timeout(1):
                await self._socket.close(closing.code, reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            return  # it is closed already, or takes nothing any more


def _refuse(reason: str) -> NoReturn:
    raise Closing(Close.INVALID, reason)


def _id(message: Message) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not id_:
        _refuse("The id of an operation is a text")
    return id_


def _optional(message: Message, key: str) -> Message:
    return {key: message[key]} if key in message else {}


def _graphql_error(error: DselError) -> GraphQLError:
    return GraphQLError(str(error), original_error=error)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)

"""Results as server-sent events: GraphQL over SSE, one connection for each operation.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, distinct connections mode. Each event of a
subscription has its cursor as id, which browsers send back as `Last-Event-ID`.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.types import Receive, Scope, Send

from graph import json_text
from graph.execution import Result
from graph.streaming import Patience, payload

EVENT_STREAM = "text/event-stream"
_HEADERS = {"content-type": f"{EVENT_STREAM}; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no"}
_HEARTBEAT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


class EventStreamResponse:
    """An ASGI application that sends results until they end or the client leaves."""

    def __init__(self, results: AsyncGenerator[Result, None], headers: dict[str, str], patience: Patience) -> None:
        self._results = results
        self._headers = [(name.encode(), value.encode()) for name, value in {**_HEADERS, **headers}.items()]
        self._patience = patience
        self._sending = asyncio.Lock()
        self._is_complete = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await self._send(send, _HEARTBEAT)  # so that the headers go out at once
        tasks: set[asyncio.Task[None]] = {
            asyncio.create_task(each) for each in (self._send_all(send), self._beat(send), _left(receive))
        }
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await _end(tasks)
        for task in done:
            task.result()

    async def _send_all(self, send: Send) -> None:
        async with aclosing(self._results) as results:
            async for result in results:
                await self._send(send, _next(result))
        await self._send(send, _COMPLETE, more=False)

    async def _beat(self, send: Send) -> None:
        """Tells proxies that the connection lives, and finds out whether it does."""
        while True:
            await asyncio.sleep(self._patience.heartbeat)
            await self._send(send, _HEARTBEAT)

    async def _send(self, send: Send, body: bytes, *, more: bool = True) -> None:
        async with self._sending, asyncio.timeout(self._patience.stall):
            if not self._is_complete:
                self._is_complete = not more
                await send({"type": "http.response.body", "body": body, "more_body": more})


def _next(result: Result) -> bytes:
    cursor = ((result.extensions or {}).get("dsel") or {}).get("cursor")
    id_ = b"id: %b\n" % cursor.encode() if cursor else b""
    return b"event: next\n%bdata: %b\n\n" % (id_, json_text.dumps(payload(result)))


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

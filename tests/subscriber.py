"""A client of the websocket and of server-sent events, as plain as the protocols."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from patience import PATIENCE

Json = dict[str, Any]


class Socket:
    """One websocket. Pings of the server are answered and not shown."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: Any) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def next(self) -> Json:
        async with asyncio.timeout(PATIENCE):
            while True:
                message: Json = json.loads(await self.connection.recv())
                if message["type"] != "ping":
                    return message
                await self.send({"type": "pong"})

    async def begin(self, **payload: Any) -> Self:
        await self.send({"type": "connection_init", "payload": payload})
        assert await self.next() == {"type": "connection_ack"}
        return self

    async def subscribe(self, query: str, /, id_: str = "1", **variables: Any) -> Self:
        await self.send({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})
        return self

    async def data(self) -> Any:
        """The data of the next result, which must have no errors."""
        message = await self.next()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def error(self) -> Json:
        """The first error of an operation that ends with it."""
        message = await self.next()
        assert message["type"] == "error", message
        error: Json = message["payload"][0]
        return error

    async def closed(self) -> tuple[int, str]:
        """The code and the reason of the close that comes next."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.next()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason


@asynccontextmanager
async def socket(address: str, *subprotocols: str, **headers: str) -> AsyncIterator[Socket]:
    url = address.removesuffix("/graphql").replace("http", "ws", 1) + "/graphql"
    chosen: Any = subprotocols or ("graphql-transport-ws",)
    async with connect(
        url,
        subprotocols=chosen,
        additional_headers=headers,
        proxy=None,
        max_size=None,
        open_timeout=PATIENCE,
        close_timeout=1,
    ) as connection:
        yield Socket(connection)


@asynccontextmanager
async def event_stream(
    address: str, query: str, /, variables: Json | None = None, method: str = "POST", **headers: str
) -> AsyncIterator[AsyncIterator[tuple[str, Json | None, str | None]]]:
    """The events of an answer: name, data and id."""
    sent = {"accept": "text/event-stream"} | {name.replace("_", "-"): value for name, value in headers.items()}
    body: Any = {"json": {"query": query, "variables": variables}} if method == "POST" else {"params": {"query": query}}
    async with (
        httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http,
        http.stream(method, address.removesuffix("/graphql") + "/graphql", headers=sent, **body) as response,
    ):
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield _events(response)


async def _events(response: httpx.Response) -> AsyncIterator[tuple[str, Json | None, str | None]]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif "event" in fields:
            yield fields["event"], json.loads(fields["data"]) if fields["data"] else None, fields.get("id")
            fields = {}

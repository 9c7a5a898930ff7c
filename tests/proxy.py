"""A way to MongoDB that a test can block or cut."""

import asyncio
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from pymongo.uri_parser import parse_uri

from ports import held


class Proxy:
    """Forwards TCP on a free loopback port. While it is blocked nothing passes, in either direction."""

    def __init__(self, uri: str) -> None:
        self._target: tuple[str, int] = parse_uri(uri)["nodelist"][0]
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._held = ExitStack()
        self._port = self._held.enter_context(held())

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true"

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self.cut()
        self._held.close()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self._port)

    def block(self) -> None:
        self._open.clear()

    def unblock(self) -> None:
        self._open.set()

    async def cut(self) -> None:
        """Refuses connections, and ends those there are."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, to_writer}
        await asyncio.gather(self._pipe(reader, to_writer), self._pipe(to_reader, writer))
        self._writers -= {writer, to_writer}

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

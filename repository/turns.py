"""Turns: who shares a key waits for those who came before."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager


class Turns:
    """A queue for each key. One stands in all of its queues at once, so that no two can wait for each other."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Future[None]] = {}
        """The end of each queue."""

    def __len__(self) -> int:
        """Keys that somebody has or waits for."""
        return len(self._last)

    @asynccontextmanager
    async def of(self, keys: Iterable[str]) -> AsyncIterator[None]:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        keys = set(keys)
        before = {self._last[key] for key in keys if key in self._last}
        self._last |= dict.fromkeys(keys, turn)
        try:
            for each in before:
                await asyncio.shield(each)
            yield
        finally:
            turn.set_result(None)
            for key in keys:
                if self._last[key] is turn:
                    del self._last[key]

"""Lanes: writes that arrive while others are under way are committed together, in order of arrival."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Lanes(Generic[Item, Result]):
    """Spreads items over lanes by key. A lane commits what has gathered in it as one batch, then the next.

    An item that was accepted is committed even if the caller who waits for it goes away.
    """

    def __init__(
        self, commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], *, width: int = 4, largest: int = 256
    ) -> None:
        self._commit = commit
        self._largest = largest
        self._waiting: list[list[tuple[Item, asyncio.Future[Result]]]] = [[] for _ in range(width)]
        self._running: list[asyncio.Task[None] | None] = [None] * width

    async def submit(self, key: str, item: Item) -> Result:
        number = hash(key) % len(self._waiting)
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[number].append((item, future))
        if self._running[number] is None:
            self._running[number] = asyncio.create_task(self._run(number))
        return await future

    async def drain(self) -> None:
        """Waits until nothing is under way."""
        while running := [task for task in self._running if task is not None]:
            await asyncio.gather(*running)

    async def _run(self, number: int) -> None:
        try:
            while self._waiting[number]:
                batch = self._waiting[number][: self._largest]
                del self._waiting[number][: self._largest]
                await self._settle(batch)
        finally:
            self._running[number] = None

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._commit([item for item, _ in batch])
            settled = list(zip(batch, results, strict=True))
        except Exception as error:  # noqa: BLE001 - each caller gets it where it waits
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in settled:
            if not future.done():
                future.set_result(result)

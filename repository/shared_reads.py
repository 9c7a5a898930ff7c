"""Reads of many requests in one call: those of the same kind that arrive while others are under way go together.

A read that is answered together with others begins after each of them was asked for, so that it sees whatever had been
acknowledged by then.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from repository.driver import uninterrupted

Kind = TypeVar("Kind", bound=Hashable)
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Gathering(Generic[Item, Answer]):
    context: Context
    items: list[Item] = field(default_factory=list)
    asking: list[asyncio.Future[Answer]] = field(default_factory=list)
    begun: bool = False
    """Its task is there, but has not taken its first step."""


class SharedReads(Generic[Kind, Item, Answer]):
    """`read(kind, items)` answers for the items of all who asked for the kind; each takes its own part of the answer.

    Up to `width` reads of a kind are under way at a time; what is asked meanwhile waits for the first of them to end.
    An answer belongs to many: nobody may change it.
    """

    def __init__(
        self, read: Callable[[Kind, Sequence[Item]], Awaitable[Answer]], *, width: int = 2, largest: int = 1000
    ) -> None:
        self._read = read
        self._width = width
        self._largest = largest
        self._waiting: dict[Kind, _Gathering[Item, Answer]] = {}
        self._under_way: Counter[Kind] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, kind: Kind, items: Sequence[Item] = ()) -> Answer:
        gathering = self._waiting.get(kind)
        if gathering is not None and len(gathering.items) + len(items) > self._largest:
            return await self._read(kind, items)
        if gathering is None:
            gathering = self._waiting[kind] = _Gathering(copy_context())
            if self._under_way[kind] < self._width:
                self._begin(kind, gathering)
        gathering.items.extend(items)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        gathering.asking.append(future)
        return await future

    def _begin(self, kind: Kind, gathering: _Gathering[Item, Answer]) -> None:
        """A task takes its first step in the next turn of the loop: whoever asks in this one comes along."""
        self._under_way[kind] += 1
        gathering.begun = True
        gathering.context.run(uninterrupted.set, True)
        task = asyncio.get_running_loop().create_task(self._run(kind), context=gathering.context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, kind: Kind) -> None:
        try:
            await self._answer(kind, self._waiting.pop(kind))
        finally:
            self._under_way[kind] -= 1
            if not self._under_way[kind]:
                del self._under_way[kind]
            following = self._waiting.get(kind)
            if following is not None and not following.begun:
                self._begin(kind, following)

    async def _answer(self, kind: Kind, gathering: _Gathering[Item, Answer]) -> None:
        try:
            answer = await self._read(kind, gathering.items)
        except BaseException as error:
            for future in gathering.asking:
                if not future.done():
                    future.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            if not isinstance(error, Exception):
                raise
            return
        for future in gathering.asking:
            if not future.done():
                future.set_result(answer)

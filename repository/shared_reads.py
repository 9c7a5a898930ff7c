"""Reads of many requests in one call: those of the same kind that come together go together.

A read that is answered together with others begins after each of them was asked for, so that it sees whatever had been
acknowledged by then.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Generic, TypeVar

from repository.coalescing import Coalescing
from repository.driver import uninterrupted

Kind = TypeVar("Kind", bound=Hashable)
Item = TypeVar("Item")
Answer = TypeVar("Answer")


class SharedReads(Generic[Kind, Item, Answer]):
    """`read(kind, items)` answers for the items of all who asked for the kind; each takes its own part of the answer.

    A read that has begun goes on to its end.
    """

    def __init__(self, read: Callable[[Kind, Sequence[Item]], Awaitable[Answer]], *, largest: int = 1000) -> None:
        self._read = read
        self._coalescing: Coalescing[Item, Answer] = Coalescing(largest=largest, gives_up=False)

    async def ask(self, kind: Kind, items: Sequence[Item] = ()) -> Answer:
        return await self._coalescing.answer(kind, partial(self._begun, kind), items)

    async def _begun(self, kind: Kind, items: Sequence[Item]) -> Answer:
        uninterrupted.set(True)
        return await self._read(kind, items)

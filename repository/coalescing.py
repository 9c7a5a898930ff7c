"""What many ask at the same time is answered together, as the queries of a page that many have open."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Make = Callable[[Sequence[Item]], Awaitable[Answer]]


@dataclass(slots=True, eq=False)
class _Shared(Generic[Item, Answer]):
    make: Make[Item, Answer]
    answer: "asyncio.Future[Answer]"
    items: list[Item] = field(default_factory=list)
    asking: int = 0
    task: "asyncio.Task[Answer] | None" = None
    timer: asyncio.TimerHandle | None = None


class Coalescing(Generic[Item, Answer]):
    """Gives what `make` answers for the items of all who ask with the same key before it begins.

    It begins in the next turn of the event loop; but while another for the key is under way, when that is there or
    after `patience` in seconds. So an answer is as new as its question, and nobody waits longer than that for others.
    It takes up to `largest` items, and where it `gives_up`, it is cancelled when all who asked have left. An answer
    belongs to many: nobody may change it.
    """

    def __init__(self, patience: float = 0.02, *, largest: int = 1000, gives_up: bool = True) -> None:
        self.shared = 0
        """How many answers were those of others."""
        self._patience = patience
        self._largest = largest
        self._gives_up = gives_up
        self._open: dict[Hashable, _Shared[Item, Answer]] = {}
        self._under_way: Counter[Hashable] = Counter()

    async def answer(self, key: Hashable, make: Make[Item, Answer], items: Sequence[Item] = ()) -> Answer:
        shared = self._open.get(key)
        if shared is None or len(shared.items) + len(items) > self._largest:
            shared = self._opened(key, make)
        else:
            self.shared += 1
        shared.items.extend(items)
        shared.asking += 1
        try:
            return await asyncio.shield(shared.answer)
        finally:
            shared.asking -= 1
            if self._gives_up and not shared.asking:
                self._give_up(key, shared)

    def _opened(self, key: Hashable, make: Make[Item, Answer]) -> _Shared[Item, Answer]:
        loop = asyncio.get_running_loop()
        shared = self._open[key] = _Shared(make, loop.create_future())
        if key in self._under_way:
            shared.timer = loop.call_later(self._patience, self._begin, key, shared)
        else:
            self._begin(key, shared)
        return shared

    def _begin(self, key: Hashable, shared: _Shared[Item, Answer]) -> None:
        if shared.timer is not None:
            shared.timer.cancel()
        self._under_way[key] += 1
        shared.task = asyncio.create_task(self._made(key, shared))
        shared.task.add_done_callback(partial(self._ended, key, shared))

    async def _made(self, key: Hashable, shared: _Shared[Item, Answer]) -> Answer:
        self._close(key, shared)
        return await shared.make(shared.items)

    def _ended(self, key: Hashable, shared: _Shared[Item, Answer], task: "asyncio.Task[Answer]") -> None:
        self._under_way[key] -= 1
        if not self._under_way[key]:
            del self._under_way[key]
        self._close(key, shared)
        _hand_over(task, shared.answer)
        following = self._open.get(key)
        if following is not None and following.task is None:
            self._begin(key, following)

    def _give_up(self, key: Hashable, shared: _Shared[Item, Answer]) -> None:
        self._close(key, shared)
        if shared.task is not None:
            shared.task.cancel()
        elif shared.timer is not None:
            shared.timer.cancel()

    def _close(self, key: Hashable, shared: _Shared[Item, Answer]) -> None:
        """Nobody else comes along."""
        if self._open.get(key) is shared:
            del self._open[key]


def _hand_over(task: "asyncio.Task[Answer]", answer: "asyncio.Future[Answer]") -> None:
    if answer.done():
        return
    if task.cancelled():
        answer.cancel()
    elif error := task.exception():
        answer.set_exception(error)
        answer.exception()  # those who asked may be gone, and then it is nobody's
    else:
        answer.set_result(task.result())

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
    items: list[Item] = field(default_factory=list)
    asking: "set[asyncio.Future[Answer]]" = field(default_factory=set)
    task: "asyncio.Task[None] | None" = None
    timer: asyncio.TimerHandle | None = None

    def waiting(self) -> "list[asyncio.Future[Answer]]":
        """Those who asked, without those who are leaving."""
        return [asking for asking in self.asking if not asking.done()]


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
        asking: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        shared.asking.add(asking)
        try:
            return await asking
        finally:
            shared.asking.discard(asking)
            if self._gives_up and not shared.asking:
                self._give_up(key, shared)

    def _opened(self, key: Hashable, make: Make[Item, Answer]) -> _Shared[Item, Answer]:
        shared = self._open[key] = _Shared(make)
        if key in self._under_way:
            shared.timer = asyncio.get_running_loop().call_later(self._patience, self._begin, key, shared)
        else:
            self._begin(key, shared)
        return shared

    def _begin(self, key: Hashable, shared: _Shared[Item, Answer]) -> None:
        if shared.timer is not None:
            shared.timer.cancel()
        self._under_way[key] += 1
        shared.task = asyncio.create_task(self._made(key, shared))
        shared.task.add_done_callback(partial(self._ended, key, shared))

    async def _made(self, key: Hashable, shared: _Shared[Item, Answer]) -> None:
        self._close(key, shared)
        try:
            answer = await shared.make(shared.items)
        except Exception as error:  # noqa: BLE001 - it is that of all who asked
            self._follow(key)
            for asking in shared.waiting():
                asking.set_exception(error)
        else:
            self._follow(key)  # first, so that MongoDB works for the next ones while these write their answers
            for asking in shared.waiting():
                asking.set_result(answer)

    def _ended(self, key: Hashable, shared: _Shared[Item, Answer], task: "asyncio.Task[None]") -> None:
        if task.cancelled():
            self._close(key, shared)
            self._follow(key)
            for asking in shared.waiting():
                asking.cancel()

    def _follow(self, key: Hashable) -> None:
        """One is not under way any more: who has gathered meanwhile is next."""
        self._under_way[key] -= 1
        if not self._under_way[key]:
            del self._under_way[key]
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

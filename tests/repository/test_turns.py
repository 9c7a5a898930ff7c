"""Who shares a key waits for those who came before."""

import asyncio
from collections.abc import Iterable

from patience import PATIENCE
from repository.turns import Turns


class Visitors:
    """Each stays in its turn until it is let go."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.inside: list[str] = []
        self._gates: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, keys: Iterable[str]) -> None:
        self._gates[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._visit(name, keys))
        await self._settled()

    async def let_go(self, name: str) -> None:
        self._gates[name].set()
        await self._tasks[name]
        await self._settled()

    async def _visit(self, name: str, keys: Iterable[str]) -> None:
        async with self.turns.of(keys):
            self.inside.append(name)
            await self._gates[name].wait()
            self.inside.remove(name)

    async def _settled(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_who_shares_no_key_does_not_wait() -> None:
    visitors = Visitors()
    await visitors.come("first", "ab")
    await visitors.come("second", "cd")
    assert visitors.inside == ["first", "second"]
    await visitors.let_go("second")
    await visitors.let_go("first")


async def test_turns_come_in_the_order_of_arrival_also_through_another_key() -> None:
    visitors = Visitors()
    await visitors.come("first", "a")
    await visitors.come("second", "ab")
    await visitors.come("third", "bc")
    await visitors.come("fourth", "d")
    assert visitors.inside == ["first", "fourth"]
    await visitors.let_go("first")
    assert visitors.inside == ["fourth", "second"]
    await visitors.let_go("second")
    assert visitors.inside == ["fourth", "third"]
    await visitors.let_go("third")
    await visitors.let_go("fourth")


async def test_two_that_name_the_same_keys_in_another_order_do_not_wait_for_each_other() -> None:
    turns = Turns()

    async def visit(keys: str) -> None:
        async with turns.of(keys):
            await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(visit(keys) for keys in ("ab", "ba", "ab", "cba", "abc")))


async def test_nothing_is_remembered_of_those_who_are_gone() -> None:
    turns = Turns()
    async with turns.of("ab"), turns.of("c"):
        pass
    async with turns.of("abc"):
        assert len(turns) == 3
    assert len(turns) == 0

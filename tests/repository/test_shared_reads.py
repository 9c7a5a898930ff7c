"""Reads of the same kind that arrive while others are under way go together."""

import asyncio
import gc
from collections.abc import Sequence

import pytest

from repository.shared_reads import SharedReads


class Reads:
    """Remembers each read; while `open` is not set it holds them back."""

    def __init__(self) -> None:
        self.made: list[tuple[str, list[int]]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, kind: str, items: Sequence[int]) -> dict[int, str]:
        self.made.append((kind, list(items)))
        await self.open.wait()
        if 13 in items:
            raise TimeoutError
        return {item: f"{kind}{item}" for item in items}


async def settled() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


async def test_a_read_alone_is_made_at_once() -> None:
    reads = Reads()
    assert await SharedReads(reads).ask("a", [1, 2]) == {1: "a1", 2: "a2"}
    assert reads.made == [("a", [1, 2])]


async def test_what_is_asked_at_the_same_time_is_read_together_by_kind() -> None:
    reads = Reads()
    shared = SharedReads(reads)
    answers = await asyncio.gather(shared.ask("a", [1]), shared.ask("b", [1]), shared.ask("a", [2]))
    assert [answer[item] for answer, item in zip(answers, (1, 1, 2), strict=True)] == ["a1", "b1", "a2"]
    assert reads.made == [("a", [1, 2]), ("b", [1])]


async def test_a_read_never_joins_one_that_has_begun_before_it_was_asked_for() -> None:
    reads = Reads()
    reads.open.clear()
    shared = SharedReads(reads)
    asked = []
    for item in range(5):
        asked.append(asyncio.ensure_future(shared.ask("a", [item])))
        await settled()
    assert reads.made == [("a", [0])]
    reads.open.set()
    assert [answer[item] for item, answer in enumerate(await asyncio.gather(*asked))] == [f"a{i}" for i in range(5)]
    assert reads.made[1:] == [("a", [1, 2, 3, 4])]


async def test_a_failure_is_that_of_all_who_were_answered_together_and_of_nobody_else() -> None:
    reads = Reads()
    shared = SharedReads(reads)
    outcomes = await asyncio.gather(shared.ask("a", [1]), shared.ask("a", [13]), return_exceptions=True)
    assert [type(each) for each in outcomes] == [TimeoutError, TimeoutError]
    assert await shared.ask("a", [1]) == {1: "a1"}


async def test_who_leaves_takes_nobody_along() -> None:
    reads = Reads()
    reads.open.clear()
    shared = SharedReads(reads)
    leaving, staying = (asyncio.ensure_future(shared.ask("a", [item])) for item in (1, 2))
    await settled()
    leaving.cancel()
    reads.open.set()
    assert (await staying)[2] == "a2"
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_read_does_not_grow_without_bound() -> None:
    reads = Reads()
    shared = SharedReads(reads, largest=3)
    await asyncio.gather(*(shared.ask("a", [item, item]) for item in range(3)))
    assert sorted(len(items) for _, items in reads.made) == [2, 2, 2]


async def test_a_read_that_ends_just_when_another_begins_does_not_begin_it_twice() -> None:
    reads, mistakes = Reads(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: mistakes.append(context))
    reads.open.clear()
    shared = SharedReads(reads)
    first = asyncio.ensure_future(shared.ask("a", [1]))
    await settled()
    reads.open.set()
    assert (await shared.ask("a", [2]))[2] == "a2"
    assert (await first)[1] == "a1"
    await settled()
    gc.collect()
    asyncio.get_running_loop().set_exception_handler(None)
    assert reads.made == [("a", [1]), ("a", [2])]
    assert mistakes == []

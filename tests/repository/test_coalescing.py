"""Equal questions of many are answered together, and no answer is older than its question."""

import asyncio
import gc
from collections.abc import Sequence
from typing import Any

import pytest

from repository.coalescing import Coalescing

LONG = 60.0


class Work:
    """Counts how often it is begun; while `open` is not set it holds the answers back."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.failure: Exception | None = None
        self.open = asyncio.Event()
        self.begun_twice = asyncio.Event()

    async def __call__(self, _: Sequence[None]) -> int:
        self.begun += 1
        number = self.begun
        if number == 2:
            self.begun_twice.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure:
            raise self.failure
        return number


@pytest.fixture
def work() -> Work:
    return Work()


async def asked(coalescing: Coalescing[None, int], work: Work, key: str = "a") -> "asyncio.Task[int]":
    """Somebody who has asked, and everything has been done that can be done by now."""
    task = asyncio.create_task(coalescing.answer(key, work))
    await turns()
    return task


async def turns() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


async def test_those_who_ask_in_one_turn_share_an_answer_by_key(work: Work) -> None:
    work.open.set()
    coalescing: Coalescing[None, int] = Coalescing()
    answers = await asyncio.gather(*(coalescing.answer(key, work) for key in "aab"))
    assert answers == [1, 1, 2]


async def test_who_asks_when_it_has_begun_gets_the_next_answer_together_with_others(work: Work) -> None:
    coalescing: Coalescing[None, int] = Coalescing(patience=LONG)
    first = await asked(coalescing, work)
    others = [await asked(coalescing, work) for _ in range(3)]
    assert work.begun == 1
    work.open.set()
    assert await first == 1
    assert await asyncio.gather(*others) == [2, 2, 2]


async def test_nobody_waits_long_for_an_answer_that_takes_its_time(work: Work) -> None:
    coalescing: Coalescing[None, int] = Coalescing(patience=0.001)
    waiting = [await asked(coalescing, work), await asked(coalescing, work)]
    await asyncio.wait_for(work.begun_twice.wait(), LONG)
    work.open.set()
    assert await asyncio.gather(*waiting) == [1, 2]


async def test_who_leaves_does_not_take_the_others_along(work: Work) -> None:
    coalescing: Coalescing[None, int] = Coalescing()
    leaving = asyncio.create_task(coalescing.answer("a", work))
    staying = await asked(coalescing, work)
    leaving.cancel()
    await turns()
    work.open.set()
    assert await staying == 1
    assert leaving.cancelled()


async def test_who_leaves_just_when_the_answer_comes_does_not_keep_it_from_the_others(work: Work) -> None:
    coalescing: Coalescing[None, int] = Coalescing()
    leaving, staying = (asyncio.create_task(coalescing.answer("a", work)) for _ in range(2))
    await turns()
    work.open.set()
    leaving.cancel()
    assert await staying == 1
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_what_nobody_waits_for_any_more_is_given_up(work: Work) -> None:
    coalescing: Coalescing[None, int] = Coalescing()
    leaving = [asyncio.create_task(coalescing.answer("a", work)) for _ in range(2)]
    await turns()
    for each in leaving:
        each.cancel()
    await turns()
    assert (work.begun, work.cancelled) == (1, 1)
    work.open.set()
    assert await (await asked(coalescing, work)) == 2


@pytest.mark.parametrize("turns_before", [0, 1, 2])
async def test_whoever_comes_after_one_that_was_given_up_has_an_answer(work: Work, turns_before: int) -> None:
    coalescing: Coalescing[None, int] = Coalescing()
    leaving = asyncio.create_task(coalescing.answer("a", work))
    for _ in range(turns_before):
        await asyncio.sleep(0)
    leaving.cancel()
    coming = [asyncio.create_task(coalescing.answer("a", work)) for _ in range(2)]
    work.open.set()
    assert len(set(await asyncio.gather(*coming))) == 1


async def test_one_that_waits_to_begin_and_is_given_up_never_begins(work: Work) -> None:
    coalescing: Coalescing[None, int] = Coalescing(patience=LONG)
    first = await asked(coalescing, work)
    second = await asked(coalescing, work)
    second.cancel()
    await turns()
    work.open.set()
    assert await first == 1
    await turns()
    assert work.begun == 1


async def test_all_who_share_an_answer_share_its_failure_and_the_next_ones_do_not(work: Work) -> None:
    coalescing: Coalescing[None, int] = Coalescing()
    work.failure = LookupError("no such thing")
    work.open.set()
    outcomes: list[Any] = await asyncio.gather(
        *(coalescing.answer("a", work) for _ in range(2)), return_exceptions=True
    )
    assert [type(each) for each in outcomes] == [LookupError, LookupError]
    work.failure = None
    assert await coalescing.answer("a", work) == 2


async def test_nothing_is_kept_of_what_is_over(work: Work, caplog: pytest.LogCaptureFixture) -> None:
    coalescing: Coalescing[None, int] = Coalescing(patience=LONG)
    tasks = [await asked(coalescing, work, key) for key in "aabbb"]
    tasks[1].cancel()
    work.failure = TimeoutError()
    work.open.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    await turns()
    assert not coalescing._open
    assert not coalescing._under_way
    del tasks
    gc.collect()
    assert not caplog.records

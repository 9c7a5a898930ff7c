"""A lane gathers what arrives while it commits."""

import asyncio
from collections.abc import Sequence

import pytest

from repository.lane import Lane


class Commits:
    """Remembers each batch; while `open` is not set it holds them back."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, items: Sequence[str]) -> list[str]:
        self.batches.append(list(items))
        await self.open.wait()
        if "bad" in items:
            raise ValueError("a bad item")
        return [item.upper() for item in items]


async def settled() -> None:
    """Every task has run as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_item_alone_is_committed_at_once() -> None:
    commits = Commits()
    assert await Lane(commits).submit("a") == "A"
    assert commits.batches == [["a"]]


async def test_what_arrives_during_a_commit_is_committed_together_in_order() -> None:
    commits = Commits()
    commits.open.clear()
    lane = Lane(commits)
    tasks = [lane.submit(item) for item in "abcd"]
    await settled()
    tasks += [lane.submit(item) for item in "ef"]
    await settled()
    commits.open.set()
    assert await asyncio.gather(*tasks) == list("ABCDEF")
    assert [item for batch in commits.batches for item in batch] == list("abcdef")
    assert commits.batches[-1] == ["e", "f"]
    assert len(commits.batches) == 2


async def test_a_batch_has_a_largest_size() -> None:
    commits = Commits()
    lane = Lane(commits, largest=3)
    assert await asyncio.gather(*(lane.submit(item) for item in "abcdefgh")) == list("ABCDEFGH")
    assert [len(batch) for batch in commits.batches] == [3, 3, 2]


async def test_a_failed_commit_reaches_every_caller_of_its_batch_and_no_other() -> None:
    commits = Commits()
    lane = Lane(commits)
    results = await asyncio.gather(*(lane.submit(item) for item in ("a", "bad", "b")), return_exceptions=True)
    assert [str(each) for each in results] == ["a bad item"] * 3
    assert await lane.submit("c") == "C"


async def test_a_commit_that_answers_for_too_few_fails_its_callers_instead_of_leaving_them() -> None:
    async def commit(items: Sequence[str]) -> list[str]:
        return list(items[1:])

    lane = Lane(commit)
    results = await asyncio.gather(*(lane.submit(item) for item in "ab"), return_exceptions=True)
    assert all(isinstance(each, ValueError) for each in results)


async def test_an_item_is_committed_although_its_caller_went_away() -> None:
    commits = Commits()
    commits.open.clear()
    lane = Lane(commits)
    first, waiting, last = (lane.submit(item) for item in "abc")
    await settled()
    waiting.cancel()
    first.cancel()
    await settled()
    commits.open.set()
    assert await asyncio.wait_for(last, 10) == "C"
    assert [item for batch in commits.batches for item in batch] == ["a", "b", "c"]
    for gone in (first, waiting):
        with pytest.raises(asyncio.CancelledError):
            await gone


async def test_a_failure_that_nobody_waits_for_is_no_noise() -> None:
    """Warnings are errors here, an exception that was never retrieved would be one."""
    commits = Commits()
    commits.open.clear()
    lane = Lane(commits)
    caller = lane.submit("bad")
    await settled()
    caller.cancel()
    await settled()
    commits.open.set()
    await lane.drain()
    assert caller.cancelled()


async def test_drain_waits_until_nothing_is_under_way() -> None:
    commits = Commits()
    commits.open.clear()
    lane = Lane(commits, largest=1)
    tasks = [lane.submit(key) for key in "abcdefgh"]
    await settled()
    draining = asyncio.create_task(lane.drain())
    await settled()
    assert not draining.done()
    commits.open.set()
    await draining
    assert sorted(item for batch in commits.batches for item in batch) == list("abcdefgh")
    assert sorted(await asyncio.gather(*tasks)) == list("ABCDEFGH")
    await lane.drain()

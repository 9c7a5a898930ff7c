import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from domain import registry
from domain.event import Actor, ActorType
from examples import T0
from resolvers.context import Caller, Context


def context() -> Context:
    log: Any = None
    return Context(log, registry.builtin(), Caller(Actor("t", ActorType.HUMAN)), lambda: T0, T0)


@pytest.mark.parametrize("width", [1, 5])
async def test_who_asks_for_the_same_at_the_same_time_is_answered_by_one_read(width: int) -> None:
    asked, reads = context(), []

    async def read(_: Context, parents: Sequence[int], factor: int) -> list[int]:
        reads.append(list(parents))
        return [factor * each for each in parents]

    answers = await asyncio.gather(*(asked.load_all(read, [each, each + 1], 3) for each in range(width)))
    assert answers == [[3 * each, 3 * each + 3] for each in range(width)]
    assert reads == [[number for each in range(width) for number in (each, each + 1)]]
    assert await asked.load_all(read, [7], 2) == [14]
    assert len(reads) == 2


async def test_who_leaves_does_not_take_along_the_others_who_wait_for_the_same_read() -> None:
    asked, begun = context(), asyncio.Event()

    async def read(_: Context, parents: Sequence[int]) -> list[int]:
        begun.set()
        await asyncio.sleep(0.01)
        return list(parents)

    first, second = (asyncio.ensure_future(asked.load_all(read, [each])) for each in (1, 2))
    await begun.wait()
    first.cancel()
    assert await second == [2]
    assert first.cancelled()


async def test_the_failure_of_a_read_is_that_of_all_who_asked() -> None:
    asked = context()

    async def read(_: Context, parents: Sequence[int]) -> list[int]:
        raise TimeoutError

    errors = await asyncio.gather(*(asked.load_all(read, [each]) for each in (1, 2)), return_exceptions=True)
    assert [type(error) for error in errors] == [TimeoutError, TimeoutError]

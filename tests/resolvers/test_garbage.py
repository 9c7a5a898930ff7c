"""Python's garbage collector stops everything for as long as it looks: not while something large is made."""

import gc

import pytest

from resolvers.beside import beside
from resolvers.garbage import Garbage


def test_what_is_much_is_counted_among_what_stays() -> None:
    try:
        with Garbage().spared():
            assert not gc.isenabled()
            kept = [[number] for number in range(60_000)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= len(kept)
    finally:
        gc.unfreeze()


def test_what_is_little_is_not() -> None:
    frozen = gc.get_freeze_count()
    with Garbage().spared():
        kept = [[number] for number in range(100)]
    assert gc.get_freeze_count() <= frozen < frozen + len(kept)


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        with Garbage().spared():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


async def test_work_beside_the_loop_answers_and_raises_like_any_other() -> None:
    assert await beside(divmod, 7, 3) == (2, 1)
    with pytest.raises(ZeroDivisionError):
        await beside(divmod, 7, 0)
    assert gc.isenabled()

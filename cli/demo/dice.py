"""Chance that falls the same way in every run and on every Python."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from random import Random
from typing import TypeVar

T = TypeVar("T")


def digest(name: str, length: int) -> str:
    """The first `length` hex digits of a name's SHA-256."""
    return sha256(name.encode()).hexdigest()[:length]


class Dice:
    """One stream of chance per name, so that a change in one scene leaves all others as they were.

    Only `Random.random` is used: its sequence for an integer seed is the one that Python promises to keep.
    """

    def __init__(self, name: str) -> None:
        self._random = Random(int(digest(name, 16), 16))  # noqa: S311, a story needs no secrets

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        return options[self.whole(0, len(options) - 1)]

    def between(self, low: timedelta, high: timedelta) -> timedelta:
        """A duration from low to high in whole milliseconds."""
        millisecond = timedelta(milliseconds=1)
        return self.whole(low // millisecond, high // millisecond) * millisecond

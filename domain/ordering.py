"""The order of entities by what they hold: total, whatever stands in a field."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from domain.conditions import Kind, Path, at, kind_of


class Rank(IntEnum):
    """Kinds of values never mix. Those that compare follow each other so, as MongoDB's do; the others come last."""

    NUMBER = 0
    TEXT = 1
    BOOLEAN = 2
    INSTANT = 3
    COMPOUND = 4
    """A list or an object: only there, none before another."""
    NOTHING = 5


@dataclass(frozen=True, slots=True)
class Ordering:
    """By the value under a path of an entity's view; see domain/entity_view.py."""

    path: Path
    descending: bool = False


class Place(NamedTuple):
    """Where a value stands in one order. `value` is None for what has a rank alone."""

    rank: Rank
    value: Any


@dataclass(frozen=True, slots=True)
class Position:
    """Where an entity stands among others: a place for each order, and then its key."""

    key: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, order=False)
class _Reversed:
    value: Any

    def __lt__(self, other: "_Reversed") -> bool:
        return bool(other.value < self.value)


_RANKS = {
    Kind.NUMBER: Rank.NUMBER,
    Kind.TEXT: Rank.TEXT,
    Kind.BOOLEAN: Rank.BOOLEAN,
    Kind.INSTANT: Rank.INSTANT,
}


def place(value: Any) -> Place:
    kind = kind_of(value)
    if kind is not None:
        return Place(_RANKS[kind], value)
    return Place(Rank.NOTHING if value is None else Rank.COMPOUND, None)


def position(view: Any, orders: Sequence[Ordering], key: str) -> Position:
    """Where the entity of that key and view stands."""
    return Position(key, tuple(place(at(view, order.path)) for order in orders))


def rank_key(rank: Rank, *, descending: bool) -> int:
    """Sorts ranks: from high to low those that compare run the other way."""
    return Rank.INSTANT - rank if descending and rank <= Rank.INSTANT else int(rank)


def sort_key(position: Position, orders: Sequence[Ordering]) -> tuple[Any, ...]:
    """Sorts positions. Entities that are equal in all orders follow their keys, backwards when the last one does."""
    parts: list[Any] = []
    for found, order in zip(position.places, orders, strict=True):
        parts += [rank_key(found.rank, descending=order.descending), _directed(found.value, order.descending)]
    return (*parts, _directed(position.key, backwards(orders)))


def backwards(orders: Sequence[Ordering]) -> bool:
    """Whether keys run from high to low, as an index on the last order does when it is read that way."""
    return bool(orders) and orders[-1].descending


def _directed(value: Any, descending: bool) -> Any:
    return _Reversed(value) if descending and value is not None else value

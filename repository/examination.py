"""Examining entities one after another, in the order of keys, where no index says which of them are wanted."""

import heapq
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from domain import conditions, ordering
from domain.conditions import EVERYTHING, Path
from domain.errors import QueryTooLarge
from domain.event import Document, Event
from domain.ordering import Position
from repository.event_log import EntityFilter, EntityPage, Latest
from repository.fields import NOTHING, Fields, union

_LARGEST_CHUNK = 1000
Found = TypeVar("Found", bound=Event | Latest)


@dataclass(frozen=True, slots=True)
class Chunk(Generic[Found]):
    """What was found among the next entities: each with its view. `last` is the key of the last one looked at."""

    examined: int
    last: str
    found: Sequence[tuple[Document, Found]]


async def examine(
    page: EntityPage, read: Callable[[EntityPage], Awaitable[Chunk[Found] | None]], most: int
) -> list[Found]:
    """The page, of chunks of entities that `read` answers without condition and order; None when there are no more.

    Raises QueryTooLarge when there are more than `most`.
    """
    first: list[tuple[Position, Found]] = []
    left, size = most, page.first
    part = replace(
        page, where=replace(page.where, condition=EVERYTHING), order=(), after=None if page.order else page.after
    )
    while chunk := await read(replace(part, first=max(1, min(size, left)))):
        if not left:
            raise too_many(page.where, most)
        first = best(page, [*first, *selected(page, chunk.found)])
        if chunk.examined < min(size, left) or (not page.order and len(first) == page.first):
            break
        part, left, size = (
            replace(part, after=Position(chunk.last)),
            left - chunk.examined,
            min(2 * size, _LARGEST_CHUNK),
        )
    return [found for _, found in first]


def too_many(where: EntityFilter, most: int) -> QueryTooLarge:
    narrower = "" if where.app_id else "appId, "
    return QueryTooLarge(
        f"more than {most:,} entities of type {where.type} would have to be examined",
        hint=f"Narrow the list with {narrower}a labelSelector or an equality that an index of the type answers.",
    )


def needed(page: EntityPage, fields: Fields) -> Fields:
    """`fields`, and what must be read to know whether an entity is wanted and where it stands."""
    return union([fields, _fields(asked(page))])


def placing(page: EntityPage, fields: Fields) -> Fields:
    """`fields`, and what must be read to know where an entity stands."""
    return union([fields, _fields(order.path for order in page.order)])


def asked(page: EntityPage) -> list[Path]:
    """The paths of an entity's view that the page asks for."""
    return [*conditions.paths(page.where.condition), *(order.path for order in page.order)]


def asks_for_last(page: EntityPage) -> bool:
    return any(path[0] == "last" for path in asked(page))


def chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many as one call may ask for."""
    return (keys[start : start + _LARGEST_CHUNK] for start in range(0, len(keys), _LARGEST_CHUNK))


def selected(page: EntityPage, found: Iterable[tuple[Document, Found]]) -> list[tuple[Position, Found]]:
    """Those whose view fulfils the condition, each with its position."""
    return [
        (ordering.position(view, page.order, each.entity.key), each)
        for view, each in found
        if page.where.condition.holds(view)
    ]


def best(page: EntityPage, found: Iterable[tuple[Position, Found]]) -> list[tuple[Position, Found]]:
    """The first of the page among those found so far."""
    if not page.order:
        return list(found)[: page.first]
    after = ordering.sort_key(page.after, page.order) if page.after else None
    keyed = ((ordering.sort_key(position, page.order), position, each) for position, each in found)
    following = (each for each in keyed if after is None or after < each[0])
    return [(position, each) for _, position, each in heapq.nsmallest(page.first, following, key=lambda each: each[0])]


def _fields(paths: Iterable[Path]) -> Fields:
    """The parts of the state that the paths of a view lead to."""
    paths, wanted = list(paths), set[Path]()
    if not paths:
        return NOTHING
    for root, *rest in paths:
        if root == "state":
            wanted.add(tuple(rest))
        elif root == "meta":
            wanted |= {("meta", *rest), ("metadata", *rest)}
    return Fields(None if () in wanted else frozenset(wanted))

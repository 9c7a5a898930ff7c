"""How a search of the log reaches its events: along which index, and from which points of it.

An index begins with fields that a search gives values for, its points, and goes on with the time. MongoDB walks it from
all points at once and merges them in order, so that a page costs a key for each event and one for each point. Which
combinations of conditions have such an index is the table `_EXACT`. There are six acts, of two phases by three types of
actors, so that what depends on these alone has few points however many facets there are. Any other search goes along
whatever holds the fewest events, and is refused when these are too many: see repository/searches.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from math import prod
from typing import Any

from domain.entity import Entity, from_stored
from domain.event import ActorType, Phase
from repository import indexes
from repository.event_log import EventFilter, Order

ACTS = frozenset({"phases", "actor_types"})
FACETS = ACTS | {"types", "kinds", "actions"}
SPAN, RECORDED_SPAN = frozenset({"since", "until"}), frozenset({"recorded_since", "recorded_until"})
FIELDS = {
    "app_ids": "appId",
    "actors": "actor.id",
    "execution_id": "executionId",
    "correlation_id": "correlationId",
    "words": "words",
}

# By the conditions other than facets and a span of timestamps: the index without facets, and the one with them.
_EXACT: dict[frozenset[str], tuple[str | None, str | None]] = {
    frozenset(): (indexes.ACTS, indexes.FACET),
    frozenset({"app_ids"}): (indexes.APP_ACTS, indexes.APP_FACET),
    frozenset({"actors"}): (indexes.ACTOR_ACTS, indexes.ACTOR_FACET),
    frozenset({"app_ids", "actors"}): (None, indexes.APP_ACTOR),
    frozenset({"execution_id"}): (indexes.EXECUTION_ACTS, None),
    frozenset({"correlation_id"}): (indexes.CORRELATION_ACTS, None),
    frozenset({"words"}): (indexes.WORDS, None),
}
_BY_ACT = {
    indexes.ACTS,
    indexes.APP_ACTS,
    indexes.ACTOR_ACTS,
    indexes.EXECUTION_ACTS,
    indexes.CORRELATION_ACTS,
}
ON_TIMELINES = FACETS | SPAN | {"app_ids", "names"}
"""The conditions that cost a page of one entity's events nothing."""
_COMMON = (*FACETS, *SPAN, "app_ids", "actors")
_MOST_POINTS = 150
"""Of one walk. MongoDB merges up to 200; beyond that it would sort."""
_MOST_ENTITIES = 100

ANYTHING = EventFilter()

Points = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """An index and the values of the fields that it begins with; the facets are still to be found out."""

    index: str
    points: Points
    by_facet: bool = False
    axis: str = "timestamp"
    tie: str = "_id"
    """What the index orders events of one time by. The log orders them by id."""


def given(where: EventFilter) -> frozenset[str]:
    """The names of the conditions that restrict."""
    return frozenset(each.name for each in fields(where) if getattr(where, each.name) not in ((), None))


def exact(where: EventFilter, order: Order) -> Route | None:
    """The route on which every event that is met is an answer; None when there is none."""
    conditions = given(where)
    if order is Order.RECORDED:
        return Route(indexes.RECORDED, {}, axis="recordedAt") if conditions <= RECORDED_SPAN else None
    if conditions <= ON_TIMELINES and (keys := _entities(where)):
        return _of_entities(keys, by_facet=bool(conditions & FACETS - {"types"}))
    scope, facets = conditions - FACETS - SPAN, conditions & FACETS
    if scope not in _EXACT or len(where.words) > 1:
        return None
    plain, by_facet = _EXACT[scope]
    if plain is not None and facets <= (ACTS if plain in _BY_ACT else frozenset()):
        return Route(plain, _points(where, scope) | (acts(where) if plain in _BY_ACT else {}))
    return Route(by_facet, _points(where, scope), by_facet=True) if by_facet else None


def _of_entities(keys: Sequence[str], *, by_facet: bool) -> Route:
    index = indexes.ENTITY_FACET if by_facet else indexes.TIMELINE
    return Route(index, {"entity": keys}, by_facet, tie="version")


def routes(where: EventFilter) -> Iterator[Route]:
    """Every way to the events that a search can be answered on, each over more of them than it wants."""
    for name in ("correlation_id", "execution_id"):
        if getattr(where, name) is not None:
            yield Route(_plain(name), _points(where, {name}) | acts(where))
    for word in where.words:
        yield Route(indexes.WORDS, {"words": [word]})
    if keys := _entities(where):
        yield Route(indexes.TIMELINE, {"entity": keys})
    if given(where) & RECORDED_SPAN:
        yield Route(indexes.RECORDED, {}, axis="recordedAt")
    common = exact(EventFilter(**{name: getattr(where, name) for name in _COMMON}), Order.NEWEST)
    if common is not None:
        yield common


def acts(where: EventFilter = ANYTHING) -> dict[str, Sequence[Any]]:
    """The points of every act that may meet the conditions, in an index that has it in front of the time."""
    return {
        "phase": [each.value for each in where.phases or Phase],
        "actor.type": [each.value for each in where.actor_types or ActorType],
    }


def at(points: Points) -> dict[str, Any]:
    """The condition that an event stands at one of the points."""
    return {name: values[0] if len(values) == 1 else {"$in": list(values)} for name, values in points.items()}


def split(points: Points) -> list[Points]:
    """The same points as several walks of a size that MongoDB merges."""
    if prod(len(values) for values in points.values()) <= _MOST_POINTS:
        return [points]
    longest = max(points, key=lambda name: len(points[name]))
    values, half = points[longest], len(points[longest]) // 2
    return [walk for part in (values[:half], values[half:]) for walk in split({**points, longest: part})]


def entities_among(keys: Sequence[str], where: EventFilter) -> list[str]:
    """Those of the entities whose type, app and name meet the conditions."""
    wanted = (where.types, where.app_ids, where.names)
    if not any(wanted):
        return list(keys)
    return [
        key
        for key in keys
        if all(not some or part in some for some, part in zip(wanted, from_stored(key), strict=True))
    ]


def combinations(points: Points) -> list[dict[str, Any]]:
    """One value of each field."""
    return [dict(zip(points, values, strict=True)) for values in product(*points.values())]


def _plain(name: str) -> str:
    index, _ = _EXACT[frozenset({name})]
    assert index is not None
    return index


def _points(where: EventFilter, names: frozenset[str] | set[str]) -> dict[str, Sequence[Any]]:
    points: dict[str, Sequence[Any]] = {}
    for name, field in FIELDS.items():
        if name in names:
            value = getattr(where, name)
            points[field] = [value] if isinstance(value, str) else list(value)
    return points


def _entities(where: EventFilter) -> list[str]:
    """The keys of the entities that are named in full; none when they are too many."""
    named = len(where.types) * len(where.app_ids) * len(where.names)
    if not 0 < named <= _MOST_ENTITIES:
        return []
    return [Entity(*each).key for each in product(where.types, where.app_ids, where.names)]

"""Searches of the whole log."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from domain.entity import from_stored
from domain.errors import FilterTooWide, QueryTooLarge
from domain.event import Event
from domain.facet import Facet, from_key, keys_of_kind, keys_of_type
from repository import access, indexes, pipelines
from repository.access import Points, Route
from repository.documents import EVENTS, event_from, projection
from repository.driver import Database, Document
from repository.event_log import EventFilter, LogPage, Moment, Order, TimelinePage, Touch
from repository.fields import Fields

MOST_EXAMINED = 2_000
"""Of a search that no index answers exactly."""
_FEW = 100
_MOST_QUESTIONS = 20
_MOST_WALKS = 10
_THREADS = (indexes.CORRELATION_ACTS, indexes.EXECUTION_ACTS)
_FACET_INDEXES = {
    (): indexes.FACET,
    ("appId",): indexes.APP_FACET,
    ("actor.id",): indexes.ACTOR_FACET,
    ("appId", "actor.id"): indexes.APP_ACTOR,
}

Condition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Walk:
    """An index, and the conditions of the searches along it that together find everything once."""

    index: str
    axis: str
    parts: Sequence[Condition]
    tie: str = "_id"


class Searches:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, page: LogPage, moment: Moment, fields: Fields) -> list[Event]:
        """See EventLog.search; recorded order is bounded by `moment.known_at` alone."""
        walk = await self.walk(page.where, moment, page.order)
        read = self._first if walk.tie == "_id" else self._first_with_ties
        found = await asyncio.gather(*(read(walk, part, page, moment, fields) for part in walk.parts))
        rows = merge(*found, key=_place_in(page.order), reverse=page.order.direction < 0)
        return [event_from(row) for row in islice(rows, page.first)]

    async def _first(
        self, walk: Walk, part: Condition, page: LogPage, moment: Moment, fields: Fields
    ) -> list[Document]:
        """The first events of a page along a part of the walk, in order."""
        return await self._database.find(
            EVENTS,
            _both(pipelines.log_condition(page, moment), part),
            projection=projection(fields),
            sort=pipelines.log_order(page.order, walk.tie),
            limit=page.first,
            hint=walk.index,
        )

    async def _first_with_ties(
        self, walk: Walk, part: Condition, page: LogPage, moment: Moment, fields: Fields
    ) -> list[Document]:
        """The same along an index that orders events of one time otherwise than the log: all of the last time."""
        rows = await self._first(walk, part, page, moment, fields)
        if len(rows) == page.first:
            last = {page.order.axis: rows[-1][page.order.axis]}
            ties = await self._first(walk, _both(part, last), replace(page, first=0), moment, fields)
            rows = list({row["_id"]: row for row in (*rows, *ties)}.values())
        return sorted(rows, key=_place_in(page.order), reverse=page.order.direction < 0)

    async def count(self, where: EventFilter, moment: Moment, most: int) -> int:
        walk = await self.walk(where, moment)
        condition = pipelines.log_condition(LogPage(1, where=where), moment)
        return min(most, await self._counted(walk, condition, most))

    async def touched(self, where: EventFilter, moment: Moment, most: int) -> list[Touch]:
        """See EventLog.touched."""
        rows = await self.gather(where, moment, pipelines.touched(most + 1))
        if sum(row["count"] for row in rows) > most:
            raise QueryTooLarge(
                f"more than {most:,} events changed something in this span of time",
                hint="Narrow the span, or the conditions on events.",
            )
        return _merged(rows)

    async def gather(self, where: EventFilter, moment: Moment, stages: pipelines.Pipeline) -> list[Document]:
        """What the stages of an aggregation make of the events that are found, of each part of the walk by itself."""
        walk = await self.walk(where, moment)
        condition = pipelines.log_condition(LogPage(1, where=where), moment)
        found = await asyncio.gather(
            *(
                self._database.aggregate(EVENTS, [{"$match": _both(condition, part)}, *stages], hint=walk.index)
                for part in walk.parts
            )
        )
        return [row for rows in found for row in rows]

    async def walk(self, where: EventFilter, moment: Moment, order: Order = Order.NEWEST) -> Walk:
        """The way to the events that meet the conditions. Raises FilterTooWide."""
        route = access.exact(where, order)
        walk = await self._laid_out(route, where) if route else None
        if walk is not None and len(walk.parts) <= _MOST_WALKS:
            return walk
        walks = await asyncio.gather(*(self._laid_out(each, where) for each in access.routes(where)))
        size, walk = await self._narrowest(walks, where, moment)
        if size > MOST_EXAMINED and (span := await self._span_of_thread(where)):
            within = {"timestamp": {"$gte": span[0], "$lte": span[1]}}
            walks = [replace(each, parts=[_both(within, part) for part in each.parts]) for each in walks]
            size, walk = await self._narrowest(walks, where, moment)
        if size > MOST_EXAMINED:
            raise _too_wide(order)
        return walk

    async def _narrowest(self, walks: Sequence[Walk], where: EventFilter, moment: Moment) -> tuple[int, Walk]:
        """The walk that meets the fewest events, and how many: not counted further than one of them tells."""
        for most in (_FEW, MOST_EXAMINED):
            sizes = await asyncio.gather(*(self._size(each, where, moment, most + 1) for each in walks))
            size, walk = min(zip(sizes, walks, strict=True), key=lambda pair: pair[0])
            if size <= most:
                break
        return size, walk

    async def _span_of_thread(self, where: EventFilter) -> tuple[datetime, datetime] | None:
        """From the first to the last event of the execution or correlation: a run is short, however much it does."""
        route = next((each for each in access.routes(where) if each.index in _THREADS), None)
        if route is None:
            return None
        options: dict[str, Any] = {"projection": {"timestamp": 1}, "limit": 1, "hint": route.index}
        found = await asyncio.gather(
            *(
                self._database.find(EVENTS, access.at(route.points), sort=pipelines.log_order(order), **options)
                for order in (Order.OLDEST, Order.NEWEST)
            )
        )
        times = [row["timestamp"] for rows in found for row in rows]
        return (times[0], times[1]) if len(times) == 2 else None

    async def facets(self, points: Points, types: Sequence[str], kinds: Sequence[str] = ()) -> list[str | None]:
        """The facets of the events at these points, of types that these or these kinds name; None for events without.

        One key of an index for each facet. Where too many questions would have to be asked, the whole log's.
        """
        places = access.combinations(points)
        ranges = [keys_of_type(each) for each in types] or [span for each in kinds for span in keys_of_kind(each)]
        if len(places) * max(len(ranges), 1) > _MOST_QUESTIONS:
            places = [{}]
        ranges = ranges if len(ranges) * len(places) <= _MOST_QUESTIONS else []
        asked = [{**place, **span} for place in places for span in _spans(ranges)]
        found = await asyncio.gather(*(self._facets_at(each, _FACET_INDEXES[tuple(places[0])]) for each in asked))
        return [None, *sorted({key for each in found for key in each if key is not None})]

    async def facets_of(self, keys: Sequence[str], where: EventFilter) -> list[str | None] | None:
        """The facets that events of these entities may have to meet the conditions; None for any."""
        if not access.given(where) & access.FACETS:
            return None
        types = sorted({from_stored(key).type for key in keys})
        return chosen(await self.facets({}, types), where)

    async def check_timelines(self, keys: Sequence[str], page: TimelinePage, moment: Moment) -> None:
        """Raises FilterTooWide when conditions that no index of an entity has would read too much of one."""
        if access.given(page.where) <= access.ON_TIMELINES:
            return
        lengths = await self._database.aggregate(None, pipelines.spans(keys, page, moment, MOST_EXAMINED + 1))
        if any(each["events"]["count"] > MOST_EXAMINED for each in lengths):
            raise FilterTooWide(
                f"more than {MOST_EXAMINED:,} events of one entity would have to be read to find those that are wanted",
                hint="Narrow it with since and until, or ask for these events at the root.",
            )

    async def _laid_out(self, route: Route, where: EventFilter) -> Walk:
        points = dict(route.points)
        if route.by_facet:
            places = route.points if route.index in _FACET_INDEXES.values() else {}
            points["facet"] = chosen(await self.facets(places, where.types, where.kinds), where)
        return Walk(route.index, route.axis, [access.at(each) for each in access.split(points)], route.tie)

    async def _facets_at(self, place: Condition, index: str) -> list[str | None]:
        pipeline = [{"$match": place}, {"$group": {"_id": "$facet"}}]
        return [each["_id"] for each in await self._database.aggregate(EVENTS, pipeline, hint=index)]

    async def _size(self, walk: Walk, where: EventFilter, moment: Moment, most: int) -> int:
        """How many events a walk would meet, up to `most` for each of its parts."""
        span = {"$and": list(pipelines.span(walk.axis, where, moment))}
        return await self._counted(walk, span, most)

    async def _counted(self, walk: Walk, condition: Condition, most: int) -> int:
        counts = await asyncio.gather(
            *(
                self._database.aggregate(EVENTS, pipelines.count(_both(condition, part), most), hint=walk.index)
                for part in walk.parts
            )
        )
        return sum(row["count"] for rows in counts for row in rows)


def chosen(facets: Iterable[str | None], where: EventFilter) -> list[str | None]:
    """Those whose events may meet the conditions: also None and what is no facet of ours, of which nothing is known."""
    return [key for key in facets if (facet := from_key(key or "")) is None or _meets(facet, where)]


def _meets(facet: Facet, where: EventFilter) -> bool:
    return facet.is_among(where.types, where.kinds, where.actions, where.phases, where.actor_types)


def _merged(rows: Iterable[Mapping[str, Any]]) -> list[Touch]:
    """One for each entity, which several walks may have met."""
    found: dict[str, Touch] = {}
    for row in rows:
        touch = Touch(from_stored(row["_id"]), row["at"], row["byHuman"])
        other = found.get(row["_id"], touch)
        found[row["_id"]] = Touch(touch.entity, max(touch.at, other.at), touch.by_human or other.by_human)
    return list(found.values())


def _spans(ranges: Sequence[tuple[str, str]]) -> Iterator[Condition]:
    if not ranges:
        yield {}
    for start, end in ranges:
        yield {"facet": {"$gte": start, "$lt": end}}


def _place_in(order: Order) -> Callable[[Document], tuple[datetime, str]]:
    return lambda row: (row[order.axis], row["_id"])


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> Condition:
    return {"$and": [one, other]} if other else dict(one)


def _too_wide(order: Order) -> FilterTooWide:
    narrower = "recordedSince and recordedUntil" if order is Order.RECORDED else "since and until"
    return FilterTooWide(
        f"no index has this combination of conditions, and more than {MOST_EXAMINED:,} events would have to be read",
        hint=f"Narrow it with {narrower}, or leave a condition out; docs/audit.md says which go together.",
    )

"""The last and the first event of each entity: of any kind, of some kinds, or by one type of actor.

Each is a skip-scan, two keys of an index for each entity however long its history: an index for any event, one that
begins with the type of the actor, and one that begins with the facet. This is scanned for each facet that fits, all
in one call.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from domain.event import Event
from domain.facet import from_key
from repository import indexes, pipelines
from repository.documents import EVENTS, event_from, projection
from repository.driver import Database
from repository.event_log import ActFilter, EventFilter, Moment
from repository.fields import HEADER
from repository.searches import Searches

Found = dict[str, Event]
Point = dict[str, Any]
_MOST_SCANS = 100  # in one call; a pipeline has 1,000 stages at most


class Acts:
    def __init__(self, database: Database, searches: Searches) -> None:
        self._database = database
        self._searches = searches

    async def last(self, keys: Sequence[str], moment: Moment, by: ActFilter) -> Found:
        found = await self._of_each_scan(keys, moment, by, pipelines.FROM_NEWEST)
        return {key: max(events, key=lambda event: event.order) for key, events in found.items()}

    async def first(self, keys: Sequence[str], moment: Moment, by: ActFilter) -> Found:
        found = await self._of_each_scan(keys, moment, by, pipelines.FROM_OLDEST)
        return {key: min(events, key=lambda event: event.order) for key, events in found.items()}

    async def _of_each_scan(
        self, keys: Sequence[str], moment: Moment, by: ActFilter, order: Mapping[str, int]
    ) -> dict[str, list[Event]]:
        index, points = await self._scans(keys, by)
        scans = [points[start : start + _MOST_SCANS] for start in range(0, len(points), _MOST_SCANS)]
        events = [found for each in scans for found in await self._scan(index, each, keys, moment, order)]
        known = await asyncio.gather(
            *(
                self._known(index, point, event.entity.key, moment, order)
                for event, point in events
                if event.recorded_at > moment.known_at
            )
        )
        together: dict[str, list[Event]] = {}
        for event in chain((event for event, _ in events if event.recorded_at <= moment.known_at), *known):
            together.setdefault(event.entity.key, []).append(event)
        return together

    async def _scans(self, keys: Sequence[str], by: ActFilter) -> tuple[str, list[Point]]:
        """The index, and the points of it to scan from."""
        if by.kinds:
            where = EventFilter(kinds=by.kinds, actor_types=(by.actor_type,) if by.actor_type else ())
            facets = await self._searches.facets_of(keys, where) or []
            # A facet that nothing is known of, such as none at all, is met by the fields of the events.
            own = {"kind": {"$in": list(by.kinds)}} | ({"actor.type": by.actor_type.value} if by.actor_type else {})
            return indexes.ENTITY_FACET, [{"facet": each} | ({} if from_key(each or "") else own) for each in facets]
        if by.actor_type:
            return indexes.ACTOR_TYPE, [{"actor.type": by.actor_type.value}]
        return indexes.TIMELINE, [{}]

    async def _scan(
        self, index: str, points: Sequence[Point], keys: Sequence[str], moment: Moment, order: Mapping[str, int]
    ) -> list[tuple[Event, Point]]:
        """The first of each entity in the order, from each point."""
        rows = await self._database.aggregate(EVENTS, _union(points, keys, moment, order), hint=index)
        return [(event_from(each["event"]), points[each["point"]]) for each in rows]

    async def _known(self, index: str, point: Point, key: str, moment: Moment, order: Mapping[str, int]) -> list[Event]:
        """What a scan would have found, had it looked at recordedAt: a search of one entity."""
        rows = await self._database.find(
            EVENTS,
            {**point, "entity": key, **pipelines.seen(moment)},
            projection=projection(HEADER),
            sort={name: direction for name, direction in order.items() if name != "entity"},
            limit=1,
            hint=index,
        )
        return [event_from(each) for each in rows]


def _union(
    points: Sequence[Point], keys: Sequence[str], moment: Moment, order: Mapping[str, int]
) -> pipelines.Pipeline:
    """A skip-scan from each point. MongoDB finds the index of all but the first by itself, which alone takes a hint."""
    first, *rest = (
        [
            *pipelines.first_of_each({**point, "entity": {"$in": list(keys)}}, moment, HEADER, order),
            {"$set": {"point": {"$literal": number}}},
        ]
        for number, point in enumerate(points)
    )
    return [*first, *({"$unionWith": {"coll": EVENTS, "pipeline": each}} for each in rest)]

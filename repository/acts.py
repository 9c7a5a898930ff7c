"""The last and the first event of each entity: of any kind, of some kinds, or by one type of actor.

Each is a skip-scan, two keys of an index for each entity however long its history: an index for any event, one that
begins with the type of the actor, and one that begins with the facet, which is scanned once for each facet that fits.
"""

import asyncio
from collections.abc import Mapping, Sequence
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
        scans = await asyncio.gather(*(self._scan(index, point, keys, moment, order) for point in points))
        together: dict[str, list[Event]] = {}
        for found in scans:
            for key, event in found.items():
                together.setdefault(key, []).append(event)
        return together

    async def _scans(self, keys: Sequence[str], by: ActFilter) -> tuple[str, list[dict[str, Any]]]:
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
        self, index: str, point: Mapping[str, Any], keys: Sequence[str], moment: Moment, order: Mapping[str, int]
    ) -> Found:
        """The first of each entity in the order; for those whose first was not known yet, a search of its own."""
        pipeline = pipelines.first_of_each({**point, "entity": {"$in": list(keys)}}, moment, HEADER, order)
        rows = await self._database.aggregate(EVENTS, pipeline, hint=index)
        found = {each["_id"]: event_from(each["event"]) for each in rows}
        unknown = [key for key, event in found.items() if event.recorded_at > moment.known_at]
        known = await asyncio.gather(*(self._known(index, point, key, moment, order) for key in unknown))
        return {key: event for key, event in found.items() if key not in unknown} | {
            event.entity.key: event for events in known for event in events
        }

    async def _known(
        self, index: str, point: Mapping[str, Any], key: str, moment: Moment, order: Mapping[str, int]
    ) -> list[Event]:
        rows = await self._database.find(
            EVENTS,
            {**point, "entity": key, **pipelines.seen(moment)},
            projection=projection(HEADER),
            sort={name: direction for name, direction in order.items() if name != "entity"},
            limit=1,
            hint=index,
        )
        return [event_from(each) for each in rows]

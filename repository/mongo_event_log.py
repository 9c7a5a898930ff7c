"""The event log on MongoDB."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from domain import settling
from domain.entity import from_stored
from domain.errors import DselError, QueryTooLarge
from domain.event import Document, Event
from domain.instants import Clock
from domain.objects import labels_of
from repository import access, indexes, pipelines
from repository.documents import EVENTS, LATEST, event_from, latest_projection, projection
from repository.driver import Database
from repository.event_log import (
    Append,
    Appended,
    EntityFilter,
    EntityPage,
    EventFilter,
    Latest,
    LogPage,
    Moment,
    Order,
    TimelinePage,
)
from repository.fields import HEADER, LABELS, Fields, union
from repository.lanes import Lanes
from repository.searches import Searches
from repository.writer import Writer

_LARGEST_CHUNK = 1000
_MOST_EXAMINED = 50_000


class MongoEventLog:
    """See EventLog. Constructed on a database whose indexes are ensured."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._writer = Writer(database, clock)
        self._searches = Searches(database)
        self._lanes: Lanes[Sequence[Append], Sequence[Appended | DselError]] = Lanes(self._commit)
        self._commits: set[asyncio.Future[list[Appended | DselError]]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def append(self, appends: Sequence[Append]) -> list[Appended | DselError]:
        if not appends:
            return []
        if len({each.draft.entity for each in appends}) == 1:
            return list(await self._lanes.submit(appends[0].draft.entity.key, appends))
        # A commit that was begun is finished, whatever becomes of the request.
        commit = asyncio.ensure_future(self._commit_in_turn(appends))
        self._commits.add(commit)
        commit.add_done_callback(self._commits.discard)
        return await asyncio.shield(commit)

    async def drain(self) -> None:
        """Waits for the writes under way."""
        await self._lanes.drain()
        while self._commits:
            await asyncio.wait(self._commits)

    async def latest(self, keys: Sequence[str], fields: Fields) -> dict[str, Latest]:
        found = await self._database.find(LATEST, {"_id": {"$in": list(keys)}}, projection=latest_projection(fields))
        return {each["_id"]: _latest(each) for each in found}

    async def as_of(self, keys: Sequence[str], moment: Moment, fields: Fields) -> dict[str, Event]:
        return await self._newest(keys, moment, fields, stateful=True)

    async def states(self, type_: str, app_id: str, moment: Moment, fields: Fields) -> dict[str, Event]:
        rows = await self._database.aggregate(EVENTS, pipelines.newest_states(type_, app_id, moment, fields))
        return {each["_id"]: event_from(each["event"]) for each in rows}

    async def last_events(self, keys: Sequence[str], moment: Moment) -> dict[str, Event]:
        return await self._newest(keys, moment, HEADER, stateful=False)

    async def first_events(self, keys: Sequence[str], moment: Moment) -> dict[str, Event]:
        return _single(await self._database.aggregate(None, pipelines.oldest(keys, moment, HEADER)))

    async def events(
        self, keys: Sequence[str], page: TimelinePage, moment: Moment, fields: Fields
    ) -> dict[str, list[Event]]:
        keys = access.entities_among(keys, page.where)
        facets = await self._searches.facets_of(keys, page.where)
        await self._searches.check_timelines(keys, page, moment)
        if facets is not None:
            return await self._of_facets(keys, facets, page, moment, fields)
        return _several(await self._database.aggregate(None, pipelines.timeline(keys, page, moment, fields)))

    async def last_acts(self, keys: Sequence[str], page: TimelinePage, moment: Moment) -> dict[str, list[Event]]:
        return _several(await self._database.aggregate(None, pipelines.last_acts(keys, page, moment)))

    async def ends(self, states: Sequence[Event], moment: Moment) -> dict[str, datetime]:
        found = await self._database.aggregate(None, pipelines.next_states(states, moment))
        return {each["_id"]: each["events"]["timestamp"] for each in found}

    async def previous(self, states: Sequence[Event], moment: Moment, fields: Fields) -> dict[str, Event]:
        found = await self._database.aggregate(None, pipelines.previous_states(states, moment, fields))
        return {each["_id"]: event_from(each["events"]) for each in found}

    async def entities(self, page: EntityPage, fields: Fields) -> list[Latest]:
        where = page.where
        condition: Document = {"live": True, "$and": [{"_id": pipelines.entity_bounds(page)}]}
        condition["$and"] += pipelines.label_conditions(where.labels, "labels")
        found = await self._database.find(
            LATEST, condition, projection=latest_projection(fields), sort={"_id": 1}, limit=page.first
        )
        return [_latest(each) for each in found]

    async def has_changed(self, type_: str, since: datetime) -> bool:
        condition = {"type": type_, "timestamp": {"$gt": since}}
        return bool(await self._database.find(EVENTS, condition, projection={"_id": 1}, limit=1, hint=indexes.LOG))

    async def entities_as_of(self, page: EntityPage, moment: Moment, fields: Fields) -> list[Event]:
        found: list[Event] = []
        after, examined, chunk = page.after, 0, page.first
        wanted = union([fields, LABELS]) if page.where.labels else fields
        while keys := await self._keys(replace(page, first=chunk, after=after)):
            states = await self.as_of(keys, moment, wanted)
            found += [states[key] for key in keys if key in states and _selected(states[key], page.where)]
            if len(found) >= page.first or len(keys) < chunk:
                break
            after, examined, chunk = keys[-1], examined + len(keys), min(2 * chunk, _LARGEST_CHUNK)
            if examined > _MOST_EXAMINED:
                raise QueryTooLarge(
                    f"more than {_MOST_EXAMINED:,} entities of type {page.where.type} would have to be examined",
                    hint="Narrow the list with appId.",
                )
        return found[: page.first]

    async def events_by_id(self, ids: Sequence[str], fields: Fields) -> dict[str, Event]:
        found = await self._database.find(EVENTS, {"_id": {"$in": list(ids)}}, projection=projection(fields))
        return {each["_id"]: event_from(each) for each in found}

    async def correlated(self, correlation_ids: Sequence[str], keys: Sequence[str], fields: Fields) -> list[Event]:
        condition = {"correlationId": {"$in": list(correlation_ids)}, "entity": {"$in": list(keys)}}
        found = await self._database.find(EVENTS, condition, projection=projection(fields), hint=indexes.CORRELATION)
        return sorted((event_from(each) for each in found), key=lambda event: event.version)

    async def search(self, page: LogPage, moment: Moment, fields: Fields) -> list[Event]:
        if page.order is Order.RECORDED:
            moment = Moment(moment.at, min(moment.known_at, self.settled(self._clock())))
        return await self._searches.page(page, moment, fields)

    async def count(self, where: EventFilter, moment: Moment, most: int) -> int:
        return await self._searches.count(where, moment, most)

    def settled(self, instant: datetime) -> datetime:
        return settling.settled(instant, self._database.timeout)

    async def _commit(self, groups: Sequence[Sequence[Append]]) -> list[Sequence[Appended | DselError]]:
        """One commit for all groups that gathered in a lane."""
        results = iter(await self._writer.commit([each for group in groups for each in group]))
        return [[next(results) for _ in group] for group in groups]

    async def _commit_in_turn(self, appends: Sequence[Append]) -> list[Appended | DselError]:
        """Batches that share an entity wait for each other instead of colliding, in an order that cannot deadlock."""
        keys = sorted({each.draft.entity.key for each in appends})
        async with AsyncExitStack() as turns:
            for lock in [self._turns.setdefault(key, asyncio.Lock()) for key in keys]:
                await turns.enter_async_context(lock)
            return await self._writer.commit(appends)

    async def _of_facets(
        self, keys: Sequence[str], facets: Sequence[str | None], page: TimelinePage, moment: Moment, fields: Fields
    ) -> dict[str, list[Event]]:
        """A search for each entity: a look-up cannot name its index, and MongoDB takes the wrong one at times."""
        condition = {"facet": {"$in": list(facets)}, **pipelines.timeline_condition(page, moment)}
        options: dict[str, Any] = {"projection": projection(fields), "sort": pipelines.NEW_TO_OLD}
        options |= {"limit": page.first, "hint": indexes.ENTITY_FACET}
        found = await asyncio.gather(
            *(self._database.find(EVENTS, {"entity": key, **condition}, **options) for key in keys)
        )
        return {key: [event_from(each) for each in rows] for key, rows in zip(keys, found, strict=True) if rows}

    async def _keys(self, page: EntityPage) -> list[str]:
        """The next keys of a type, living or not."""
        found = await self._database.find(
            LATEST, {"_id": pipelines.entity_bounds(page)}, projection={"_id": 1}, sort={"_id": 1}, limit=page.first
        )
        return [each["_id"] for each in found]

    async def _newest(self, keys: Sequence[str], moment: Moment, fields: Fields, *, stateful: bool) -> dict[str, Event]:
        """The skip-scan; then a look-up for the few entities whose newest event was not known yet."""
        rows = await self._database.aggregate(EVENTS, pipelines.newest(keys, moment, fields, stateful=stateful))
        found = {each["_id"]: event_from(each["event"]) for each in rows}
        unknown = [key for key, event in found.items() if event.recorded_at > moment.known_at]
        if not unknown:
            return found
        earlier = pipelines.newest_known(unknown, moment, fields, stateful=stateful)
        known = _single(await self._database.aggregate(None, earlier))
        return {key: event for key, event in found.items() if event.recorded_at <= moment.known_at} | known


def _selected(event: Event, where: EntityFilter) -> bool:
    labels = labels_of(event.state or {})
    return not event.deletes and all(requirement.holds(labels) for requirement in where.labels)


def _several(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for each in rows:
        found.setdefault(each["entity"], []).append(event_from(each["events"]))
    return found


def _single(rows: Iterable[Mapping[str, Any]]) -> dict[str, Event]:
    return {each["entity"]: event_from(each["events"]) for each in rows}


def _latest(document: Document) -> Latest:
    entity, at = from_stored(document["_id"]), document.get("at")
    encoded = document.get("encoded", False)
    state = event_from({**at, "state": document.get("state"), "encoded": encoded}, entity) if at else None
    counts = document["counts"]
    return Latest(
        entity=entity,
        version=document["version"],
        state=state,
        first=event_from(document["first"], entity),
        last=event_from(document["last"], entity),
        outcomes=counts["outcome"],
        intents=counts["intent"],
    )

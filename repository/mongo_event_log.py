"""The event log on MongoDB."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from domain import settling
from domain.backlink import Backlink
from domain.conditions import EVERYTHING
from domain.errors import DselError
from domain.event import Event
from domain.instants import Clock
from repository import access, backreferences, indexes, pipelines
from repository.acts import Acts
from repository.batch import Batch
from repository.common_reads import CommonReads
from repository.declared_indexes import DeclaredIndexes
from repository.documents import EVENTS, event_from, projection
from repository.driver import Database
from repository.entity_lists import EntityLists
from repository.event_log import (
    ANY_ACT,
    ActFilter,
    Append,
    Appended,
    EntityFilter,
    EntityPage,
    EventFilter,
    Latest,
    LogPage,
    Moment,
    Order,
    Seek,
    TimelinePage,
    Touch,
)
from repository.fields import Fields
from repository.lane import Lane
from repository.mongo_activity import MongoActivity
from repository.searches import Searches
from repository.turns import Turns
from repository.writer import Writer

MOST_EXAMINED = 50_000

_SEARCHES_AT_ONCE = 20


class MongoEventLog:
    """See EventLog. Constructed on a database whose indexes are ensured."""

    def __init__(self, database: Database, clock: Clock, *, most_examined: int = MOST_EXAMINED) -> None:
        self._database = database
        self.most_examined = most_examined
        self._clock = clock
        self.declared = DeclaredIndexes(database)
        self._lists = EntityLists(database, self, self.declared)
        self._writer = Writer(database, clock)
        self._searches = Searches(database)
        self._acts = Acts(database, self._searches)
        self.activity = MongoActivity(database, self._searches)
        self._lane: Lane[Sequence[Append], tuple[Batch, int]] = Lane(self._commit)
        self._commits: set[asyncio.Future[list[Appended | DselError]]] = set()
        self._turns = Turns()
        self._common = CommonReads(database, self._lists)

    async def append(self, appends: Sequence[Append]) -> list[Appended | DselError]:
        if not appends:
            return []
        if len({each.draft.entity for each in appends}) == 1:
            batch, start = await self._lane.submit(appends)
            return await batch.summarised(start, len(appends))
        # A commit that was begun is finished, whatever becomes of the request.
        commit = asyncio.ensure_future(self._commit_in_turn(appends))
        self._commits.add(commit)
        commit.add_done_callback(self._commits.discard)
        return await asyncio.shield(commit)

    async def drain(self) -> None:
        """Waits for the writes under way."""
        await self._lane.drain()
        while self._commits:
            await asyncio.wait(self._commits)
        await self._writer.drain()

    async def latest(self, keys: Sequence[str], fields: Fields) -> dict[str, Latest]:
        found = await self._common.summaries(keys, fields)
        return {key: found[key] for key in keys if key in found}

    async def as_of(self, keys: Sequence[str], moment: Moment, fields: Fields) -> dict[str, Event]:
        """The skip-scan; then a look-up for the few entities whose newest state was not known yet."""
        shared = await self._common.states(keys, pipelines.horizon(moment), fields)
        found = {key: shared[key] for key in keys if key in shared}
        unknown = [key for key, event in found.items() if event.recorded_at > moment.known_at]
        if not unknown:
            return found
        known = _single(await self._database.aggregate(None, pipelines.newest_known(unknown, moment, fields)))
        return {key: event for key, event in found.items() if event.recorded_at <= moment.known_at} | known

    async def states(self, type_: str, app_id: str, moment: Moment, fields: Fields) -> dict[str, Event]:
        rows = await self._database.aggregate(EVENTS, pipelines.newest_states(type_, app_id, moment, fields))
        return {each["_id"]: event_from(each["event"]) for each in rows}

    async def last_events(self, keys: Sequence[str], moment: Moment, by: ActFilter = ANY_ACT) -> dict[str, Event]:
        return await self._acts.last(keys, moment, by)

    async def first_events(self, keys: Sequence[str], moment: Moment, by: ActFilter = ANY_ACT) -> dict[str, Event]:
        return await self._acts.first(keys, moment, by)

    async def events(
        self, keys: Sequence[str], page: TimelinePage, moment: Moment, fields: Fields
    ) -> dict[str, list[Event]]:
        keys = access.entities_among(keys, page.where)
        facets = await self._searches.facets_of(keys, page.where)
        await self._searches.check_timelines(keys, page, moment)
        if facets is not None:
            return await self._of_facets(keys, facets, page, moment, fields)
        return await self._common.timelines(keys, page, moment, fields)

    async def last_acts(self, keys: Sequence[str], page: TimelinePage, moment: Moment) -> dict[str, list[Event]]:
        return _several(await self._database.aggregate(None, pipelines.last_acts(keys, page, moment)))

    async def ends(self, states: Sequence[Event], moment: Moment) -> dict[str, datetime]:
        found = await self._database.aggregate(None, pipelines.next_states(states, moment))
        return {each["_id"]: each["events"]["timestamp"] for each in found}

    async def previous(self, states: Sequence[Event], moment: Moment, fields: Fields) -> dict[str, Event]:
        found = await self._database.aggregate(None, pipelines.states_before(states, 1, moment, fields))
        return {each["_id"]: event_from(each["events"]) for each in found}

    async def states_before(
        self, states: Sequence[Event], first: int, moment: Moment, fields: Fields
    ) -> dict[str, list[Event]]:
        return _several(
            await self._database.aggregate(None, pipelines.states_before(states, first, moment, fields)), by="_id"
        )

    async def entities(self, page: EntityPage, fields: Fields) -> list[Latest]:
        if page.where.condition != EVERYTHING or page.order:
            return await self._lists.living(page, fields)
        return await self._common.page(page, fields)

    async def can_seek(self, link: Backlink) -> bool:
        return bool(link.paths) and set(link.paths) <= self.declared.made(link.source)

    async def referring(
        self, link: Backlink, seeks: Sequence[Seek], first: int, fields: Fields
    ) -> dict[str, list[Latest]]:
        return await backreferences.referring(self._database, link, seeks, first, fields)

    async def moved(self, where: EntityFilter, moment: Moment) -> list[str]:
        return await self._lists.moved(where, moment)

    async def has_changed(self, type_: str, since: datetime) -> bool:
        return await self._common.has_changed(type_, since)

    async def entities_as_of(self, page: EntityPage, moment: Moment, fields: Fields) -> list[Event]:
        return await self._lists.as_of(page, moment, fields)

    async def events_by_id(self, ids: Sequence[str], fields: Fields) -> dict[str, Event]:
        found = await self._database.find(EVENTS, {"_id": {"$in": list(ids)}}, projection=projection(fields))
        return {each["_id"]: event_from(each) for each in found}

    async def correlated(self, correlation_ids: Sequence[str], keys: Sequence[str], fields: Fields) -> list[Event]:
        condition = {"correlationId": {"$in": list(correlation_ids)}, "entity": {"$in": list(keys)}}
        found = await self._database.find(
            EVENTS, condition, projection=projection(fields), hint=indexes.CORRELATION_ACTS
        )
        return sorted((event_from(each) for each in found), key=lambda event: event.version)

    async def search(self, page: LogPage, moment: Moment, fields: Fields) -> list[Event]:
        if page.order is Order.RECORDED:
            moment = Moment(moment.at, min(moment.known_at, self.settled(self._clock())))
        return await self._searches.page(page, moment, fields)

    async def count(self, where: EventFilter, moment: Moment, most: int) -> int:
        return await self._searches.count(where, moment, most)

    async def touched(self, where: EventFilter, moment: Moment) -> list[Touch]:
        return await self._searches.touched(where, moment, self.most_examined)

    def settled(self, instant: datetime) -> datetime:
        return settling.settled(instant, self._database.timeout)

    async def _commit(self, groups: Sequence[Sequence[Append]]) -> list[tuple[Batch, int]]:
        """One commit for all groups that gathered in the lane. Tells each where in the batch it stands."""
        batch = await self._writer.commit([each for group in groups for each in group])
        ends = accumulate(len(group) for group in groups)
        return [(batch, end - len(group)) for group, end in zip(groups, ends, strict=True)]

    async def _commit_in_turn(self, appends: Sequence[Append]) -> list[Appended | DselError]:
        """Batches that share an entity wait for each other instead of colliding."""
        async with self._turns.of({each.draft.entity.key for each in appends}):
            batch = await self._writer.commit(appends)
        return await batch.summarised(0, len(appends))

    async def _of_facets(
        self, keys: Sequence[str], facets: Sequence[str | None], page: TimelinePage, moment: Moment, fields: Fields
    ) -> dict[str, list[Event]]:
        """A search for each entity: a look-up cannot name its index, and MongoDB takes the wrong one at times."""
        condition = {"facet": {"$in": list(facets)}, **pipelines.timeline_condition(page, moment)}
        options: dict[str, Any] = {"projection": projection(fields), "sort": pipelines.timeline_order(page.order)}
        options |= {"limit": page.first, "hint": indexes.ENTITY_FACET}
        at_once = asyncio.Semaphore(_SEARCHES_AT_ONCE)

        async def read(key: str) -> list[Event]:
            async with at_once:
                found = await self._database.find(EVENTS, {"entity": key, **condition}, **options)
            return [event_from(each) for each in found]

        pages = await asyncio.gather(*map(read, keys))
        return {key: events for key, events in zip(keys, pages, strict=True) if events}


def _several(rows: Iterable[Mapping[str, Any]], by: str = "entity") -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for each in rows:
        found.setdefault(each[by], []).append(event_from(each["events"]))
    return found


def _single(rows: Iterable[Mapping[str, Any]]) -> dict[str, Event]:
    return {each["entity"]: event_from(each["events"]) for each in rows}

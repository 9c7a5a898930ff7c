"""The reads that most requests make, shared among those that make them at the same time."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from domain.event import Event
from repository import access, indexes, pipelines
from repository.documents import EVENTS, LATEST, event_from, latest_projection
from repository.driver import Database
from repository.entity_lists import EntityLists
from repository.event_log import EntityPage, Latest, Moment, TimelinePage
from repository.fields import Fields
from repository.shared_reads import SharedReads
from repository.stored_latest import StoredLatest

Seen = tuple[str, datetime]
"""The key of an entity, and the moment that it is seen from."""
Timelines = dict[str, list[Event]]
Shared = tuple[Timelines, dict[str, datetime]]


class CommonReads:
    """Answers hold at least what was asked for, and belong to all who share them."""

    def __init__(self, database: Database, lists: EntityLists) -> None:
        self._database = database
        self._lists = lists
        self._summaries: SharedReads[Fields, str, dict[str, Latest]] = SharedReads(self._read_summaries)
        self._states: SharedReads[tuple[datetime, Fields], str, dict[str, Event]] = SharedReads(self._read_states)
        self._pages: SharedReads[tuple[EntityPage, Fields], None, list[Latest]] = SharedReads(self._read_page)
        self._timelines: SharedReads[tuple[TimelinePage, Fields], Seen, Shared] = SharedReads(self._read_timelines)
        self._changes: SharedReads[str, datetime, datetime | None] = SharedReads(self._read_change)

    async def summaries(self, keys: Sequence[str], fields: Fields) -> dict[str, Latest]:
        return await self._summaries.ask(fields, keys)

    async def states(self, keys: Sequence[str], at: datetime, fields: Fields) -> dict[str, Event]:
        """The newest state of each entity up to a time, whenever it was recorded."""
        return await self._states.ask((at, fields), keys)

    async def page(self, page: EntityPage, fields: Fields) -> list[Latest]:
        """Of living entities, without a condition."""
        return await self._pages.ask((page, fields))

    async def timelines(self, keys: Sequence[str], page: TimelinePage, moment: Moment, fields: Fields) -> Timelines:
        """A page of the timeline of each entity.

        Pages from now are read as of the newest moment that somebody asks for. A page that holds nothing newer than an
        older moment is the page of that moment too; the others are read again.
        """
        if moment.at != moment.known_at or not keys:
            return await self._timelines_at(keys, page, moment, fields)
        shared, newest = await self._timelines.ask((page, fields), [(key, moment.at) for key in keys])
        newer = [key for key in keys if key in newest and newest[key] > moment.at]
        found = {key: shared[key] for key in keys if key in shared and newest[key] <= moment.at}
        return found | await self._timelines_at(newer, page, moment, fields) if newer else found

    async def has_changed(self, type_: str, since: datetime) -> bool:
        newest = await self._changes.ask(type_, [since])
        return newest is not None and newest > since

    async def _read_summaries(self, fields: Fields, keys: Sequence[str]) -> dict[str, Latest]:
        condition = {"_id": {"$in": list(dict.fromkeys(keys))}}
        wanted = latest_projection(fields, since_when=True)
        found = await self._database.find(LATEST, condition, projection=wanted, naive=True)
        return {each["_id"]: StoredLatest(each) for each in found}

    async def _read_states(self, kind: tuple[datetime, Fields], keys: Sequence[str]) -> dict[str, Event]:
        at, fields = kind
        pipeline = pipelines.newest(list(dict.fromkeys(keys)), Moment(at, at), fields)
        rows = await self._database.aggregate(EVENTS, pipeline, naive=True)
        return {each["_id"]: event_from(each["event"]) for each in rows}

    async def _read_page(self, kind: tuple[EntityPage, Fields], _: Sequence[None]) -> list[Latest]:
        return await self._lists.living(*kind)

    async def _read_timelines(self, kind: tuple[TimelinePage, Fields], asked: Sequence[Seen]) -> Shared:
        """Besides the pages, the newest time of either kind on each."""
        page, fields = kind
        latest = max(moment for _, moment in asked)
        rows = await self._rows(list({key: None for key, _ in asked}), page, Moment(latest, latest), fields)
        newest: dict[str, datetime] = {}
        for row in rows:
            key, event = row["entity"], row["events"]
            newest[key] = max(newest.get(key, event["timestamp"]), event["timestamp"], event["recordedAt"])
        return _by_entity(rows), {key: at.replace(tzinfo=UTC) for key, at in newest.items()}

    async def _timelines_at(self, keys: Sequence[str], page: TimelinePage, moment: Moment, fields: Fields) -> Timelines:
        return _by_entity(await self._rows(keys, page, moment, fields))

    async def _rows(
        self, keys: Sequence[str], page: TimelinePage, moment: Moment, fields: Fields
    ) -> list[dict[str, Any]]:
        return await self._database.aggregate(None, pipelines.timeline(keys, page, moment, fields), naive=True)

    async def _read_change(self, type_: str, since: Sequence[datetime]) -> datetime | None:
        """When the newest event of the type took effect, if that was after the first of these moments."""
        condition = {**access.at(access.acts()), "type": type_, "timestamp": {"$gt": min(since)}}
        options: dict[str, Any] = {"sort": {"timestamp": -1, "_id": -1}, "limit": 1, "hint": indexes.ACTS}
        found = await self._database.find(EVENTS, condition, projection={"timestamp": 1, "_id": 0}, **options)
        return found[0]["timestamp"] if found else None


def _by_entity(rows: Sequence[dict[str, Any]]) -> Timelines:
    found: Timelines = {}
    for row in rows:
        found.setdefault(row["entity"], []).append(event_from(row["events"]))
    return found

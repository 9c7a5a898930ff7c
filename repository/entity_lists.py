"""Lists of entities: which of a type fulfil a condition, in what order, now and at any moment.

Whatever no index answers is found by examining one entity after another, up to a limit.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from domain import entity_view
from domain.conditions import EVERYTHING, All, At, Compare, Operator
from domain.entity_view import view
from domain.errors import QueryTooLarge
from domain.event import Document, Event
from domain.objects import labels_of
from repository import list_pipelines
from repository.declared_indexes import DeclaredIndexes
from repository.documents import LATEST, latest_projection
from repository.driver import Database
from repository.event_log import EntityFilter, EntityPage, EventLog, Latest, Moment
from repository.examination import (
    Chunk,
    asked,
    asks_for_last,
    best,
    chunks,
    examine,
    needed,
    placing,
    selected,
    too_many,
)
from repository.fields import LABELS, Fields, union
from repository.list_pipelines import Scan
from repository.stored_latest import StoredLatest


class EntityLists:
    def __init__(self, database: Database, log: EventLog, declared: DeclaredIndexes) -> None:
        self._database = database
        self._declared = declared
        self._log = log

    async def living(self, page: EntityPage, fields: Fields) -> list[Latest]:
        """See EventLog.entities."""
        if page.where.condition == EVERYTHING and not page.order:
            return await self._in_order_of_keys(page, fields)
        indexed = self._declared.made(page.where.type)
        found: list[Document] = []
        for scan in list_pipelines.scans(page, indexed):
            rest = replace(page, first=page.first - len(found))
            found += await self._scanned(scan, rest, placing(page, fields))
            if len(found) == page.first:
                break
        return [StoredLatest(each) for each in found]

    async def as_of(self, page: EntityPage, moment: Moment, fields: Fields) -> list[Event]:
        """See EventLog.entities_as_of."""
        wanted = union([needed(page, fields), *([LABELS] if page.where.labels else [])])
        is_plain = page.where == EntityFilter(page.where.type, page.where.app_id) and not page.order
        if not is_plain and not asks_for_last(page):
            if not page.order:
                with suppress(QueryTooLarge):
                    return await self._examined(page, moment, wanted, self._few(page))
            with suppress(QueryTooLarge):
                return await self._as_of_now(page, moment, wanted)
        return await self._examined(page, moment, wanted, self._log.most_examined)

    async def moved(self, where: EntityFilter, moment: Moment) -> list[str]:
        """See EventLog.moved."""
        most = self._log.most_examined
        if await self._database.aggregate(LATEST, list_pipelines.more_than(most, where)):
            raise too_many(where, most)
        found = await self._database.find(LATEST, list_pipelines.moved(where, moment), projection={"_id": 1})
        return [each["_id"] for each in found]

    async def _as_of_now(self, page: EntityPage, moment: Moment, fields: Fields) -> list[Event]:
        """From the list of now, for who has not changed since, and from the states of then for who has."""
        unchanged = await self.living(_settled(page, moment), fields)
        # Asked afterwards: who changes in between is found in both, with the state of then.
        moved = await self.moved(page.where, moment)
        changed = [each for part in chunks(moved) for each in (await self._log.as_of(part, moment, fields)).values()]
        living = {each.entity.key: each for each in changed if _has_labels(each, page.where)}
        states = {each.entity.key: each.state for each in unchanged if each.state} | living
        after = page.after.key if page.after and not page.order else ""
        views = [(_view(page, states[key], None), states[key]) for key in sorted(states) if key > after]
        return [event for _, event in best(page, selected(page, views))]

    async def _examined(self, page: EntityPage, moment: Moment, fields: Fields, most: int) -> list[Event]:
        async def read(part: EntityPage) -> Chunk[Event] | None:
            keys = await self._keys(part)
            if not keys:
                return None
            states = await self._log.as_of(keys, moment, fields)
            living = [states[key] for key in keys if key in states and _has_labels(states[key], page.where)]
            last = await self._last(living, moment) if asks_for_last(page) else {}
            views = [(_view(page, each, last.get(each.entity.key)), each) for each in living]
            return Chunk(len(keys), keys[-1], views)

        return await examine(page, read, most)

    async def _scanned(self, scan: Scan, page: EntityPage, fields: Fields) -> list[Document]:
        most = self._log.most_examined
        # MongoDB reads ahead.
        for bound in (self._few(page), most) if scan.in_order else (most,):
            found = await self._database.aggregate(LATEST, scan.among(bound, page, fields))
            is_full = scan.in_order and len(found) == page.first
            if is_full or not await self._database.aggregate(LATEST, scan.beyond(bound)):
                return found
        raise too_many(page.where, most)

    def _few(self, page: EntityPage) -> int:
        """Among how many a page in the order of keys is found, where many fulfil the condition."""
        return min(4 * page.first, self._log.most_examined)

    async def _in_order_of_keys(self, page: EntityPage, fields: Fields) -> list[Latest]:
        found = await self._database.find(
            LATEST,
            list_pipelines.living(page),
            projection=latest_projection(fields),
            sort={"_id": 1},
            limit=page.first,
            naive=True,
        )
        return [StoredLatest(each) for each in found]

    async def _keys(self, page: EntityPage) -> list[str]:
        """The next keys of a type, living or not."""
        found = await self._database.find(
            LATEST,
            {"_id": list_pipelines.entity_bounds(page)},
            projection={"_id": 1},
            sort={"_id": 1},
            limit=page.first,
        )
        return [each["_id"] for each in found]

    async def _last(self, states: Sequence[Event], moment: Moment) -> dict[str, Event]:
        return await self._log.last_events([each.entity.key for each in states], moment) if states else {}


def _view(page: EntityPage, state: Event, last: Event | None) -> Document:
    """Nothing when nobody looks at it: what it shows was not read then."""
    return view(state.entity, state, last) if asked(page) else {}


def _settled(page: EntityPage, moment: Moment) -> EntityPage:
    """The page of those whose newest state is that of the moment."""
    then = (("timestamp", moment.at), ("recordedAt", moment.known_at))
    bounds = [At((*entity_view.STATE_EVENT, axis), Compare(Operator.LTE, end)) for axis, end in then]
    return replace(page, where=replace(page.where, condition=All((page.where.condition, *bounds))))


def _has_labels(event: Event, where: EntityFilter) -> bool:
    labels = labels_of(event.state or {}) if where.labels else {}
    return not event.deletes and all(requirement.holds(labels) for requirement in where.labels)

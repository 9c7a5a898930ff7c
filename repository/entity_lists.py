"""Lists of entities: which of a type fulfil a condition, in what order, now and at any moment.

Whatever no index answers is found by examining one entity after another, up to a limit.
"""

from collections.abc import Sequence
from dataclasses import replace

from domain.conditions import EVERYTHING
from domain.entity_view import view
from domain.event import Document, Event
from domain.objects import labels_of
from repository import list_pipelines
from repository.declared_indexes import DeclaredIndexes
from repository.documents import LATEST, latest_projection
from repository.driver import Database
from repository.event_log import EntityFilter, EntityPage, EventLog, Latest, Moment
from repository.examination import Chunk, asked, asks_for_last, examine, needed, placing, too_many
from repository.fields import LABELS, Fields, union
from repository.latest import latest_from
from repository.list_pipelines import Scan


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
        return [latest_from(each) for each in found]

    async def as_of(self, page: EntityPage, moment: Moment, fields: Fields) -> list[Event]:
        """See EventLog.entities_as_of."""
        wanted = union([needed(page, fields), *([LABELS] if page.where.labels else [])])

        async def read(part: EntityPage) -> Chunk[Event] | None:
            keys = await self._keys(part)
            if not keys:
                return None
            states = await self._log.as_of(keys, moment, wanted)
            living = [states[key] for key in keys if key in states and _has_labels(states[key], page.where)]
            last = await self._last(living, moment) if asks_for_last(page) else {}
            if not asked(page):  # nobody looks at the views
                return Chunk(len(keys), keys[-1], [({}, each) for each in living])
            views = [(view(each.entity, each, last.get(each.entity.key)), each) for each in living]
            return Chunk(len(keys), keys[-1], views)

        return await examine(page, read, self._log.most_examined)

    async def moved(self, type_: str, moment: Moment) -> list[str]:
        """See EventLog.moved."""
        most, where = self._log.most_examined, EntityFilter(type_)
        if await self._database.aggregate(LATEST, list_pipelines.more_than(most, type_)):
            raise too_many(where, most)
        found = await self._database.find(LATEST, list_pipelines.moved(type_, moment), projection={"_id": 1})
        return [each["_id"] for each in found]

    async def _scanned(self, scan: Scan, page: EntityPage, fields: Fields) -> list[Document]:
        most = self._log.most_examined
        # MongoDB reads ahead: among a few more than the page, where most of them fulfil the condition.
        few = min(most, 4 * page.first)
        for bound in (few, most) if scan.in_order else (most,):
            found = await self._database.aggregate(LATEST, scan.among(bound, page, fields))
            is_full = scan.in_order and len(found) == page.first
            if is_full or not await self._database.aggregate(LATEST, scan.beyond(bound)):
                return found
        raise too_many(page.where, most)

    async def _in_order_of_keys(self, page: EntityPage, fields: Fields) -> list[Latest]:
        found = await self._database.find(
            LATEST,
            list_pipelines.living(page),
            projection=latest_projection(fields),
            sort={"_id": 1},
            limit=page.first,
            naive=True,
        )
        return [latest_from(each) for each in found]

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


def _has_labels(event: Event, where: EntityFilter) -> bool:
    labels = labels_of(event.state or {}) if where.labels else {}
    return not event.deletes and all(requirement.holds(labels) for requirement in where.labels)

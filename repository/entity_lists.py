"""Lists of entities: which of a type fulfil a condition, in what order, now and at any moment.

Whatever no index answers is found by examining one entity after another, up to a limit.
"""

from collections.abc import Sequence

from domain.conditions import EVERYTHING
from domain.entity_view import view
from domain.event import Event
from domain.objects import labels_of
from repository import pipelines
from repository.documents import LATEST, latest_projection
from repository.driver import Database
from repository.event_log import EntityFilter, EntityPage, EventLog, Latest, Moment
from repository.examination import Chunk, asks_for_last, examine, needed, placing, too_many
from repository.fields import LABELS, Fields, union
from repository.latest import latest_from


class EntityLists:
    def __init__(self, database: Database, log: EventLog) -> None:
        self._database = database
        self._log = log

    async def living(self, page: EntityPage, fields: Fields) -> list[Latest]:
        """See EventLog.entities."""
        if page.where.condition == EVERYTHING and not page.order:
            return await self._in_order_of_keys(page, fields)
        most = self._log.most_examined
        rows = await self._database.aggregate(LATEST, pipelines.filtered(page, placing(page, fields), most))
        found = [row for row in rows if not pipelines.says_more(row)]
        if len(found) < len(rows) and (page.order or len(found) < page.first):
            raise too_many(page.where, most)
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
            views = [(view(each.entity, each, last.get(each.entity.key)), each) for each in living]
            return Chunk(len(keys), keys[-1], views)

        return await examine(page, read, self._log.most_examined)

    async def _in_order_of_keys(self, page: EntityPage, fields: Fields) -> list[Latest]:
        found = await self._database.find(
            LATEST,
            pipelines.living(page),
            projection=latest_projection(fields),
            sort={"_id": 1},
            limit=page.first,
        )
        return [latest_from(each) for each in found]

    async def _keys(self, page: EntityPage) -> list[str]:
        """The next keys of a type, living or not."""
        found = await self._database.find(
            LATEST, {"_id": pipelines.entity_bounds(page)}, projection={"_id": 1}, sort={"_id": 1}, limit=page.first
        )
        return [each["_id"] for each in found]

    async def _last(self, states: Sequence[Event], moment: Moment) -> dict[str, Event]:
        return await self._log.last_events([each.entity.key for each in states], moment) if states else {}


def _has_labels(event: Event, where: EntityFilter) -> bool:
    labels = labels_of(event.state or {}) if where.labels else {}
    return not event.deletes and all(requirement.holds(labels) for requirement in where.labels)

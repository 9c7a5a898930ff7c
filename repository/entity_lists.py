"""Lists of entities: which of a type fulfil a condition, in what order, now and at any moment.

Whatever no index answers is found by examining one entity after another, up to a limit.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain import conditions, ordering
from domain.conditions import EVERYTHING, Path
from domain.entity_view import view
from domain.errors import QueryTooLarge
from domain.event import Event
from domain.objects import labels_of
from domain.ordering import Position
from repository import pipelines
from repository.documents import LATEST, latest_projection
from repository.driver import Database
from repository.event_log import EntityFilter, EntityPage, EventLog, Latest, Moment
from repository.fields import LABELS, Fields, union
from repository.latest import latest_from

_LARGEST_CHUNK = 1000


class EntityLists:
    def __init__(self, database: Database, log: EventLog, most_examined: int) -> None:
        self._database = database
        self._log = log
        self._most_examined = most_examined

    async def living(self, page: EntityPage, fields: Fields) -> list[Latest]:
        """See EventLog.entities."""
        fields = union([fields, _order_fields(page)])
        if page.where.condition == EVERYTHING and not page.order:
            return await self._in_order_of_keys(page, fields)
        rows = await self._database.aggregate(LATEST, pipelines.filtered(page, fields, self._most_examined))
        found = [row for row in rows if not pipelines.says_more(row)]
        if len(found) < len(rows) and (page.order or len(found) < page.first):
            raise self._too_many(page.where)
        return [latest_from(each) for each in found]

    async def as_of(self, page: EntityPage, moment: Moment, fields: Fields) -> list[Event]:
        """See EventLog.entities_as_of."""
        wanted = union([fields, _order_fields(page), *_needed(page.where)])
        found: list[tuple[Position, Event]] = []
        after, left, chunk = page.after if not page.order else None, self._most_examined, page.first
        while keys := await self._keys(replace(page, first=max(1, min(chunk, left)), after=after, order=())):
            if not left:
                raise self._too_many(page.where)
            found = _best(page, [*found, *await self._selected(page, keys, moment, wanted)])
            if len(keys) < min(chunk, left) or (not page.order and len(found) == page.first):
                break
            after, left, chunk = Position(keys[-1]), left - len(keys), min(2 * chunk, _LARGEST_CHUNK)
        return [event for _, event in found]

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

    async def _selected(
        self, page: EntityPage, keys: Sequence[str], moment: Moment, fields: Fields
    ) -> Iterable[tuple[Position, Event]]:
        """The states among those of the keys that fulfil all conditions."""
        states = await self._log.as_of(keys, moment, fields)
        living = [states[key] for key in keys if key in states and _has_labels(states[key], page.where)]
        last = {}
        if living and _asks_for_last(page):
            last = await self._log.last_events([event.entity.key for event in living], moment)
        views = ((event, view(event.entity, event, last.get(event.entity.key))) for event in living)
        return [
            (ordering.position(seen, page.order, event.entity.key), event)
            for event, seen in views
            if page.where.condition.holds(seen)
        ]

    def _too_many(self, where: EntityFilter) -> QueryTooLarge:
        narrower = "" if where.app_id else "appId, "
        return QueryTooLarge(
            f"more than {self._most_examined:,} entities of type {where.type} would have to be examined",
            hint=f"Narrow the list with {narrower}a labelSelector or an equality that an index of the type answers.",
        )


def _best(page: EntityPage, found: Iterable[tuple[Position, Event]]) -> list[tuple[Position, Event]]:
    """The first of the page among those found so far."""
    if not page.order:
        return list(found)[: page.first]
    after = ordering.sort_key(page.after, page.order) if page.after else None
    keyed = ((ordering.sort_key(position, page.order), position, event) for position, event in found)
    following = (each for each in keyed if after is None or after < each[0])
    best = heapq.nsmallest(page.first, following, key=lambda each: each[0])
    return [(position, event) for _, position, event in best]


def _has_labels(event: Event, where: EntityFilter) -> bool:
    labels = labels_of(event.state or {}) if where.labels else {}
    return not event.deletes and all(requirement.holds(labels) for requirement in where.labels)


def _needed(where: EntityFilter) -> Iterable[Fields]:
    if where.labels:
        yield LABELS
    yield _fields(conditions.paths(where.condition))


def _order_fields(page: EntityPage) -> Fields:
    return _fields(order.path for order in page.order)


def _fields(paths: Iterable[Path]) -> Fields:
    """The parts of the state that the paths of a view lead to."""
    wanted: set[Path] = set()
    for root, *rest in paths:
        if root == "state":
            wanted.add(tuple(rest))
        elif root == "meta":
            wanted |= {("meta", *rest), ("metadata", *rest)}
    return Fields(None if () in wanted else frozenset(wanted))


def _asks_for_last(page: EntityPage) -> bool:
    asked = (*conditions.paths(page.where.condition), *(order.path for order in page.order))
    return any(path[0] == "last" for path in asked)

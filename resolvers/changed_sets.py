"""Changed sets: everything that became another between two moments, and who and what did it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.changes import Difference
from domain.entity import Entity
from domain.errors import QueryTooLarge
from domain.labels import Requirement
from domain.objects import labels_of
from repository.event_log import EventFilter, Moment, Touch
from repository.fields import LABELS, STATE, Fields, union
from resolvers import pages
from resolvers.comparisons import check_order, comparisons, since
from resolvers.context import Context
from resolvers.views import ComparisonView, EntityView, PageView, now

_MOST_COMPARED = 5_000
"""Entities, to fill one page."""
_LARGEST_STEP = 500

Place = tuple[int, int, str]


class ChangesOrder(StrEnum):
    NEWEST = "NEWEST"
    HUMANS_FIRST = "HUMANS_FIRST"
    ENTITY = "ENTITY"


@dataclass(frozen=True, slots=True)
class ChangedSet:
    """What changed after `start`, by events that meet the conditions, of objects with these labels at either end."""

    start: datetime
    where: EventFilter
    labels: tuple[Requirement, ...]
    unchanged: bool
    """Whether also what is the same at both ends belongs to it."""

    def holds(self, view: ComparisonView) -> bool:
        if not self.unchanged and view.difference is Difference.UNCHANGED:
            return False
        objects = [labels_of(state.event.state or {}) for state in (view.before, view.after) if state]
        return not self.labels or any(all(each.holds(labels) for each in self.labels) for labels in objects)

    def needs(self, fields: Fields) -> Fields:
        """What must be read of states to answer `fields` and to know whether they belong to it."""
        return union([fields, STATE if not self.unchanged else LABELS if self.labels else fields])


async def page(
    context: Context, asked: ChangedSet, order: ChangesOrder, first: int, after: str | None, end: Moment, fields: Fields
) -> PageView:
    """A page of it up to `end`. The cursors keep the end of the first page, so that all pages tell of one set."""
    query = pages.scope("changes", asked, order.name, None if end == now(context.instant) else end)
    position = pages.position(after, query, datetime, datetime, int, int, str)
    if position is not None:
        end = Moment(*(min(time, context.instant) for time in position[:2]))
    size = pages.checked_size(first) + 1
    check_order(asked.start, end.at)
    touches = await context.log.touched(since(asked.start, asked.where), end)
    places = {each.entity: _place(each, order) for each in touches if _told(context, asked, each)}
    rest = [entity for entity, place in places.items() if position is None or place > position[2:]]
    rest.sort(key=lambda entity: places[entity])
    found = await _holding(context, asked, rest, size, end, fields)

    def cursor(view: ComparisonView) -> str:
        return pages.cursor(query, end.at, end.known_at, *places[view.entity.entity])

    return pages.page(found, first, after, cursor)


async def _holding(
    context: Context, asked: ChangedSet, entities: Sequence[Entity], size: int, end: Moment, fields: Fields
) -> list[ComparisonView]:
    """The first of the entities that belong to the set. Raises QueryTooLarge when too many others stand between."""
    found: list[ComparisonView] = []
    for step in _steps(entities[:_MOST_COMPARED], size):
        views = [EntityView(entity, end) for entity in step]
        compared = await comparisons(context, views, asked.start, None, None, asked.needs(fields))
        found += [view for view in compared if isinstance(view, ComparisonView) and asked.holds(view)]
        if len(found) >= size:
            return found
    if len(entities) > _MOST_COMPARED:
        raise QueryTooLarge(
            f"more than {_MOST_COMPARED:,} objects would have to be compared to fill a page of {size - 1}",
            hint="Narrow the span of time or the conditions on events.",
        )
    return found


def _told(context: Context, asked: ChangedSet, touch: Touch) -> bool:
    """Aggregates change because something else did, so they are told only where their type is asked for."""
    type_ = context.registry.get(touch.entity.type)
    return bool(asked.where.types) or type_ is None or not type_.computed


def _steps(entities: Sequence[Entity], size: int) -> Iterator[Sequence[Entity]]:
    start = 0
    while start < len(entities):
        yield entities[start : start + size]
        start, size = start + size, max(size, min(2 * size, _LARGEST_STEP))


def _place(touch: Touch, order: ChangesOrder) -> Place:
    """Where an entity stands; smaller is earlier."""
    newest = -pages.milliseconds(touch.at)
    match order:
        case ChangesOrder.NEWEST:
            return 0, newest, touch.entity.key
        case ChangesOrder.HUMANS_FIRST:
            return int(not touch.by_human), newest, touch.entity.key
        case ChangesOrder.ENTITY:
            return 0, 0, touch.entity.key

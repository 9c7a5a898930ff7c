"""An entity at two moments: its states there, who acted in between, and by which events."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain import instants
from domain.errors import InvalidArgument, InvalidCursor
from domain.event import ActorType
from repository.event_log import EventFilter, Order, TimelinePage
from repository.fields import Fields
from resolvers import lists, pages, temporal
from resolvers.context import Context
from resolvers.views import ActorView, ComparisonView, EntityView, EventView, PageView

_TICK = timedelta(milliseconds=1)


async def comparisons(
    context: Context,
    views: Sequence[EntityView],
    start: datetime,
    end: datetime | None,
    known_at: datetime | None,
    fields: Fields,
) -> list[ComparisonView | InvalidArgument]:
    """Each entity at `start` and at `end`, its own moment by default; both as far as it was known at one time."""
    ends = [temporal.moved(view, end, known_at) for view in views]
    starts = [temporal.moved(view, start, known_at) for view in views]
    states = await context.load_all(temporal.currents, [*starts, *ends], False, fields)
    return [
        ComparisonView(view, start, before, after) if start <= view.moment.at else _reversed(start, view.moment.at)
        for view, before, after in zip(ends, states[: len(views)], states[len(views) :], strict=True)
    ]


def check_order(start: datetime, end: datetime) -> None:
    """Raises InvalidArgument unless the two follow each other."""
    if start > end:
        raise _reversed(start, end)


async def timelines(
    context: Context,
    views: Sequence[ComparisonView],
    where: EventFilter,
    order: Order,
    first: int,
    after: str | None,
    fields: Fields,
) -> list[PageView | InvalidCursor]:
    """A page of the events of each entity after its start and up to its end."""
    found: dict[ComparisonView, PageView | InvalidCursor] = {}
    for start, group in _by_start(views).items():
        entities = [view.entity for view in group]
        page = await lists.timelines(context, entities, since(start, where), order, first, after, fields)
        found |= zip(group, page, strict=True)
    return [found[view] for view in views]


async def actors(context: Context, views: Sequence[ComparisonView]) -> list[list[ActorView]]:
    """Who acted in between, each with the newest event: humans first, then the most recent."""
    found: dict[ComparisonView, list[ActorView]] = {}
    for start, group in _by_start(views).items():
        page = TimelinePage(pages.MOST, where=since(start, EventFilter()))
        acts = await temporal.last_acts(context, [view.entity for view in group], page)
        found |= {view: _humans_first(events) for view, events in zip(group, acts, strict=True)}
    return [found[view] for view in views]


def _by_start(views: Sequence[ComparisonView]) -> dict[datetime, list[ComparisonView]]:
    groups: dict[datetime, list[ComparisonView]] = defaultdict(list)
    for view in views:
        groups[view.start].append(view)
    return groups


def _reversed(start: datetime, end: datetime) -> InvalidArgument:
    return InvalidArgument(
        f"from {instants.write(start)} lies after to {instants.write(end)}", hint="Give the earlier moment as from."
    )


def since(start: datetime, where: EventFilter) -> EventFilter:
    """Only events after `start`: what took effect at it belongs to the state there."""
    return replace(where, since=max(start + _TICK, where.since or start))


def _humans_first(events: Sequence[EventView]) -> list[ActorView]:
    return [ActorView(event) for event in sorted(events, key=lambda each: not _is_human(each))]


def _is_human(view: EventView) -> bool:
    return view.event.actor.type is ActorType.HUMAN

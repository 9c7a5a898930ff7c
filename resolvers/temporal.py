"""Current, asOf and events, once for every type. Each function answers a field for all its parents with one read."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from domain.errors import QueryTooLarge
from domain.event import Event
from repository.event_log import ANY_ACT, ActFilter, Latest, Moment, TimelinePage
from repository.fields import LAST, Fields
from resolvers.context import Context
from resolvers.views import EntityView, EventView, StateView

MOST_EVENTS = 20_000
Found = TypeVar("Found")
View = TypeVar("View")


async def latests(context: Context, views: Sequence[EntityView], fields: Fields) -> list[Latest | None]:
    """The summaries, whatever the moment of the views."""
    unread = {view.entity.key for view in views if view.latest is None or not view.fields.cover(fields)}
    found = await context.log.latest(sorted(unread), fields) if unread else {}
    return [found.get(view.entity.key) if view.entity.key in unread else view.latest for view in views]


async def currents(
    context: Context, views: Sequence[EntityView], include_deleted: bool, fields: Fields
) -> list[StateView | None]:
    """The state of each entity at the moment it is viewed from."""
    answers: dict[EntityView, Event | None] = {
        view: view.state for view in views if view.state is not None and view.fields.cover(fields)
    }
    summarised = [view for view in views if view not in answers and context.is_now(view.moment)]
    for view, latest in zip(summarised, await latests(context, summarised, fields), strict=True):
        if latest is None or latest.state is None or settled(latest.state, view.moment):
            answers[view] = latest.state if latest else None
    rest = [view for view in views if view not in answers]
    found = await by_moment(rest, lambda keys, moment: context.log.as_of(keys, moment, fields))
    return [_state(answers.get(view) or found.get(view), view.moment, include_deleted, fields) for view in views]


async def states_as_of(
    context: Context,
    views: Sequence[EntityView],
    at: datetime | None,
    known_at: datetime | None,
    include_deleted: bool,
    fields: Fields,
) -> list[StateView | None]:
    """The state of each entity at `at`, as far as it was known at `known_at`; what is left out comes from the view."""
    there = [moved(view, at, known_at) for view in views]
    found = await by_moment(there, lambda keys, moment: context.log.as_of(keys, moment, fields))
    return [_state(found.get(view), view.moment, include_deleted, fields) for view in there]


async def last_events(context: Context, views: Sequence[EntityView], by: ActFilter = ANY_ACT) -> list[EventView | None]:
    """The newest event of each entity: of any kind, or among some."""
    answers: dict[EntityView, Event | None] = {}
    summarised = [view for view in views if by == ANY_ACT and context.is_now(view.moment)]
    for view, latest in zip(summarised, await latests(context, summarised, LAST), strict=True):
        if latest is None or settled(latest.last, view.moment):
            answers[view] = latest.last if latest else None
    rest = [view for view in views if view not in answers]
    found = await by_moment(rest, lambda keys, moment: context.log.last_events(keys, moment, by))
    return [_event(answers.get(view) or found.get(view), view.moment) for view in views]


async def first_events(
    context: Context, views: Sequence[EntityView], by: ActFilter = ANY_ACT
) -> list[EventView | None]:
    """The oldest event of each entity: of any kind, or among some."""
    found = await by_moment(views, lambda keys, moment: context.log.first_events(keys, moment, by))
    return [_event(found.get(view), view.moment) for view in views]


async def timelines(
    context: Context, views: Sequence[EntityView], page: TimelinePage, fields: Fields
) -> list[list[EventView]]:
    """A page of the events of each entity, from new to old."""
    if len(views) * page.first > MOST_EVENTS and len(set(views)) * page.first > MOST_EVENTS:
        raise QueryTooLarge(
            f"{len(set(views))} entities with up to {page.first} events each are more than {MOST_EVENTS:,} events",
            hint="Ask for fewer entities or fewer events of each.",
        )
    found = await by_moment(views, lambda keys, moment: context.log.events(keys, page, moment, fields))
    return [[EventView(event, view.moment, fields) for event in found.get(view, ())] for view in views]


async def last_acts(context: Context, views: Sequence[EntityView], page: TimelinePage) -> list[list[EventView]]:
    """The newest event of each actor among the events of a page of each entity, from new to old."""
    found = await by_moment(views, lambda keys, moment: context.log.last_acts(keys, page, moment))
    return [[EventView(event, view.moment) for event in found.get(view, ())] for view in views]


async def ends(context: Context, states: Sequence[StateView]) -> list[datetime | None]:
    """When each state was followed by the next."""
    # A state holds beyond the moment that it was asked for: what followed is what is known by the request.
    by_moment = _grouped(states, lambda state: Moment(context.instant, state.moment.known_at))
    found: dict[str, datetime] = {}
    for moment, group in by_moment.items():
        found |= await context.log.ends([state.event for state in group], moment)
    return [found.get(state.event.id) for state in states]


async def predecessors(context: Context, events: Sequence[EventView], fields: Fields) -> list[Event | None]:
    """The state-carrying event before each of these in the timeline."""
    found: dict[str, Event] = {}
    for moment, group in _grouped(events, lambda event: event.moment).items():
        found |= await context.log.previous([each.event for each in group], moment, fields)
    return [found.get(each.event.id) for each in events]


async def completed(context: Context, views: Sequence[EventView], fields: Fields) -> list[Event]:
    """The events with these parts: as they were read, or read again by their ids."""
    unread = {view.event.id for view in views if not view.fields.cover(fields)}
    found = await context.log.events_by_id(sorted(unread), fields) if unread else {}
    return [found.get(view.event.id, view.event) if view.event.id in unread else view.event for view in views]


async def events_by_id(context: Context, ids: Sequence[str], moment: Moment, fields: Fields) -> list[EventView | None]:
    found = await context.log.events_by_id(ids, fields)
    seen = {each.id: each for each in found.values() if settled(each, moment)}
    return [EventView(seen[each], moment, fields) if each in seen else None for each in ids]


def settled(event: Event, moment: Moment) -> bool:
    """Whether the event was there at the moment. A summary may be newer than the request that reads it."""
    return event.timestamp <= moment.at and event.recorded_at <= moment.known_at


def moved(view: EntityView, at: datetime | None, known_at: datetime | None) -> EntityView:
    """The entity seen from another moment; what is left out stays."""
    moment = Moment(at or view.moment.at, known_at or view.moment.known_at)
    return view if moment == view.moment else EntityView(view.entity, moment)


def _grouped(views: Sequence[View], moment_of: Callable[[View], Moment]) -> dict[Moment, list[View]]:
    groups: dict[Moment, list[View]] = defaultdict(list)
    for view in views:
        groups[moment_of(view)].append(view)
    return groups


async def by_moment(
    views: Iterable[EntityView], read: Callable[[list[str], Moment], Awaitable[dict[str, Found]]]
) -> dict[EntityView, Found]:
    """`read` once for each moment, which is one for all views but in the rarest of queries."""
    by_moment: dict[Moment, dict[str, EntityView]] = defaultdict(dict)
    for view in views:
        by_moment[view.moment][view.entity.key] = view
    answers: dict[EntityView, Found] = {}
    for moment, group in by_moment.items():
        found = await read(list(group), moment)
        answers |= {group[key]: value for key, value in found.items()}
    return answers


def _state(event: Event | None, moment: Moment, include_deleted: bool, fields: Fields) -> StateView | None:
    if event is None or (event.deletes and not include_deleted):
        return None
    return StateView(event, moment, fields)


def _event(event: Event | None, moment: Moment) -> EventView | None:
    return EventView(event, moment) if event is not None else None

"""Current, asOf and events, once for every type. Each function answers a field for all its parents with one read."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from domain.errors import QueryTooLarge
from domain.event import Event
from repository.event_log import ANY_ACT, ActFilter, Latest, Moment, TimelinePage
from repository.fields import LAST, Fields
from resolvers.context import Context
from resolvers.views import EntityView, EventView, StateView

MOST_EVENTS = 20_000
OPEN: Any = object()  # not answered yet
Found = TypeVar("Found")
View = TypeVar("View")


async def latests(context: Context, views: Sequence[EntityView], fields: Fields) -> list[Latest | None]:
    """The summaries, whatever the moment of the views."""
    unread = {view.entity.key for view in views if view.latest is None or not view.fields.cover(fields)}
    if not unread:
        return [view.latest for view in views]
    found = await context.log.latest(sorted(unread), fields)
    return [found.get(view.entity.key) if view.entity.key in unread else view.latest for view in views]


async def currents(
    context: Context, views: Sequence[EntityView], include_deleted: bool, fields: Fields
) -> list[StateView | None]:
    """The state of each entity at the moment it is viewed from."""
    answers = [view.state if view.state is not None and view.fields.cover(fields) else OPEN for view in views]
    await _ask_summaries(context, views, answers, fields, lambda latest: latest.state)
    await _ask_log(views, answers, lambda keys, moment: context.log.as_of(keys, moment, fields))
    return [_state(event, view.moment, include_deleted, fields) for event, view in zip(answers, views, strict=True)]


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
    return [_state(event, view.moment, include_deleted, fields) for event, view in zip(found, there, strict=True)]


async def last_events(context: Context, views: Sequence[EntityView], by: ActFilter = ANY_ACT) -> list[EventView | None]:
    """The newest event of each entity: of any kind, or among some."""
    answers = [OPEN for _ in views]
    if by == ANY_ACT:
        await _ask_summaries(context, views, answers, LAST, lambda latest: latest.last)
    await _ask_log(views, answers, lambda keys, moment: context.log.last_events(keys, moment, by))
    return [_event(event, view.moment) for event, view in zip(answers, views, strict=True)]


async def first_events(
    context: Context, views: Sequence[EntityView], by: ActFilter = ANY_ACT
) -> list[EventView | None]:
    """The oldest event of each entity: of any kind, or among some."""
    found = await by_moment(views, lambda keys, moment: context.log.first_events(keys, moment, by))
    return [_event(event, view.moment) for event, view in zip(found, views, strict=True)]


async def timelines(
    context: Context, views: Sequence[EntityView], page: TimelinePage, fields: Fields
) -> list[list[EventView]]:
    """A page of the events of each entity."""
    if len(views) * page.first > MOST_EVENTS and len(set(views)) * page.first > MOST_EVENTS:
        raise QueryTooLarge(
            f"{len(set(views))} entities with up to {page.first} events each are more than {MOST_EVENTS:,} events",
            hint="Ask for fewer entities or fewer events of each.",
        )
    found = await by_moment(views, lambda keys, moment: context.log.events(keys, page, moment, fields))
    return [
        [EventView(event, view.moment, fields) for event in events or ()]
        for events, view in zip(found, views, strict=True)
    ]


async def last_acts(context: Context, views: Sequence[EntityView], page: TimelinePage) -> list[list[EventView]]:
    """The newest event of each actor among the events of a page of each entity, from new to old."""
    found = await by_moment(views, lambda keys, moment: context.log.last_acts(keys, page, moment))
    return [
        [EventView(event, view.moment) for event in events or ()] for events, view in zip(found, views, strict=True)
    ]


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
    return event.is_settled(moment.at, moment.known_at)


def moved(view: EntityView, at: datetime | None, known_at: datetime | None) -> EntityView:
    """The entity seen from another moment; what is left out stays."""
    moment = Moment(at or view.moment.at, known_at or view.moment.known_at)
    return view if moment == view.moment else EntityView(view.entity, moment)


def _grouped(views: Iterable[View], moment_of: Callable[[View], Moment]) -> dict[Moment, list[View]]:
    groups: dict[Moment, list[View]] = defaultdict(list)
    for view in views:
        groups[moment_of(view)].append(view)
    return groups


async def by_moment(
    views: Sequence[EntityView], read: Callable[[list[str], Moment], Awaitable[dict[str, Found]]]
) -> list[Found | None]:
    """`read` once for each moment, which is one for all views but in the rarest of queries. In the order of views."""
    keys = [view.entity.key for view in views]
    answers: list[Found | None] = [None] * len(views)
    for moment, places in _grouped(range(len(views)), lambda place: views[place].moment).items():
        found = await read(list(dict.fromkeys(keys[place] for place in places)), moment)
        for place in places:
            answers[place] = found.get(keys[place])
    return answers


async def _ask_summaries(
    context: Context,
    views: Sequence[EntityView],
    answers: list[Any],
    fields: Fields,
    part: Callable[[Latest], Event | None],
) -> None:
    """Answers for the views from now, but for those whose summary is newer than that."""
    places = [place for place, view in enumerate(views) if answers[place] is OPEN and context.is_now(view.moment)]
    found = await latests(context, [views[place] for place in places], fields)
    for place, latest in zip(places, found, strict=True):
        event = part(latest) if latest else None
        if event is None or settled(event, views[place].moment):
            answers[place] = event


async def _ask_log(
    views: Sequence[EntityView],
    answers: list[Any],
    read: Callable[[list[str], Moment], Awaitable[dict[str, Event]]],
) -> None:
    """Answers what is open."""
    places = [place for place, answer in enumerate(answers) if answer is OPEN]
    found = await by_moment([views[place] for place in places], read)
    for place, event in zip(places, found, strict=True):
        answers[place] = event


def _state(event: Event | None, moment: Moment, include_deleted: bool, fields: Fields) -> StateView | None:
    if event is None or (event.deletes and not include_deleted):
        return None
    return StateView(event, moment, fields)


def _event(event: Event | None, moment: Moment) -> EventView | None:
    return EventView(event, moment) if event is not None else None

"""Actors, executions and correlations: what their events have in common, and what they come to."""

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.buckets import Buckets
from domain.entity import from_stored
from domain.errors import InvalidArgument
from domain.event import Event
from domain.threads import ThreadOutcome, outcome
from repository.activity import Involved, Slot, Tally
from repository.event_log import EventFilter, LogPage, Moment, Order
from repository.fields import HEADER, Fields
from resolvers import pages, pairs, searches, temporal
from resolvers.context import Context
from resolvers.views import ActorView, EntityView, EventView, PageView, SubjectView

MOST_FOLDED = 10_000
_MOST_NAMED = 100
_SPELLED = {"execution_id": "executionId", "correlation_id": "correlationId"}


@dataclass(frozen=True, slots=True)
class InvolvedView:
    """An entity that a subject acted on."""

    entity: EntityView
    involved: Involved


@dataclass(frozen=True, slots=True)
class Named:
    """How many events have a name: a kind, a type, an app, a type of actor."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Counts:
    events: int
    kinds: list[Named]
    types: list[Named]
    apps: list[Named]
    actor_types: list[Named]


@dataclass(frozen=True, slots=True)
class BucketView:
    """What happened in [start, end)."""

    start: datetime
    end: datetime
    events: int
    kinds: list[Named]
    actor_types: list[Named]


@dataclass(frozen=True, slots=True)
class Thread:
    """The events of an execution or a correlation from old to new; the first 10,000, if there are more."""

    events: Sequence[Event]
    complete: bool


async def single(context: Context, subject: SubjectView) -> SubjectView | None:
    """The subject if it has any event at the moment."""
    [first] = await context.load_all(ends, [subject], Order.OLDEST, HEADER)
    return subject if first else None


async def ends(
    context: Context, subjects: Sequence[SubjectView], order: Order, fields: Fields
) -> list[EventView | None]:
    """The first event of each in the order."""
    found = await asyncio.gather(
        *(context.log.search(LogPage(1, None, each.where, order), each.moment, fields) for each in subjects)
    )
    return [
        EventView(events[0], subject.moment, fields) if events else None
        for events, subject in zip(found, subjects, strict=True)
    ]


async def events(
    context: Context,
    subject: SubjectView,
    where: EventFilter,
    order: Order,
    first: int,
    after: str | None,
    fields: Fields,
) -> PageView:
    """A page of its events that meet further conditions."""
    return await searches.events(context, both(subject.where, where), order, first, after, subject.moment, fields)


async def involved(context: Context, subject: SubjectView, first: int, after: str | None) -> PageView:
    """The entities that it acted on, the one that it touched last first; as of the moment of the first page."""
    query = pages.scope("involved", subject.id, subject.where)
    place = pages.position(after, query, datetime, datetime, str)
    moment = _pinned(subject.moment, place[0] if place else context.instant)
    found = sorted(await context.log.activity.involved(subject.where, moment), key=_recency, reverse=True)
    rest = [each for each in found if place is None or _recency(each) < (place[1], place[2])]
    views = [InvolvedView(EntityView(from_stored(each.key), subject.moment), each) for each in rest]
    size = pages.checked_size(first)
    pinned = place[0] if place else context.instant
    return pages.page(
        views[: size + 1], size, after, lambda view: pages.cursor(query, pinned, view.involved.last, view.involved.key)
    )


async def counts(context: Context, subjects: Sequence[SubjectView]) -> list[Counts]:
    found = await asyncio.gather(*(context.log.activity.tallies(each.where, each.moment) for each in subjects))
    return [_counts(each) for each in found]


async def timelines(context: Context, subjects: Sequence[SubjectView], buckets: Buckets) -> list[list[BucketView]]:
    """How many events of each subject there are in each bucket."""
    buckets.edges()  # refused before anything is read
    within = EventFilter(since=buckets.since, until=buckets.until)
    found = await asyncio.gather(
        *(context.log.activity.slots(both(each.where, within), each.moment, buckets) for each in subjects)
    )
    return [bucketed(slots, buckets) for slots in found]


async def timelines_of(
    context: Context, views: Sequence[EntityView], where: EventFilter, buckets: Buckets
) -> list[list[BucketView]]:
    """How many events of each entity there are in each bucket."""
    buckets.edges()
    within, activity = both(where, EventFilter(since=buckets.since, until=buckets.until)), context.log.activity
    found = await temporal.by_moment(views, lambda keys, moment: activity.slots_of(keys, within, moment, buckets))
    return [bucketed(slots or (), buckets) for slots in found]


async def threads(context: Context, subjects: Sequence[SubjectView]) -> list[Thread]:
    found = await asyncio.gather(*(_headers(context, each) for each in subjects))
    return [Thread(each[:MOST_FOLDED], len(each) <= MOST_FOLDED) for each in found]


def outcome_of(context: Context, thread: Thread) -> ThreadOutcome | None:
    """None when not all events could be looked at."""
    if not thread.complete:
        return None
    return outcome(thread.events, lambda told, asked: pairs.answers(context.registry, told, asked))


def actors(thread: Thread, moment: Moment) -> list[ActorView]:
    """Each actor with its newest event, who acted first first."""
    newest = {event.actor: event for event in thread.events}
    return [ActorView(EventView(event, moment)) for event in newest.values()]


def bucketed(slots: Iterable[Slot], buckets: Buckets) -> list[BucketView]:
    """Every bucket from old to new, also those in which nothing happened."""
    edges = buckets.edges()
    inside: list[list[Slot]] = [[] for _ in edges[1:]]
    for slot in slots:
        inside[max(bisect_right(edges, slot.start) - 1, 0)].append(slot)
    return [_bucket(start, end, found) for start, end, found in zip(edges, edges[1:], inside, strict=False)]


def both(one: EventFilter, other: EventFilter) -> EventFilter:
    """The conditions of both. Raises InvalidArgument for a list of alternatives that both give."""
    given: dict[str, Any] = {}
    for name in EventFilter.__slots__:
        ours, theirs = getattr(one, name), getattr(other, name)
        if ours and theirs:
            given[name] = _narrower(name, ours, theirs)
        else:
            given[name] = ours or theirs
    return EventFilter(**given)


def _narrower(name: str, one: Any, other: Any) -> Any:
    if isinstance(one, datetime):
        return max(one, other) if name.endswith("since") else min(one, other)
    subject = one if isinstance(one, str) else ", ".join(one)
    raise InvalidArgument(
        f"where.{_SPELLED.get(name, name)} is given twice: these are the events of {subject}",
        hint="Leave it out of where.",
    )


async def _headers(context: Context, subject: SubjectView) -> list[Event]:
    page = LogPage(MOST_FOLDED + 1, None, subject.where, Order.OLDEST)
    return await context.log.search(page, subject.moment, HEADER)


def _pinned(moment: Moment, instant: datetime) -> Moment:
    return Moment(min(moment.at, instant), min(moment.known_at, instant))


def _recency(involved: Involved) -> tuple[datetime, str]:
    return involved.last, involved.key


def _bucket(start: datetime, end: datetime, slots: Sequence[Slot]) -> BucketView:
    total = sum(each.events for each in slots)
    return BucketView(start, end, total, _named(slots, "kind"), _named(slots, "actor_type"))


def _counts(tallies: Sequence[Tally]) -> Counts:
    return Counts(
        sum(each.events for each in tallies),
        _named(tallies, "kind"),
        _named(tallies, "type"),
        _named(tallies, "app_id"),
        _named(tallies, "actor_type"),
    )


def _named(counted: Iterable[Any], attribute: str) -> list[Named]:
    """The 100 most frequent names, the most frequent first."""
    sums: Counter[str] = Counter()
    for each in counted:
        sums[getattr(each, attribute)] += each.events
    ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return [Named(name, count) for name, count in ordered[:_MOST_NAMED]]

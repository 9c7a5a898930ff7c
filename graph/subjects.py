"""The fields of actors, executions and correlations, and counts of events over time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import strawberry
from strawberry import argument

from domain.buckets import Buckets
from domain.event import ActorType
from graph import moments
from graph.arguments import (
    After,
    BucketLength,
    First,
    OrderBy,
    Since,
    SinceAny,
    TimeZone,
    UntilAny,
    Where,
    event_filter,
)
from graph.batching import batched
from graph.resolving import Asked
from graph.selection import needed
from repository.event_log import EventFilter, Moment, Order
from repository.fields import HEADER
from resolvers import subjects
from resolvers.subjects import Thread
from resolvers.views import EntityView, RootView, SubjectView

ActorId = Annotated[strawberry.ID, argument(description="The actor's id, such as `anna.keller@example.com`.")]
ExecutionId = Annotated[strawberry.ID, argument(description="The id of the execution.")]
CorrelationId = Annotated[strawberry.ID, argument(description="The id of the correlation.")]


async def actor(root: RootView, info: Asked, id: ActorId) -> Any:  # noqa: A002 - the argument's name
    return await _single(root, info, str(id), EventFilter(actors=(str(id),)))


async def execution(root: RootView, info: Asked, id: ExecutionId) -> Any:  # noqa: A002
    return await _single(root, info, str(id), EventFilter(execution_id=str(id)))


async def correlation(root: RootView, info: Asked, id: CorrelationId) -> Any:  # noqa: A002
    return await _single(root, info, str(id), EventFilter(correlation_id=str(id)))


async def root_timeline(
    root: RootView,
    info: Asked,
    bucket: BucketLength,
    since: Since,
    until: UntilAny = None,
    time_zone: TimeZone = "UTC",
    where: Where = None,
) -> Any:
    subject = SubjectView("", event_filter(where), moments.at_root(info.context, root))
    buckets = Buckets(bucket, since, until or _after(subject.moment), time_zone)
    return await info.context.load(subjects.timelines, subject, buckets)


@batched
async def entity_timeline(
    roots: Sequence[EntityView],
    info: Asked,
    bucket: BucketLength,
    since: Since,
    until: UntilAny = None,
    time_zone: TimeZone = "UTC",
    where: Where = None,
) -> Any:
    buckets = Buckets(bucket, since, until or _after(roots[0].moment), time_zone)
    return await info.context.load_all(subjects.timelines_of, roots, event_filter(where), buckets)


async def timeline(
    root: SubjectView,
    info: Asked,
    bucket: BucketLength,
    since: Since,
    until: UntilAny = None,
    time_zone: TimeZone = "UTC",
    where: Where = None,
) -> Any:
    buckets = Buckets(bucket, since, until or _after(root.moment), time_zone)
    narrowed = replace(root, where=subjects.both(root.where, event_filter(where)))
    return await info.context.load(subjects.timelines, narrowed, buckets)


async def events(
    root: SubjectView,
    info: Asked,
    first: First = 20,
    after: After = None,
    where: Where = None,
    order: OrderBy = Order.NEWEST,
) -> Any:
    return await subjects.events(info.context, root, event_filter(where), order, first, after, needed(info))


async def first_event(root: SubjectView, info: Asked) -> Any:
    return await info.context.load(subjects.ends, root, Order.OLDEST, needed(info))


async def last_event(root: SubjectView, info: Asked) -> Any:
    return await info.context.load(subjects.ends, root, Order.NEWEST, needed(info))


async def entities(
    root: SubjectView,
    info: Asked,
    since: SinceAny = None,
    until: UntilAny = None,
    first: First = 20,
    after: After = None,
) -> Any:
    return await subjects.involved(info.context, _within(root, since, until), first, after)


async def counts(root: SubjectView, info: Asked, since: SinceAny = None, until: UntilAny = None) -> Any:
    return await info.context.load(subjects.counts, _within(root, since, until))


async def actor_type(root: SubjectView, info: Asked) -> ActorType:
    last: Any = await info.context.load(subjects.ends, root, Order.NEWEST, HEADER)
    return ActorType(last.event.actor.type)


async def outcome(root: SubjectView, info: Asked) -> Any:
    return subjects.outcome_of(info.context, await _thread(root, info))


async def actors(root: SubjectView, info: Asked) -> Any:
    return subjects.actors(await _thread(root, info), root.moment)


async def started_at(root: SubjectView, info: Asked) -> Any:
    first: Any = await info.context.load(subjects.ends, root, Order.OLDEST, HEADER)
    return first.event.timestamp


async def ended_at(root: SubjectView, info: Asked) -> Any:
    last: Any = await info.context.load(subjects.ends, root, Order.NEWEST, HEADER)
    return last.event.timestamp


async def _single(root: RootView | None, info: Asked, id_: str, where: EventFilter) -> SubjectView | None:
    return await subjects.single(info.context, SubjectView(id_, where, moments.at_root(info.context, root)))


async def _thread(root: SubjectView, info: Asked) -> Thread:
    return await info.context.load(subjects.threads, root)


def _within(root: SubjectView, since: datetime | None, until: datetime | None) -> SubjectView:
    return replace(root, where=subjects.both(root.where, EventFilter(since=since, until=until)))


def _after(moment: Moment) -> datetime:
    """Just after the moment, so that what happened then is within."""
    return moment.at + timedelta(milliseconds=1)

"""What a subscription sends: views, each seen from an instant of its own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from domain import instants
from domain.entity import Entity
from domain.errors import InstantInFuture
from domain.event import Event
from repository.event_log import EventFilter, Moment
from repository.feed import Wanted
from repository.fields import WHOLE, Fields
from repository.positions import Committed, Position, Recorded
from repository.tail import Tail
from resolvers import lists, pages
from resolvers.context import Context
from resolvers.served_log import shown
from resolvers.views import EdgeView, EntityView, EventView, PageView, now

_SCOPE = pages.scope("tail")
_START = datetime(1970, 1, 1, tzinfo=UTC)
_ALWAYS = Moment(datetime(9999, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Notice:
    """A view of an entity or an event, the instant that everything below it is seen from, and where to go on."""

    view: Any
    instant: datetime
    cursor: str | None = None


async def events(
    context: Context, where: EventFilter, after: str | None, fields: Fields
) -> AsyncGenerator[Notice, None]:
    """The events after a position, or the new ones, each seen from the instant that it was recorded at."""
    position = _position(context, context.resumes_after or after) or await _tail(context).now()
    async with aclosing(_entries(context, position, Wanted(where, fields=fields))) as entries:
        async for event, place in entries:
            yield _edge(EventView(event, now(_instant(event)), fields), _cursor(place))


async def states(context: Context, entity: Entity, fields: Fields) -> AsyncGenerator[Notice, None]:
    """The entity now, and again with each new state. One that goes to the past changes nothing of what is seen now."""
    start = await _tail(context).now()  # before the log is read: what is committed from here on comes by the tail
    newest = (await context.log.as_of([entity.key], _ALWAYS, fields)).get(entity.key)
    yield await _present(context, entity, newest, fields)
    async with aclosing(_entries(context, start, Wanted(entity=entity, fields=fields))) as entries:
        async for event, _ in entries:
            if event.stateful and (newest is None or event.order > newest.order):
                newest = event
                yield _seen(event, fields, _instant(event))


async def _entries(context: Context, after: Position, wanted: Wanted) -> AsyncGenerator[tuple[Event, Position], None]:
    """The entries of the tail, their states in the newest version of their type."""
    converting = context.registry.converting
    wanted = replace(wanted, fields=WHOLE) if converting else wanted
    async with aclosing(_tail(context).entries(after, wanted)) as entries:
        async for event, position in entries:
            yield shown(event, converting), position
            await asyncio.sleep(0)  # events that were read together are sent without waiting for anything else


def _edge(view: EventView, cursor: str) -> Notice:
    page = PageView([view], lambda _: cursor, has_next=True, has_previous=False)
    return Notice(EdgeView(page, view), view.moment.at, cursor)


async def _present(context: Context, entity: Entity, newest: Event | None, fields: Fields) -> Notice:
    if newest is not None:
        return _seen(newest, fields, max(context.clock(), _instant(newest)))
    view = await lists.single(context, entity, now(context.instant), fields)
    return Notice(view, context.instant)


def _seen(state: Event, fields: Fields, instant: datetime) -> Notice:
    return Notice(EntityView(state.entity, now(instant), state=state, fields=fields), instant)


def _instant(event: Event) -> datetime:
    return max(event.timestamp, event.recorded_at)


def _tail(context: Context) -> Tail:
    assert context.tail is not None, "this context serves no subscriptions"
    return context.tail


def _cursor(position: Position) -> str:
    match position:
        case Recorded(at, version, id_):
            return pages.cursor(_SCOPE, "", at, version, id_)
        case Committed(token, floor):
            floor = floor or Recorded(_START)
            return pages.cursor(_SCOPE, token, floor.at, floor.version, floor.id)


def _position(context: Context, text: str | None) -> Position | None:
    """Of a cursor, or of an instant: then everything that was recorded from it on follows."""
    if text is None:
        return None
    if ":" in text:
        return Recorded(_past(context, instants.parse(text)))
    token, at, version, id_ = pages.position(text, _SCOPE, str, datetime, int, str) or ()
    place = Recorded(at, version, id_)
    return place if not token else Committed(token, place if at > _START else None)


def _past(context: Context, at: datetime) -> datetime:
    if at > context.instant:
        told = f"from {instants.write(at)} lies after the request's instant, {instants.write(context.instant)}"
        raise InstantInFuture(told, hint="Leave it out for what comes from now on.")
    return at

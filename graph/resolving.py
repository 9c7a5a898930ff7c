"""The fields of entities, states and events: what the edge asks of the resolvers, once for every domain type."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from strawberry import Info

from domain import envelope
from domain.changes import Change, changes
from domain.event import Event, Phase
from domain.objects import meta_of
from graph import moments, node_ids
from graph.arguments import After, First, IncludeDeleted, KnownAt, Time, Where, event_filter
from graph.scalars import Instant
from graph.selection import needed
from repository.fields import HEADER, STATE, WHOLE, Fields
from resolvers import lists, pairs, temporal
from resolvers.context import Context
from resolvers.references import Paths, bound
from resolvers.views import ActorView, EdgeView, EntityView, EventView, PageView, StateView

Asked = Info[Context, Any]


def attribute(*path: str) -> Callable[[Any], Any]:
    """A resolver that follows attributes."""

    def resolve(root: Any) -> Any:
        for name in path:
            root = getattr(root, name)
        return root

    return resolve


def global_id(root: EntityView) -> str:
    return node_ids.entity_id(root.entity)


async def current(root: EntityView, info: Asked, include_deleted: IncludeDeleted = False) -> Any:
    return await info.context.load(temporal.currents, root, include_deleted, needed(info))


async def as_of(
    root: EntityView, info: Asked, time: Time, known_at: KnownAt = None, include_deleted: IncludeDeleted = False
) -> Any:
    moments.checked(info.context, time, known_at)
    return await info.context.load(temporal.states_as_of, root, time, known_at, include_deleted, needed(info))


async def timeline(root: EntityView, info: Asked, first: First = 20, after: After = None, where: Where = None) -> Any:
    return await lists.timeline(info.context, root, event_filter(where), first, after, needed(info))


async def last_event(root: EntityView, info: Asked) -> Any:
    return await info.context.load(temporal.last_events, root)


async def first_event(root: EntityView, info: Asked) -> Any:
    return await info.context.load(temporal.first_events, root)


async def last_actor(root: EntityView, info: Asked) -> Any:
    event = await info.context.load(temporal.last_events, root)
    return ActorView(event) if event else None


async def valid_to(root: StateView, info: Asked) -> Instant | None:
    end: datetime | None = await info.context.load(temporal.ends, root)
    return Instant(end) if end else None


def state_property(key: str, paths: Paths | None) -> Callable[[StateView], Any]:
    """A top-level property of the object, with entities where it refers to others."""

    def resolve(root: StateView) -> Any:
        value = (root.event.state or {}).get(key)
        return bound(value, paths, root) if paths and value is not None else value

    return resolve


def state_meta(root: StateView) -> Any:
    return meta_of(root.event.state or {})


def state_event(root: StateView) -> EventView:
    return EventView(root.event, root.moment, replace(root.fields, body=False))


async def event_state(root: EventView, info: Asked) -> Any:
    if not root.event.stateful:
        return None
    fields = needed(info)
    event = await _with(root, info, fields)
    return StateView(event, root.moment, fields)


async def event_envelope(root: EventView, info: Asked) -> Any:
    return envelope.write(await _with(root, info, WHOLE))


async def event_spec(root: EventView, info: Asked) -> Any:
    return (await _with(root, info, Fields(body=True))).spec or {}


async def event_meta(root: EventView, info: Asked) -> Any:
    return envelope.write(await _with(root, info, Fields(body=True)))["meta"]


async def event_changes(root: EventView, info: Asked) -> list[Change]:
    if not root.event.stateful:
        return []
    after = await _with(root, info, STATE)
    before: Event | None = await info.context.load(temporal.predecessors, root, STATE)
    old = before.state if before and not before.deletes else None
    return list(changes(old, None if after.deletes else after.state))


async def event_intent(root: EventView, info: Asked) -> Any:
    if root.event.phase is Phase.INTENT:
        return None
    return await info.context.load(pairs.partners, root, needed(info))


async def event_outcome(root: EventView, info: Asked) -> Any:
    if root.event.phase is Phase.OUTCOME:
        return None
    return await info.context.load(pairs.partners, root, needed(info))


async def event_pending(root: EventView, info: Asked) -> bool:
    if root.event.phase is Phase.OUTCOME or root.event.failed:
        return False
    return await info.context.load(pairs.partners, root, HEADER) is None


async def event_requested(root: EventView, info: Asked) -> Any:
    if root.event.phase is Phase.OUTCOME:
        return None
    return (await _with(root, info, STATE)).state


async def event_deviations(root: EventView, info: Asked) -> list[Change]:
    partner: EventView | None = await info.context.load(pairs.partners, root, STATE)
    if partner is None:
        return []
    own = await _with(root, info, STATE)
    asked, done = (own, partner.event) if root.event.phase is Phase.INTENT else (partner.event, own)
    return list(changes(asked.state, done.state)) if asked.state is not None else []


def event_entity(root: EventView) -> EntityView:
    return EntityView(root.event.entity, root.moment)


def event_actor(root: EventView) -> ActorView:
    return ActorView(root)


def actor_event(root: ActorView) -> EventView:
    return root.event


def edges(root: PageView) -> Any:
    return [EdgeView(cursor, node, root.type) for cursor, node in zip(root.cursors, root.nodes, strict=True)]


def page_info(root: PageView) -> PageView:
    return root


def start_cursor(root: PageView) -> str | None:
    return root.cursors[0] if root.cursors else None


def end_cursor(root: PageView) -> str | None:
    return root.cursors[-1] if root.cursors else None


async def _with(root: EventView, info: Asked, fields: Fields) -> Any:
    """The event with these parts: as it was read, or read again by its id."""
    if fields == HEADER or root.fields.cover(fields):
        return root.event
    again: EventView | None = await info.context.load(temporal.events_by_id, root.event.id, root.moment, fields)
    return again.event if again else root.event

"""The fields of entities, states and events: what the edge asks of the resolvers, once for every domain type."""

import functools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import compress
from typing import Any

from strawberry import Info

from domain import envelope
from domain.changes import Change, changes
from domain.domain_type import DomainType
from domain.event import Event, Phase
from domain.objects import meta_of
from graph import moments, node_ids
from graph.arguments import (
    After,
    ByActorType,
    ByKinds,
    First,
    IncludeDeleted,
    InTimeline,
    InVersion,
    KnownAt,
    ShownAs,
    Time,
    TimelineOrder,
    Where,
    act_filter,
    event_filter,
)
from graph.batching import batched
from graph.selection import needed, needed_alone
from repository.event_log import ANY_ACT
from repository.fields import HEADER, STATE, WHOLE, Fields
from resolvers import lists, pairs, searches, temporal, versions
from resolvers.context import Context
from resolvers.references import Paths, bound
from resolvers.views import ActorView, EdgeView, EntityView, EventView, PageView, SchemaView, StateView

Asked = Info[Context, Any]


@functools.cache
def attribute(*path: str) -> Callable[[Any], Any]:
    """A resolver that follows attributes."""

    def resolve(root: Any) -> Any:
        for name in path:
            root = getattr(root, name)
        return root

    resolve.path = path  # type: ignore[attr-defined] # plans write it out
    return resolve


def global_id(root: EntityView) -> str:
    return node_ids.entity_id(root.entity)


@batched
async def current(
    roots: Sequence[EntityView],
    info: Asked,
    include_deleted: IncludeDeleted = False,
    schema_view: ShownAs = SchemaView.NEWEST,
) -> Any:
    states = await temporal.currents(info.context, roots, include_deleted, needed_alone(info))
    return [state and state.shown_as(schema_view) for state in states]


@batched
async def as_of(
    roots: Sequence[EntityView],
    info: Asked,
    time: Time,
    known_at: KnownAt = None,
    include_deleted: IncludeDeleted = False,
    schema_view: ShownAs = SchemaView.NEWEST,
) -> Any:
    moments.checked(info.context, time, known_at)
    fields = needed_alone(info)
    states = await temporal.states_as_of(info.context, roots, time, known_at, include_deleted, fields)
    return [state and state.shown_as(schema_view) for state in states]


@batched
async def timeline(
    roots: Sequence[EntityView],
    info: Asked,
    first: First = 20,
    after: After = None,
    where: Where = None,
    order: InTimeline = TimelineOrder.NEWEST,
) -> Any:
    return await lists.timelines(
        info.context, roots, event_filter(where), order.order, first, after, needed_alone(info)
    )


@batched
async def last_event(roots: Sequence[EntityView], info: Asked) -> Any:
    return await info.context.load_all(temporal.last_events, roots, ANY_ACT)


@batched
async def first_event(roots: Sequence[EntityView], info: Asked) -> Any:
    return await info.context.load_all(temporal.first_events, roots, ANY_ACT)


@batched
async def last_actor(roots: Sequence[EntityView], info: Asked, type_: ByActorType = None, kinds: ByKinds = None) -> Any:
    events = await info.context.load_all(temporal.last_events, roots, act_filter(type_, kinds))
    return [ActorView(event) if event else None for event in events]


@batched
async def first_actor(
    roots: Sequence[EntityView], info: Asked, type_: ByActorType = None, kinds: ByKinds = None
) -> Any:
    events = await info.context.load_all(temporal.first_events, roots, act_filter(type_, kinds))
    return [ActorView(event) if event else None for event in events]


@batched
async def valid_to(roots: Sequence[StateView], info: Asked) -> Any:
    return await info.context.load_all(temporal.ends, roots)


def state_property(key: str, paths: Paths | None, keeping: DomainType | None = None) -> Callable[[StateView], Any]:
    """A top-level property of the object, with entities where it refers to others, and with what its type keeps."""

    def resolve(root: StateView) -> Any:
        state = root.event.state or {}
        if keeping and not root.shown_as_written:
            state = keeping.with_kept(state, root.event.written or {})
        value = state.get(key)
        return bound(value, paths, root) if paths and value is not None else value

    return resolve


def state_meta(root: StateView) -> Any:
    return meta_of(root.event.state or {})


def state_raw(root: StateView, info: Asked, version: InVersion = None) -> Any:
    return versions.raw(info.context.registry, root.event, version)


def state_event(root: StateView) -> EventView:
    return EventView(root.event, root.moment, replace(root.fields, body=False))


@batched
async def event_state(roots: Sequence[EventView], info: Asked, schema_view: ShownAs = SchemaView.NEWEST) -> Any:
    fields = needed_alone(info)

    async def read(stateful: Sequence[EventView]) -> Sequence[StateView]:
        events = await _completed(stateful, info, fields)
        states = (StateView(event, root.moment, fields) for event, root in zip(events, stateful, strict=True))
        return [state.shown_as(schema_view) for state in states]

    return await _for(roots, lambda root: root.event.stateful, read)


@batched
async def event_envelope(roots: Sequence[EventView], info: Asked) -> Any:
    return [envelope.write(event) for event in await _completed(roots, info, WHOLE)]


@batched
async def event_spec(roots: Sequence[EventView], info: Asked) -> Any:
    return [event.spec or {} for event in await _completed(roots, info, Fields(body=True))]


@batched
async def event_meta(roots: Sequence[EventView], info: Asked) -> Any:
    return [envelope.write(event)["meta"] for event in await _completed(roots, info, Fields(body=True))]


@batched
async def event_changes(roots: Sequence[EventView], info: Asked) -> Any:
    async def read(stateful: Sequence[EventView]) -> Sequence[list[Change]]:
        after = await _completed(stateful, info, STATE)
        before = await info.context.load_all(temporal.predecessors, stateful, STATE)
        return [_changes(one, other) for one, other in zip(before, after, strict=True)]

    return await _for(roots, lambda root: root.event.stateful, read, otherwise=[])


@batched
async def event_intent(roots: Sequence[EventView], info: Asked) -> Any:
    return await _for(roots, _is_outcome, lambda outcomes: _partners(outcomes, info, needed(info)))


@batched
async def event_outcome(roots: Sequence[EventView], info: Asked) -> Any:
    return await _for(roots, _is_intent, lambda intents: _partners(intents, info, needed(info)))


@batched
async def event_pending(roots: Sequence[EventView], info: Asked) -> Any:
    async def read(open_: Sequence[EventView]) -> Sequence[bool]:
        return [partner is None for partner in await _partners(open_, info, HEADER)]

    return await _for(roots, lambda root: _is_intent(root) and not root.event.failed, read, otherwise=False)


@batched
async def event_requested(roots: Sequence[EventView], info: Asked) -> Any:
    async def read(intents: Sequence[EventView]) -> Sequence[Any]:
        return [event.state for event in await _completed(intents, info, STATE)]

    return await _for(roots, _is_intent, read)


@batched
async def event_deviations(roots: Sequence[EventView], info: Asked) -> Any:
    partners = await _partners(roots, info, STATE)
    pairs_ = [(root, partner) for root, partner in zip(roots, partners, strict=True) if partner]
    own = await _completed([root for root, _ in pairs_], info, STATE)
    found = iter(_deviations(event, partner.event) for event, (_, partner) in zip(own, pairs_, strict=True))
    return [next(found) if partner else [] for partner in partners]


def event_entity(root: EventView) -> EntityView:
    return EntityView(root.event.entity, root.moment)


def event_actor(root: EventView) -> ActorView:
    return ActorView(root)


def actor_event(root: ActorView) -> EventView:
    return root.event


def edges(root: PageView) -> Any:
    return [EdgeView(root, node) for node in root.nodes]


def page_info(root: PageView) -> PageView:
    return root


async def total_count(root: PageView, info: Asked) -> Any:
    return await info.context.load(searches.totals, root.search)


def settled(root: PageView) -> datetime | None:
    return root.search.settled if root.search else None


def start_cursor(root: PageView) -> str | None:
    return root.place(root.nodes[0]) if root.nodes else None


def end_cursor(root: PageView) -> str | None:
    return root.place(root.nodes[-1]) if root.nodes else None


def _is_outcome(root: EventView) -> bool:
    return root.event.phase is Phase.OUTCOME


def _is_intent(root: EventView) -> bool:
    return root.event.phase is Phase.INTENT


def _changes(before: Event | None, after: Event) -> list[Change]:
    old = before.state if before and not before.deletes else None
    return list(changes(old, None if after.deletes else after.state))


def _deviations(own: Event, partner: Event) -> list[Change]:
    asked, done = (own, partner) if own.phase is Phase.INTENT else (partner, own)
    return list(changes(asked.state, done.state)) if asked.state is not None else []


async def _partners(roots: Sequence[EventView], info: Asked, fields: Fields) -> Sequence[EventView | None]:
    return await info.context.load_all(pairs.partners, roots, fields)


async def _completed(roots: Sequence[EventView], info: Asked, fields: Fields) -> Sequence[Event]:
    if all(root.fields.cover(fields) for root in roots):
        return [root.event for root in roots]
    return await info.context.load_all(temporal.completed, roots, fields)


async def _for(
    roots: Sequence[EventView],
    is_meant: Callable[[EventView], bool],
    read: Callable[[Sequence[EventView]], Awaitable[Sequence[Any]]],
    otherwise: Any = None,
) -> list[Any]:
    """What `read` answers for the roots that are meant, `otherwise` for the rest; in the order of the roots."""
    meant = [is_meant(root) for root in roots]
    answers = iter(await read(list(compress(roots, meant))) if any(meant) else ())
    return [next(answers) if each else otherwise for each in meant]

"""What was asked, and what happened of it: an intent and its outcome share entity, correlation and action."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from domain import kinds
from domain.event import Event, Phase
from domain.registry import Registry
from repository.fields import Fields
from resolvers.context import Context
from resolvers.temporal import settled
from resolvers.views import EventView


async def partners(context: Context, views: Sequence[EventView], fields: Fields) -> list[EventView | None]:
    """The intent of each outcome, and the outcome of each intent, as far as they were there at the view's moment."""
    found = await _correlated(context, views, fields)
    return [_partner(context.registry, view, found, fields) for view in views]


async def requests(context: Context, views: Sequence[EventView], fields: Fields) -> list[EventView | None]:
    """What had been asked: the intent of each event, or else the newest one before it in its request on its entity."""
    found: dict[tuple[str, str | None], list[Event]] = defaultdict(list)
    for event in await _correlated(context, views, fields):
        found[event.entity.key, event.correlation_id].append(event)
    return [
        _request(context.registry, view, found[view.event.entity.key, view.event.correlation_id], fields)
        for view in views
    ]


def _request(registry: Registry, view: EventView, related: Iterable[Event], fields: Fields) -> EventView | None:
    intents = [each for each in related if each.phase is Phase.INTENT and not each.failed]
    before = [each for each in intents if each.version < view.event.version and settled(each, view.moment)]
    own = [each for each in before if answers(registry, view.event, each)]
    newest = (own or before)[-1:]
    return EventView(newest[0], view.moment, fields) if newest else None


async def _correlated(context: Context, views: Sequence[EventView], fields: Fields) -> list[Event]:
    """All events of the same requests on the same entities, by version."""
    asked = [view.event for view in views if view.event.correlation_id is not None]
    correlations = sorted({event.correlation_id for event in asked if event.correlation_id is not None})
    keys = sorted({event.entity.key for event in asked})
    return await context.log.correlated(correlations, keys, fields) if asked else []


def _partner(registry: Registry, view: EventView, found: Iterable[Event], fields: Fields) -> EventView | None:
    event, moment = view.event, view.moment
    candidates = [
        each
        for each in found
        if each.entity == event.entity
        and each.correlation_id == event.correlation_id
        and each.phase is not event.phase
        and settled(each, moment)
        and answers(registry, each, event)
    ]
    if event.phase is Phase.OUTCOME:
        before = [each for each in candidates if each.version < event.version and not each.failed]
        return EventView(before[-1], moment, fields) if before else None
    after = [each for each in candidates if each.version > event.version]
    return EventView(after[0], moment, fields) if after and not event.failed else None


def answers(registry: Registry, one: Event, other: Event) -> bool:
    """Whether one of the two is an outcome that tells what happened of the other."""
    outcome, intent = (one, other) if one.phase is Phase.OUTCOME else (other, one)
    domain_type = registry.get(outcome.entity.type)
    declared = domain_type.by_kind(outcome.kind) if domain_type else None
    if declared is not None:
        return declared[0].intent == intent.kind
    return kinds.answers(outcome.action, intent.action)

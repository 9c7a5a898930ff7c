"""Intent and outcome: what was asked, and what happened of it. The two share entity, correlation and action."""

from collections.abc import Iterable, Sequence

from domain import kinds
from domain.event import Event, Phase
from domain.registry import Registry
from repository.fields import Fields
from resolvers.context import Context
from resolvers.views import EventView


async def partners(context: Context, views: Sequence[EventView], fields: Fields) -> list[EventView | None]:
    """The intent of each outcome, and the outcome of each intent, as far as they were there at the view's moment."""
    asked = [view.event for view in views if view.event.correlation_id is not None]
    correlations = sorted({event.correlation_id for event in asked if event.correlation_id is not None})
    keys = sorted({event.entity.key for event in asked})
    found = await context.log.correlated(correlations, keys, fields) if asked else []
    return [_partner(context.registry, view, found, fields) for view in views]


def _partner(registry: Registry, view: EventView, found: Iterable[Event], fields: Fields) -> EventView | None:
    event, moment = view.event, view.moment
    candidates = [
        each
        for each in found
        if each.entity == event.entity
        and each.correlation_id == event.correlation_id
        and each.phase is not event.phase
        and each.timestamp <= moment.at
        and each.recorded_at <= moment.known_at
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

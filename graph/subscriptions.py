"""The root fields that go on answering: the log as it grows, and the state of an entity as it changes."""

from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Annotated

from strawberry import argument
from strawberry.types.field import StrawberryField

from domain import entity as entities
from graph.arguments import AppId, Name, TypeName, Where, event_filter
from graph.common_types import CommonTypes
from graph.definitions import Reads, field, nullable, object_type
from graph.domain_types import DomainTypes
from graph.resolving import Asked
from graph.scalars import Position
from graph.selection import needed
from resolvers import subscriptions
from resolvers.subscriptions import Notice

From = Annotated[
    Position | None,
    argument(
        name="from",
        description="After this cursor, or all that was recorded from this instant on. By default only what is new.",
    ),
]
Notices = AsyncGenerator[Notice, None]


def subscription_type(common: CommonTypes) -> type:
    """Subscription; see `typed` for the rest of it."""
    text = "What is sent as it happens, each time seen from its own instant."
    return object_type("Subscription", text, _generic(common))


def typed(types: Iterable[DomainTypes]) -> Iterable[StrawberryField]:
    """The fields of domain types."""
    for each in types:
        type_ = each.domain_type
        text = f"One {each.name} now, and again with each new state; null while there never was one."
        yield field(_single(type_.name), nullable(each.entity), text, name=each.called.field, subscribes=True)


def _generic(common: CommonTypes) -> Iterable[StrawberryField]:
    text = "One entity of any type now, and again with each new state; null while there never was one."
    yield field(_entity, nullable(common.entity), text, name="entity", subscribes=True)
    text = "The log in the order in which it grows: from a position to now and on, each event once and none left out."
    yield field(_events, common.log_edge, text, name="events", reads=Reads.THROUGH, subscribes=True)


def _single(type_: str) -> Callable[..., Notices]:
    def single(info: Asked, name: Name, app_id: AppId) -> Notices:
        return subscriptions.states(info.context, entities.entity(type_, app_id, name), needed(info))

    return single


def _entity(info: Asked, type_: TypeName, app_id: AppId, name: Name) -> Notices:
    return subscriptions.states(info.context, entities.entity(type_, app_id, name), needed(info))


def _events(info: Asked, where: Where = None, from_: From = None) -> Notices:
    return subscriptions.events(info.context, event_filter(where), from_, needed(info))

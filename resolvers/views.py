"""What a resolver hands down: an entity, a state or an event, and the moment it is looked at from.

Nobody changes them. The three that a query makes by the thousand do not say so: to make a frozen one takes three times
as long.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.changes import Change, Difference, changes, difference
from domain.declaration import Declaration
from domain.domain_type import DomainType
from domain.entity import Entity
from domain.event import Document, Event
from repository.event_log import EventFilter, Latest, Moment
from repository.fields import HEADER, Fields


class SchemaView(StrEnum):
    NEWEST = "NEWEST"
    RECORDED = "RECORDED"


@dataclass(slots=True, unsafe_hash=True)
class EntityView:
    """An entity at a moment. `latest` or `state` is there when the list that found the entity has read it too."""

    entity: Entity
    moment: Moment
    latest: Latest | None = field(default=None, compare=False)
    state: Event | None = field(default=None, compare=False)
    fields: Fields = field(default=HEADER, compare=False)
    """Which parts of the state `latest` or `state` holds."""


@dataclass(slots=True, unsafe_hash=True)
class StateView:
    """The state that an event carries, at a moment."""

    event: Event
    moment: Moment
    fields: Fields = field(default=HEADER, compare=False)

    shown: SchemaView = SchemaView.NEWEST

    @property
    def shown_as_written(self) -> bool:
        """Whether it is in whatever version it was written in, because that was asked for."""
        return self.shown is SchemaView.RECORDED

    def shown_as(self, view: SchemaView) -> "StateView":
        """Itself, or with the state as it was written."""
        if view is self.shown:
            return self
        return replace(self, event=self.event.showing(self.event.written, self.event.recorded), shown=view)


@dataclass(slots=True, unsafe_hash=True)
class EventView:
    """An event, with the parts of it in `fields`."""

    event: Event
    moment: Moment
    fields: Fields = field(default=HEADER, compare=False)


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """An entity at `start` and at the moment that it is seen from. None is no state."""

    entity: EntityView
    start: datetime
    before: StateView | None = field(compare=False)
    after: StateView | None = field(compare=False)

    @property
    def difference(self) -> Difference:
        return difference(_object(self.before), _object(self.after))

    @property
    def changes(self) -> list[Change]:
        return list(changes(_object(self.before), _object(self.after)))


@dataclass(frozen=True, slots=True)
class BlameView:
    """A field of a state. `event` is None when what gave it its value lies further back than was read."""

    path: str
    value: Any = field(compare=False)
    since: datetime
    event: EventView | None


@dataclass(frozen=True, slots=True)
class ActorView:
    """Who or what caused `event`."""

    event: EventView


@dataclass(frozen=True, slots=True)
class DomainTypeView:
    """A domain type as it was declared, seen from a moment."""

    declaration: Declaration
    moment: Moment

    @property
    def domain_type(self) -> DomainType | None:
        return self.declaration.domain_type

    @property
    def event(self) -> EventView | None:
        event = self.declaration.event
        return EventView(event, self.moment) if event else None

    @property
    def entity(self) -> EntityView | None:
        event = self.declaration.event
        return EntityView(event.entity, self.moment) if event else None


@dataclass(frozen=True, slots=True)
class RootView:
    """All root fields at one moment."""

    moment: Moment


@dataclass(frozen=True, slots=True)
class SubjectView:
    """What many events have in common, and the moment it is looked at from: an actor, an execution, a correlation."""

    id: str
    where: EventFilter
    moment: Moment


@dataclass(frozen=True, slots=True)
class Search:
    """What a page of the log is a page of, or one of an entity's events."""

    where: EventFilter
    moment: Moment
    settled: datetime | None = None
    """In recorded order, how far it goes by now."""
    entity: Entity | None = None


@dataclass(frozen=True, slots=True)
class PageView:
    """One page of a connection, in order."""

    nodes: list[Any]
    place: Callable[[Any], str]
    """The cursor of a node."""
    has_next: bool
    has_previous: bool
    type: str | None = None
    """The domain type of the nodes; None when they are mixed."""
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class EdgeView:
    page: PageView
    node: Any

    @property
    def cursor(self) -> str:
        return self.page.place(self.node)

    @property
    def type(self) -> str | None:
        return self.page.type


def _object(state: StateView | None) -> Document | None:
    return state.event.state if state else None


def now(instant: datetime) -> Moment:
    """Everything in effect and known at the request's instant."""
    return Moment(instant, instant)

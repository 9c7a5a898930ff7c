"""Aggregates: events that summarise other events, by small pure classes.

An aggregate is the fold of its source events in the order in which they took effect, so that whoever folds the same
events gets the same bytes, whenever and in however many steps. A source that comes late goes to its place in that
order, and what follows from it is appended as a correction.
"""

import copy
import hashlib
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

import orjson

from domain import instants
from domain.entity import Entity, entity
from domain.errors import InvalidArgument
from domain.event import Actor, ActorType, Document, Draft, Event, Phase

API_VERSION = "dsel/v1alpha1"
ACTION = "Aggregated"
SUFFIX = "Aggregate"
_ACTOR = Actor("dsel-aggregator", ActorType.CONTROLLER)
_IDS = uuid.UUID("5c1f0f57-3a4e-5a0e-8f65-0d6f5a9c7b11")

Path = tuple[str, ...]
State = TypeVar("State")


class Place(NamedTuple):
    """Whose aggregate: with its type, an entity."""

    app_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the events of one aggregate stand in the log; others may stand there too."""

    app_id: str | None = None
    execution_id: str | None = None
    artifact: str | None = None
    """The name of the artifact that their objects refer to."""
    since: datetime | None = None
    until: datetime | None = None


class Aggregate(Protocol[State]):
    """One kind of aggregate. `type` is its domain type and the kind of its events."""

    type: ClassVar[str]
    reads: ClassVar[tuple[Path, ...]]
    """Which parts of the objects of its sources it looks at."""

    def place(self, event: Event) -> Place | None:
        """Whose aggregate the event belongs to; None when it is no source."""
        ...

    def sources(self, place: Place) -> Sources: ...

    def first(self) -> State:
        """Before any event."""
        ...

    def step(self, state: State, event: Event) -> None:
        """Takes one more event, in the order of effect."""
        ...

    def spec(self, state: State) -> Document | None:
        """What it tells; None while that is not worth an event."""
        ...


class Order(NamedTuple):
    """The order of effect of events of any entities; no two are equal."""

    timestamp: datetime
    recorded_at: datetime
    entity: str
    version: int

    @classmethod
    def of(cls, event: Event) -> "Order":
        return cls(event.timestamp, event.recorded_at, event.entity.key, event.version)


@dataclass(slots=True)
class Fold(Generic[State]):
    """One aggregate over some source events, and how far it has come."""

    aggregate: Aggregate[State]
    place: Place
    state: State
    events: int = 0
    last: Event | None = None
    recorded_at: datetime | None = None
    ids: "deque[str]" = field(default_factory=lambda: deque(maxlen=500))
    """Of the events that were added last."""

    @classmethod
    def begin(cls, aggregate: Aggregate[State], place: Place) -> "Fold[State]":
        return cls(aggregate, place, aggregate.first())

    @property
    def entity(self) -> Entity:
        return Entity(self.aggregate.type, *self.place)

    def add(self, event: Event) -> None:
        """An event that took effect after all that were added."""
        self.aggregate.step(self.state, event)
        self.events += 1
        self.last = event
        self.recorded_at = max(self.recorded_at or event.recorded_at, event.recorded_at)
        self.ids.append(event.id)

    def follows(self, event: Event) -> bool:
        """Whether the event took effect after all that were added."""
        return self.last is None or Order.of(event) > Order.of(self.last)

    def copy(self) -> "Fold[State]":
        """One that can go on by itself."""
        state, ids = copy.deepcopy(self.state), self.ids.copy()
        return Fold(self.aggregate, self.place, state, self.events, self.last, self.recorded_at, ids)

    @property
    def document(self) -> Document | None:
        """The object of the aggregate, with the position up to which it has folded."""
        spec = self.aggregate.spec(self.state)
        if spec is None or self.last is None or self.recorded_at is None:
            return None
        folded = {
            "events": self.events,
            "lastEventId": self.last.id,
            "until": instants.write(self.last.timestamp),
            "recordedAt": instants.write(self.recorded_at),
        }
        meta = {"name": self.place.name, "appId": self.place.app_id}
        return {
            "apiVersion": API_VERSION,
            "kind": self.aggregate.type,
            "meta": meta,
            "spec": {**spec, "folded": folded},
        }


def fold(aggregate: Aggregate[State], place: Place, events: Iterable[Event]) -> Fold[State]:
    """The aggregate of these events, which may come in any order."""
    made = Fold.begin(aggregate, place)
    for event in sorted(events, key=Order.of):
        made.add(event)
    return made


def place_of(aggregate: Aggregate[Any], event: Event) -> Place | None:
    """`aggregate.place`, but never of an aggregate, and of nothing that cannot be the name of an entity."""
    if event.kind.endswith(SUFFIX):
        return None
    place = aggregate.place(event)
    try:
        return Place(*entity(aggregate.type, *place)[1:]) if place is not None else None
    except InvalidArgument:
        return None


def draft(entity: Entity, document: Document, timestamp: datetime, spec: Document | None = None) -> Draft:
    """The event of an aggregate. Its id follows from its content, so that it is stored once whoever folds it.

    `spec` is what is told beside the aggregate; it does not count.
    """
    content = content_of(document)
    return Draft(
        id=str(uuid.uuid5(_IDS, f"{entity.key}\n{content.decode()}")),
        entity=entity,
        kind=entity.type,
        action=ACTION,
        phase=Phase.OUTCOME,
        actor=_ACTOR,
        api_version=API_VERSION,
        digest=hashlib.sha256(content).hexdigest(),
        timestamp=timestamp,
        state=document,
        state_key=entity.type[:1].lower() + entity.type[1:],
        spec=spec or {},
    )


def content_of(document: Document) -> bytes:
    """What two aggregates must have in common to be the same, to the byte."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)

"""An event: an immutable envelope around the complete domain object."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain import instants
from domain.entity import Entity

Document = dict[str, Any]


class Phase(StrEnum):
    INTENT = "INTENT"
    OUTCOME = "OUTCOME"


class ActorType(StrEnum):
    HUMAN = "HUMAN"
    SERVICE = "SERVICE"
    CONTROLLER = "CONTROLLER"


@dataclass(frozen=True, slots=True)
class Actor:
    id: str
    type: ActorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a writer hands in; the log adds version, timestamp and recordedAt."""

    entity: Entity
    kind: str
    action: str
    phase: Phase
    actor: Actor
    api_version: str
    digest: str
    """Of the content as it came: tells a repetition from another event with the same id."""
    id: str | None = None
    """The writer's idempotency key. Without one the log makes a UUIDv7."""
    timestamp: datetime | None = None
    """Effective time of an imported event; None takes the log's clock."""
    timestamp_text: str | None = None
    """The writer's text when it is finer than milliseconds."""
    correlation_id: str | None = None
    execution_id: str | None = None
    state: Document | None = None
    """The complete domain object; of a delete, the last one."""
    state_key: str | None = None
    """Where in the envelope's spec the state stood."""
    deletes: bool = False
    failed: bool = False
    """Of an intent: it was refused, so no outcome follows."""
    meta: Document = field(default_factory=dict)
    """Further keys of the envelope's meta."""
    spec: Document = field(default_factory=dict)
    """The envelope's spec without the state."""
    rest: Document = field(default_factory=dict)
    """Further keys of the envelope itself."""

    @property
    def stateful(self) -> bool:
        """Whether it changes state: an outcome with a domain object."""
        return self.phase is Phase.OUTCOME and self.state is not None

    def recorded(self, event_id: str, version: int, timestamp: datetime, recorded_at: datetime) -> "Event":
        """The event that the log made of it."""
        return Event(
            id=event_id,
            entity=self.entity,
            version=version,
            timestamp=timestamp,
            recorded_at=recorded_at,
            kind=self.kind,
            action=self.action,
            phase=self.phase,
            actor=self.actor,
            api_version=self.api_version,
            stateful=self.stateful,
            deletes=self.deletes,
            failed=self.failed,
            timestamp_text=self.timestamp_text,
            correlation_id=self.correlation_id,
            execution_id=self.execution_id,
            state=self.state,
            state_key=self.state_key,
            meta=self.meta,
            spec=self.spec,
            rest=self.rest,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Event:
    """One entry of the log. Of a read that did not ask for them, `state`, `meta`, `spec` and `rest` are None."""

    id: str
    entity: Entity
    version: int
    """1..n per entity, dense, in commit order."""
    timestamp: datetime
    """Effective time: when it was true."""
    recorded_at: datetime
    """Recorded time: when this store learned it."""
    kind: str
    action: str
    phase: Phase
    actor: Actor
    api_version: str
    stateful: bool
    deletes: bool
    failed: bool = False
    timestamp_text: str | None = None
    correlation_id: str | None = None
    execution_id: str | None = None
    state: Document | None = None
    """None also for an event that carries none; of a delete, the last state."""
    recorded: Document | None = None
    """The state as it was written, where `state` is what a newer version of its type makes of it."""
    state_key: str | None = None
    meta: Document | None = None
    spec: Document | None = None
    rest: Document | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return all(getattr(self, each.name) == getattr(other, each.name) for each in fields(Event))

    def __hash__(self) -> int:
        return hash(self.id)

    def showing(self, state: Document | None, recorded: Document | None) -> "Event":
        """The same event with another state, and with the one that was written where that is not the same."""
        return replace(self, state=state, recorded=recorded)

    @property
    def written(self) -> Document | None:
        """The state as it was written."""
        return self.state if self.recorded is None else self.recorded

    @property
    def timestamp_iso(self) -> str:
        """`timestamp` as the API writes it: 2025-01-15T10:30:00.000Z"""
        return instants.write(self.timestamp)

    @property
    def recorded_at_iso(self) -> str:
        return instants.write(self.recorded_at)

    def is_settled(self, at: datetime, known_at: datetime) -> bool:
        """Whether it had taken effect by `at` and was recorded by `known_at`."""
        return self.timestamp <= at and self.recorded_at <= known_at

    @property
    def order(self) -> tuple[datetime, int]:
        """State order. Time alone does not order two events of one millisecond."""
        return self.timestamp, self.version

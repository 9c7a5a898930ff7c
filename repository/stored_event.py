"""An event as MongoDB holds it: each part is read when somebody asks for it, and most are never asked for."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar

from domain import instants
from domain.entity import Entity, from_stored
from domain.event import Actor, ActorType, Document, Event, Phase
from repository.made_once import MadeOnce, put

_PHASES = {phase.value: phase for phase in Phase}


@lru_cache(maxsize=4096)
def _actor(id_: str, type_: str) -> Actor:
    """A few actors cause most events."""
    return Actor(id_, ActorType(type_))


@lru_cache(maxsize=256)
def _naive(at: datetime) -> datetime:
    """The same instant in UTC, without saying so. A request has one, and compares it with many."""
    return at.astimezone(UTC).replace(tzinfo=None)


def _part(key: str) -> Any:
    """What is always there, if it was fetched."""
    return property(lambda event: event._document[key])


def _time(key: str) -> Callable[["StoredEvent"], datetime]:
    """An instant, of a document whose times may not say that they are in UTC."""

    def make(event: "StoredEvent") -> datetime:
        at: datetime = event._document[key]
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    return make


def _iso(key: str) -> Callable[["StoredEvent"], str]:
    """The text of an instant, which costs a third of an aware one and its text."""

    def make(event: "StoredEvent") -> str:
        at: datetime = event._document[key]
        return instants.write(at) if at.tzinfo else at.isoformat("T", "milliseconds") + "Z"

    return make


def _actor_of(event: "StoredEvent") -> Actor:
    actor = event._document["actor"]
    return _actor(actor["id"], actor["type"])


def _maybe(key: str, otherwise: Any = None) -> Any:
    return property(lambda event: event._document.get(key, otherwise))


def _body(key: str) -> Any:
    """Empty parts are not kept; the digest is, so that it tells whether the body was fetched."""
    return property(lambda event: event._document.get(key, {} if "digest" in event._document else None))


class StoredEvent(MadeOnce, Event):
    """Many requests may share it.

    Raises KeyError for a part of the header that was not fetched: see `Fields.header`.
    """

    __slots__ = ("_document", "recorded_at_iso", "timestamp_iso")

    _document: Mapping[str, Any]

    _made: ClassVar = {
        "entity": lambda event: from_stored(event._document["entity"]),
        "actor": _actor_of,
        "timestamp": _time("timestamp"),
        "recorded_at": _time("recordedAt"),
        "timestamp_iso": _iso("timestamp"),
        "recorded_at_iso": _iso("recordedAt"),
    }

    def __init__(
        self, document: Mapping[str, Any], entity: Entity | None = None, recorded: Document | None = None
    ) -> None:
        put(self, "_document", document)
        put(self, "recorded", recorded)
        if entity is not None:
            put(self, "entity", entity)

    def __repr__(self) -> str:
        return f"StoredEvent({self._document!r})"

    def showing(self, state: Document | None, recorded: Document | None) -> Event:
        return StoredEvent({**self._document, "state": state}, self.entity, recorded)

    def is_settled(self, at: datetime, known_at: datetime) -> bool:
        """Compares times as they are stored, which most events have to do and nothing else."""
        timestamp, recorded_at = self._document["timestamp"], self._document["recordedAt"]
        if timestamp.tzinfo is None:
            at, known_at = _naive(at), _naive(known_at)
        return bool(timestamp <= at and recorded_at <= known_at)

    id: Any = _part("_id")
    version: Any = _part("version")
    kind: Any = _part("kind")
    action: Any = _part("action")
    phase: Any = property(lambda event: _PHASES[event._document["phase"]])
    api_version: Any = _part("apiVersion")
    stateful: Any = _part("stateful")
    deletes: Any = _part("deletes")
    failed: Any = _maybe("failed", False)
    timestamp_text: Any = _maybe("timestampText")
    correlation_id: Any = _maybe("correlationId")
    execution_id: Any = _maybe("executionId")
    state: Any = _maybe("state")
    state_key: Any = _maybe("stateKey")
    meta: Any = _body("meta")
    spec: Any = _body("spec")
    rest: Any = _body("rest")

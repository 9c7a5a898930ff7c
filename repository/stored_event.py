"""An event as MongoDB holds it: each part is read when somebody asks for it, and most are never asked for."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from domain import instants
from domain.entity import Entity, from_stored
from domain.event import Actor, ActorType, Document, Event, Phase

_PHASES = {phase.value: phase for phase in Phase}
_put = object.__setattr__


@lru_cache(maxsize=4096)
def _actor(id_: str, type_: str) -> Actor:
    """A few actors cause most events."""
    return Actor(id_, ActorType(type_))


def _part(key: str) -> Any:
    """What is always there, if it was fetched."""
    return property(lambda event: event._document[key])


def _once(slot: str, make: Callable[[Any], Any]) -> Any:
    """What is made of the document when it is first asked for: many requests may share the event."""

    def read(event: Any) -> Any:
        try:
            return getattr(event, slot)
        except AttributeError:
            made = make(event._document)
            _put(event, slot, made)
            return made

    return property(read)


def _time(slot: str, key: str) -> Any:
    """An instant, of a document whose times may not say that they are in UTC."""

    def make(document: Mapping[str, Any]) -> datetime:
        at: datetime = document[key]
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    return _once(slot, make)


def _iso(slot: str, key: str) -> Any:
    """The text of an instant, which costs a third of an aware one and its text."""

    def make(document: Mapping[str, Any]) -> str:
        at: datetime = document[key]
        return instants.write(at) if at.tzinfo else at.isoformat("T", "milliseconds") + "Z"

    return _once(slot, make)


def _maybe(key: str, otherwise: Any = None) -> Any:
    return property(lambda event: event._document.get(key, otherwise))


def _body(key: str) -> Any:
    """Empty parts are not kept; the digest is, so that it tells whether the body was fetched."""
    return property(lambda event: event._document.get(key, {} if "digest" in event._document else None))


class StoredEvent(Event):
    """Raises KeyError for a part of the header that was not fetched: see `Fields.header`."""

    __slots__ = (
        "_document",
        "_entity",
        "_recorded",
        "_recorded_at",
        "_recorded_at_iso",
        "_timestamp",
        "_timestamp_iso",
    )

    _document: Mapping[str, Any]
    _entity: Entity | None
    _recorded: Document | None

    def __init__(
        self, document: Mapping[str, Any], entity: Entity | None = None, recorded: Document | None = None
    ) -> None:
        _put(self, "_document", document)
        _put(self, "_entity", entity)
        _put(self, "_recorded", recorded)

    def __repr__(self) -> str:
        return f"StoredEvent({self._document!r})"

    def showing(self, state: Document | None, recorded: Document | None) -> Event:
        return StoredEvent({**self._document, "state": state}, self._entity, recorded)

    def _read_entity(self) -> Entity:
        if self._entity is None:
            _put(self, "_entity", from_stored(self._document["entity"]))
        assert self._entity is not None
        return self._entity

    def _read_actor(self) -> Actor:
        actor = self._document["actor"]
        return _actor(actor["id"], actor["type"])

    id: Any = _part("_id")
    entity: Any = property(_read_entity)
    version: Any = _part("version")
    timestamp: Any = _time("_timestamp", "timestamp")
    recorded_at: Any = _time("_recorded_at", "recordedAt")
    timestamp_iso: Any = _iso("_timestamp_iso", "timestamp")
    recorded_at_iso: Any = _iso("_recorded_at_iso", "recordedAt")
    kind: Any = _part("kind")
    action: Any = _part("action")
    phase: Any = property(lambda event: _PHASES[event._document["phase"]])
    actor: Any = property(_read_actor)
    api_version: Any = _part("apiVersion")
    stateful: Any = _part("stateful")
    deletes: Any = _part("deletes")
    failed: Any = _maybe("failed", False)
    timestamp_text: Any = _maybe("timestampText")
    correlation_id: Any = _maybe("correlationId")
    execution_id: Any = _maybe("executionId")
    state: Any = _maybe("state")
    recorded: Any = property(lambda event: event._recorded)
    state_key: Any = _maybe("stateKey")
    meta: Any = _body("meta")
    spec: Any = _body("spec")
    rest: Any = _body("rest")

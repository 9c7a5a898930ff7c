"""What conditions and orders can ask of an entity: its name, its state, and the events behind it."""

from typing import Any

from domain.entity import Entity
from domain.event import Document, Event

NAME, APP_ID = ("name",), ("appId",)
STATE, META = ("state",), ("meta",)
STATE_EVENT, LAST_EVENT = ("at",), ("last",)


def view(entity: Entity, state: Event | None, last: Event | None) -> Document:
    """`meta` is that of the state, called `meta` or `metadata`; `at` the event that carries it, `last` the newest."""
    document = (state.state if state else None) or {}
    meta = document.get("meta")
    return {
        "name": entity.name,
        "appId": entity.app_id,
        "state": document,
        "meta": document.get("metadata") if meta is None else meta,
        "at": _header(state),
        "last": _header(last),
    }


def _header(event: Event | None) -> dict[str, Any] | None:
    if event is None:
        return None
    return {
        "kind": event.kind,
        "action": event.action,
        "phase": event.phase.value,
        "actor": {"id": event.actor.id, "type": event.actor.type.value},
        "timestamp": event.timestamp,
        "recordedAt": event.recorded_at,
        "version": event.version,
        "executionId": event.execution_id,
        "correlationId": event.correlation_id,
    }

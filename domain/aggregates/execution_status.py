"""How an execution went: its phase and times, what failed, what it touched, who wanted it and who allowed it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from domain import instants
from domain.aggregate import Path, Place, Sources
from domain.aggregates.counting import counted, text_at
from domain.event import Actor, Document, Event, Phase

_PHASES = frozenset({"PENDING", "RUNNING", "COMPLETED", "FAILED", "ROLLED_BACK"})
_ENDS = frozenset({"COMPLETED", "FAILED", "ROLLED_BACK"})
_BY_ACTION = {
    **dict.fromkeys(("Failed", "Rejected", "Refused", "Aborted", "Cancelled", "TimedOut"), "FAILED"),
    **dict.fromkeys(("Completed", "Succeeded", "Finished", "Applied", "Published", "Deleted"), "COMPLETED"),
    **dict.fromkeys(("RolledBack", "Reverted"), "ROLLED_BACK"),
}
_MOST = 100


@dataclass(slots=True)
class Progress:
    phase: str = "PENDING"
    phase_at: datetime | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    triggered_by: Actor | None = None
    approved_by: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    errors: list[Document] = field(default_factory=list)
    failures: int = 0
    references: set[tuple[str, str]] = field(default_factory=set)


class ExecutionStatus:
    """The events of one app that share an executionId."""

    type: ClassVar[str] = "ExecutionStatusAggregate"
    reads: ClassVar[tuple[Path, ...]] = (("status",),)

    def place(self, event: Event) -> Place | None:
        return Place(event.entity.app_id, event.execution_id) if event.execution_id is not None else None

    def sources(self, place: Place) -> Sources:
        return Sources(app_id=place.app_id, execution_id=place.name)

    def first(self) -> Progress:
        return Progress()

    def step(self, state: Progress, event: Event) -> None:
        state.started_at = state.started_at or event.timestamp
        state.triggered_by = state.triggered_by or event.actor
        state.updated_at = event.timestamp
        state.kinds[event.kind] += 1
        state.references.add((event.entity.type, event.entity.name))
        state.approved_by.update(_approvals(event))
        phase = _phase(event)
        if phase is not None:
            state.phase, state.phase_at = phase, event.timestamp
        if phase == "FAILED":
            state.failures += 1
            state.errors = [*state.errors, _error(event)][-_MOST:]

    def spec(self, state: Progress) -> Document | None:
        if state.started_at is None or state.updated_at is None or state.triggered_by is None:
            return None
        ended = state.phase_at if state.phase in _ENDS else None
        return {
            "phase": state.phase,
            "startedAt": instants.write(state.started_at),
            "updatedAt": instants.write(state.updated_at),
            **({"finishedAt": instants.write(ended)} if ended else {}),
            "triggeredBy": {"id": state.triggered_by.id, "type": state.triggered_by.type.value},
            "approvedBy": sorted(state.approved_by),
            "counts": counted(state.kinds, "kind"),
            "failures": state.failures,
            "errors": state.errors,
            "entities": len(state.references),
            "references": [{"type": type_, "name": name} for type_, name in sorted(state.references)[:_MOST]],
        }


def _phase(event: Event) -> str | None:
    """What the event says of the phase: by its object's own status, or by what was done. An act says nothing."""
    if event.failed:
        return "FAILED"
    if event.phase is Phase.INTENT:
        return None
    told = (text_at(event.state, "status", "phase") or "").upper() if event.stateful else ""
    if told in _PHASES:
        return told
    return _BY_ACTION.get(event.action, "RUNNING" if event.stateful else None)


def _approvals(event: Event) -> list[str]:
    metadata = (event.spec or {}).get("metadata")
    named = metadata.get("approvedBy") if isinstance(metadata, dict) else None
    by = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
    return [*by, event.actor.id] if event.action == "Approved" else by


def _error(event: Event) -> Document:
    said = text_at(event.state, "status", "message") if event.stateful else None
    spec = event.spec or {}
    message = text_at(spec, "status", "error") or text_at(spec, "error") or said or text_at(spec, "message")
    return {
        "eventId": event.id,
        "kind": event.kind,
        "type": event.entity.type,
        "name": event.entity.name,
        "timestamp": instants.write(event.timestamp),
        "message": message or ("refused" if event.failed else "no reason was given"),
    }

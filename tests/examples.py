"""The objects, envelopes, drafts and events that tests are about."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.entity import Entity
from domain.event import Actor, ActorType, Document, Draft, Event, Phase

T0 = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)
JOHN = Actor("john.doe@example.com", ActorType.HUMAN)
PIPELINE = Actor("delivery-pipeline", ActorType.SERVICE)
VPC = Entity("Artifact", "09287", "terraform-vpc-module")


def later(milliseconds: float, start: datetime = T0) -> datetime:
    return start + timedelta(milliseconds=milliseconds)


class Hands:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime = T0) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, milliseconds: float) -> datetime:
        self.at = later(milliseconds, self.at)
        return self.at


def artifact(entity: Entity = VPC, labels: Mapping[str, Any] | None = None, **spec: Any) -> Document:
    """An object that its schema accepts."""
    meta = {"name": entity.name, "appId": entity.app_id} | ({"labels": dict(labels)} if labels is not None else {})
    return {"apiVersion": "v1alpha1", "kind": entity.type, "meta": meta, "spec": {"version": "2.1.0", **spec}}


def envelope(kind: str = "ArtifactAppliedEvent", /, **meta: Any) -> Document:
    """SPEC §3's envelope in short; keys of its meta can be added or replaced."""
    return {
        "apiVersion": "v1alpha1",
        "kind": kind,
        "meta": {
            "name": VPC.name,
            "appId": VPC.app_id,
            "correlationId": "req-5678",
            "executionId": "exec-9012",
            **meta,
        },
        "spec": {
            "artifact": artifact(labels={"team": "platform"}),
            "validation": {"overall": "SUCCESS", "details": {"validations": [{"name": "naming", "pass": True}]}},
            "metadata": {"gitCommit": "a3f9c82", "approvedBy": ["alice@example.com"]},
        },
    }


def draft(entity: Entity = VPC, action: str = "Applied", state: Document | None = None, **fields: Any) -> Draft:
    """An outcome, or an intent when `action` is Apply or Delete; with a state only when one is given."""
    content = f"{entity.key} {action} {state} {sorted(fields.items(), key=str)}"
    filled: dict[str, Any] = {
        "entity": entity,
        "kind": f"{entity.type}{action}Event",
        "action": action,
        "phase": Phase.INTENT if action in ("Apply", "Delete") else Phase.OUTCOME,
        "deletes": action == "Deleted",
        "actor": JOHN,
        "api_version": "v1alpha1",
        "digest": hashlib.sha256(content.encode()).hexdigest(),
        "state": state,
        "state_key": "artifact" if state is not None else None,
    }
    return Draft(**(filled | fields))


def event(
    version: int,
    at: datetime = T0,
    recorded_at: datetime | None = None,
    action: str = "Applied",
    state: Document | None = None,
    **fields: Any,
) -> Event:
    """What the log makes of `draft(action=…, state=…)`."""
    return recorded(draft(action=action, state=state, **fields), version, at, recorded_at or at)


def recorded(made: Draft, version: int, at: datetime, recorded_at: datetime) -> Event:
    """The event of a draft, without a log."""
    return Event(
        id=made.id or f"event-{version}",
        entity=made.entity,
        version=version,
        timestamp=at,
        recorded_at=recorded_at,
        kind=made.kind,
        action=made.action,
        phase=made.phase,
        actor=made.actor,
        api_version=made.api_version,
        stateful=made.stateful,
        deletes=made.deletes,
        failed=made.failed,
        timestamp_text=made.timestamp_text,
        correlation_id=made.correlation_id,
        execution_id=made.execution_id,
        state=made.state,
        state_key=made.state_key,
        meta=made.meta,
        spec=made.spec,
        rest=made.rest,
    )

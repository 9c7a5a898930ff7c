"""An event as it is written down: who did what to which entity, in which request and execution."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID, uuid5

from cli.demo.dice import digest
from cli.demo.hours import text
from cli.demo.people import Actor

Json: TypeAlias = dict[str, Any]

_DEMO = UUID("6f2a1c9e-5b0d-5c3e-9a44-0d5e1d3a7b21")


class Entity(NamedTuple):
    type: str
    app_id: str
    name: str


@dataclass(frozen=True)
class Trace:
    """The request, and the execution if there is one, that events belong to."""

    correlation: str
    execution: str | None = None

    @classmethod
    def request(cls, name: str) -> "Trace":
        return cls(f"req-{digest('request ' + name, 8)}")

    def run(self, name: str) -> "Trace":
        """The same request, carried out by an execution."""
        return Trace(self.correlation, f"exec-{digest(f'execution {self.correlation} {name}', 8)}")


def event_id(entity: Entity, number: int) -> str:
    """The id of an entity's n-th event, counted from 1."""
    return str(uuid5(_DEMO, "/".join((*entity, str(number)))))


def envelope(
    entity: Entity,
    number: int,
    moment: datetime,
    action: str,
    actor: Actor,
    trace: Trace,
    state: Json | None,
    spec: Json,
) -> Json:
    """The entity's n-th event; a copy, so that nothing a reader does to it can reach another."""
    meta = {
        "eventId": event_id(entity, number),
        "timestamp": text(moment),
        "userId": actor.id,
        "actorType": actor.type,
        "correlationId": trace.correlation,
        **({"executionId": trace.execution} if trace.execution else {}),
        "name": entity.name,
        "appId": entity.app_id,
    }
    body = {entity.type.lower(): state, **spec} if state else spec
    return deepcopy({"apiVersion": "v1alpha1", "kind": f"{entity.type}{action}Event", "meta": meta, "spec": body})

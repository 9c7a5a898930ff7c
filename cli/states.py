"""The state of one object now, at a moment, or at a version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli import pages
from cli.client import Client
from cli.failure import Failure
from cli.targets import Target

Point = str | int | None
"""An instant, a version, or now."""

_STATE = "current(includeDeleted: true) { raw version validFrom deleted event { id kind } }"
_LAST = "lastEvent { version kind timestamp actor { id } }"
_ENTITY = f"entity(type: $type, appId: $appId, name: $name) {{ {_STATE} {_LAST} }}"
_NOW = f"query($type: String!, $appId: String!, $name: String!) {{ {_ENTITY} }}"
_THEN = f"""query($type: String!, $appId: String!, $name: String!, $time: Instant!, $known: Instant) {{
  at(time: $time, knownAt: $known) {{ {_ENTITY} }} }}"""
_VERSIONS = """query($type: String!, $appId: String!, $name: String!, $first: Int!, $after: String) {
  entity(type: $type, appId: $appId, name: $name) {
    events(first: $first, after: $after) { nodes { id version } pageInfo { hasNextPage endCursor } } } }"""
_EVENT = "query($id: ID!) { event(id: $id) { id kind version timestamp state { raw deleted } } }"


@dataclass(frozen=True, slots=True)
class State:
    """What an event left behind. `object` is the last one if the event deleted it."""

    object: dict[str, Any]
    version: int
    since: str
    deleted: bool
    event_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One object at one point. `state` is None before its first one; `last` is its newest event, not of a version."""

    state: State | None
    last: Mapping[str, Any] | None

    @property
    def living(self) -> State | None:
        return self.state if self.state is not None and not self.state.deleted else None


class NotFound(Failure):
    """There is no such object, or there was none at that time."""

    code = "NOT_FOUND"


def at(client: Client, target: Target, point: Point = None, known_at: str | None = None) -> Seen:
    """Raises NotFound when there was no event of the object by then, or none with that version."""
    if isinstance(point, int):
        return Seen(_of_version(client, target, point), None)
    if point is None and known_at is None:
        entity = client.ask(_NOW, **target.key)["entity"]
    else:
        entity = client.ask(_THEN, **target.key, time=point or client.now(), known=known_at)["at"]["entity"]
    if entity is None:
        raise missing(target, point)
    return Seen(_state(entity["current"]), entity["lastEvent"])


def missing(target: Target, point: Point = None) -> NotFound:
    when = f" at {point}" if point else ""
    hint = None if target.type.registered else f"Nobody registered the type {target.type.name}: its case matters."
    return NotFound(f"there is no {target} in the app {target.app_id}{when}", hint=hint)


def gone(target: Target, seen: Seen, point: Point = None) -> NotFound:
    """Why there is no living object although there are events."""
    when = f" at {point}" if point else ""
    if seen.state is None:
        return NotFound(f"{target} in the app {target.app_id} has events but no state{when}", hint="See dsel history.")
    return NotFound(
        f"{target} in the app {target.app_id} was deleted at {seen.state.since}", hint="--include-deleted shows it."
    )


def _state(current: Mapping[str, Any] | None) -> State | None:
    if current is None:
        return None
    event = current["event"]
    return State(
        current["raw"], current["version"], current["validFrom"], current["deleted"], event["id"], event["kind"]
    )


def _of_version(client: Client, target: Target, version: int) -> State:
    event = client.ask(_EVENT, id=_event_id(client, target, version))["event"]
    if event["state"] is None:
        what = f"version {version} of {target} is {event['kind']}, which holds no state"
        raise NotFound(what, hint="See dsel history.")
    state = event["state"]
    return State(state["raw"], version, event["timestamp"], state["deleted"], event["id"], event["kind"])


def _event_id(client: Client, target: Target, version: int) -> str:
    found = False
    for event in pages.nodes(client, _VERSIONS, "entity", "events", **target.key):
        if event["version"] == version:
            return str(event["id"])
        found = True
    if not found:
        raise missing(target)
    raise NotFound(f"{target} in the app {target.app_id} has no version {version}", hint="See dsel history.")

"""`dsel who`"""

from typing import Any

import typer

from cli import output, states, targets, timeline, times
from cli.arguments import App, AsOf, Name, Output, Type
from cli.client import Client
from cli.output import Format
from cli.targets import Target
from cli.type_names import TypeNames

_EVENT = "id kind version timestamp correlationId executionId actor { id type } spec intent { spec }"
_QUERY = """query($type: String!, $appId: String!, $name: String!, $time: Instant!) {
  at(time: $time) { entity(type: $type, appId: $appId, name: $name) {
    lastEvent { %s }
    current(includeDeleted: true) { event { %s } }
    human: lastActor(type: HUMAN) { event { %s } } } } }"""

_MORE = {"comment": "comment", "execution": "executionId", "correlation": "correlationId"}


def who(
    context: typer.Context,
    type_: Type,
    name: Name = None,
    as_of: AsOf = None,
    app: App = None,
    format_: Output = Format.TABLE,
) -> None:
    """Tells who or what last acted on an object, when, and by which event; who last changed it; and the last human.

    Examples:
    $ dsel who artifact vpc -a 09287
    $ dsel who deployment/payments-production -a 11402 --as-of 2025-01-15T10:30:00Z -o json
    """
    client: Client = context.obj
    target = targets.one(TypeNames(client), type_, name, app)
    time = times.instant(as_of) if as_of else None
    now = time or client.now()
    found = client.ask(_QUERY % (_EVENT, _EVENT, _EVENT), **target.key, time=now)["at"]["entity"]
    if found is None:
        raise states.missing(target, time)
    told = _told(found)
    if format_.is_whole:
        output.document(told, format_)
    elif format_ is Format.NAME:
        output.write(told["lastAct"]["actor"]["id"])
    else:
        output.pairs(_lines(target, told, now))


def _told(entity: Any) -> dict[str, Any]:
    """What is found, in a shape for programs. There may be no change and no human."""
    current, human = entity["current"], entity["human"]
    return {
        "lastAct": _event(entity["lastEvent"]),
        "lastChange": _event(current["event"]) if current else None,
        "lastHuman": _event(human["event"]) if human else None,
    }


def _event(event: Any) -> dict[str, Any]:
    comment = timeline.comment(event) or timeline.comment(event["intent"] or {"spec": None})
    told = {key: value for key, value in event.items() if key not in ("spec", "intent")}
    return told | {"comment": comment or None}


def _lines(target: Target, told: dict[str, Any], now: str) -> list[tuple[str, str]]:
    act = told["lastAct"]
    lines = [("Object", f"{target} in the app {target.app_id}"), ("Last act", _line(act, now))]
    lines += [(name.capitalize(), act[key]) for name, key in _MORE.items() if act[key]]
    others = (("Last change", told["lastChange"]), ("Last human", told["lastHuman"]))
    return lines + [(name, "that act" if event == act else _line(event, now)) for name, event in others]


def _line(event: Any, now: str) -> str:
    if event is None:
        return "none"
    actor, since = event["actor"], event["timestamp"]
    when = f"{times.age(since, now)} before, {since}"
    return f"{actor['id']} ({actor['type']}), {when}, {event['kind']}, version {event['version']}, {event['id']}"

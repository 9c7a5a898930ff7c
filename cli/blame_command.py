"""`dsel blame`"""

from typing import Annotated, Any

import typer

from cli import changes, output, states, targets, times
from cli.arguments import App, AsOf, Name, Output, Type
from cli.client import Client
from cli.output import Format
from cli.type_names import TypeNames

_QUERY = """query($type: String!, $appId: String!, $name: String!, $time: Instant!, $paths: [String!], $depth: Int!) {
  at(time: $time) { entity(type: $type, appId: $appId, name: $name) { current(includeDeleted: true) {
    blame(paths: $paths, depth: $depth) {
      path value since actor { id type } event { id kind version timestamp correlationId executionId }
      request { id kind timestamp actor { id type } } } } } } }"""

_HEADERS = ("SINCE", "ACTOR", "ASKED-BY", "EVENT", "FIELD", "VALUE")
_WIDE = ("SINCE", "ACTOR", "ACTOR-TYPE", "ASKED-BY", "EVENT", "VERSION", "CORRELATION", "ID", "FIELD", "VALUE")


def blame(
    context: typer.Context,
    type_: Type,
    name: Name = None,
    paths: Annotated[
        list[str] | None,
        typer.Option(
            "--path", "-p", metavar="POINTER", help="Only what is at or below, like /spec/version. Repeatable."
        ),
    ] = None,
    as_of: AsOf = None,
    depth: Annotated[int, typer.Option(metavar="N", min=1, help="How many earlier states to read at most.")] = 1_000,
    app: App = None,
    format_: Output = Format.TABLE,
) -> None:
    """Tells of each field of an object who gave it its value, when, and by which event, as git blame does of lines.

    ASKED-BY is whose intent led to it. What lies further back than --depth has no actor; it is as it is at least since
    then. -o name gives the actors.

    Examples:
    $ dsel blame deployment payments-production -a 11402 -p /spec
    $ dsel blame config/checkout-settings -a 11418 --as-of 2025-01-15T10:30:00Z -o json
    """
    client: Client = context.obj
    target = targets.one(TypeNames(client), type_, name, app)
    time = times.instant(as_of) if as_of else None
    asked = {**target.key, "time": time or client.now(), "paths": paths, "depth": depth}
    found = client.ask(_QUERY, **asked)["at"]["entity"]
    if found is None or found["current"] is None:
        raise states.missing(target, time)
    _show(found["current"]["blame"], format_)


def _show(fields: list[Any], format_: Format) -> None:
    if format_.is_whole:
        output.document(output.listed(fields), format_)
    elif format_ is Format.NAME:
        for actor in dict.fromkeys(each["actor"]["id"] for each in fields if each["actor"]):
            output.write(actor)
    else:
        wide = format_ is Format.WIDE
        output.table(_WIDE if wide else _HEADERS, [_row(each, wide=wide) for each in fields])


def _row(field: Any, *, wide: bool) -> tuple[str, ...]:
    actor, event = field["actor"] or {}, field["event"] or {}
    value = changes.one_line(field["value"])
    since = field["since"] if event else f"before {field['since']}"
    more = (actor.get("type", ""),) if wide else ()
    ids = (str(event.get("version", "")), event.get("correlationId") or "", event.get("id", "")) if wide else ()
    asked_by = ((field["request"] or {}).get("actor") or {}).get("id", "")
    return since, actor.get("id", ""), *more, asked_by, event.get("kind", ""), *ids, field["path"] or "/", value

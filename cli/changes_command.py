"""`dsel changes`"""

from typing import Annotated, Any

import typer
from rich.text import Text

from cli import changes, console, output, pages, times
from cli.arguments import App, Number, Output
from cli.client import Client
from cli.output import Format
from cli.type_names import TypeNames

_QUERY = """query($from: Instant!, $to: Instant, $where: EventWhere, $selector: String, $first: Int!, $after: String) {
  changes(from: $from, to: $to, where: $where, labelSelector: $selector, order: HUMANS_FIRST, first: $first,
    after: $after) { nodes { from to entity { type appId name } difference changes { path from to }
      actors { id type event { id kind timestamp } } } pageInfo { hasNextPage endCursor } } }"""
_WITH_CHANGES = 50
"""Objects on a page."""
_STYLES = {"CREATED": "green", "CHANGED": "yellow", "DELETED": "red"}

_Several = list[str] | None


def changed(
    context: typer.Context,
    from_: Annotated[str, typer.Option("--from", metavar="TIME", help="The earlier moment: RFC 3339, 15m, 2h, 3d.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="TIME", show_default="now", help="The later moment: the same.")
    ] = None,
    types_: Annotated[_Several, typer.Option("--type", "-t", metavar="TYPE", help="Of this type. Repeatable.")] = None,
    selector: Annotated[
        str | None, typer.Option("--selector", "-l", metavar="LABELS", help="With these labels at either moment.")
    ] = None,
    actors: Annotated[
        _Several, typer.Option("--actor", metavar="ID", help="Changed by this actor, maybe among others. Repeatable.")
    ] = None,
    execution: Annotated[str | None, typer.Option(metavar="ID", help="Changed by this run of a workflow.")] = None,
    app: App = None,
    number: Number = 50,
    format_: Output = Format.TABLE,
) -> None:
    """Shows everything that came, went or became another between two moments, and who acted on it: humans first.

    Examples:
    $ dsel changes -a 11418 --from 2025-01-15T10:00:00Z --to 2025-01-15T10:40:00Z
    $ dsel changes --from 2h --type deployment -l team=checkout -o json
    """
    client: Client = context.obj
    types = TypeNames(client)
    given = {
        "types": [types.named(each).name for each in types_ or ()],
        "appIds": [app] if app else None,
        "actors": actors,
        "executionId": execution,
    }
    asked = {
        "from": times.instant(from_),
        "to": times.instant(to) if to else None,
        "where": {name: value for name, value in given.items() if value},
        "selector": selector,
    }
    found = list(pages.nodes(client, _QUERY, "changes", size=_WITH_CHANGES, limit=number and number + 1, **asked))
    shown = found[:number] if number else found
    if format_.is_whole:
        output.document(output.listed(shown), format_)
    for each in shown if not format_.is_whole else ():
        _tell(each, types, format_)
    if not shown and format_.is_table:
        console.note("Nothing changed.")
    if len(shown) < len(found):
        console.note(f"More than {number} objects changed; -n takes another number, -n 0 all.")


def _tell(comparison: Any, types: TypeNames, format_: Format) -> None:
    entity, difference = comparison["entity"], comparison["difference"]
    object_ = f"{types.of(entity['type']).shown}/{entity['name']}"
    if format_ is Format.NAME:
        output.write(object_)
        return
    head = (console.printable(object_), "bold"), f"  in {console.printable(entity['appId'])}  "
    console.say(Text.assemble(*head, (difference, _STYLES.get(difference, ""))))
    for actor in comparison["actors"]:
        event = actor["event"]
        who = (console.printable(f"{actor['id']} ({actor['type']})"), "magenta")
        console.say(Text.assemble("    by ", who, f"  {event['timestamp']}  ", (event["kind"], "cyan")))
    if difference == "CHANGED" or format_ is Format.WIDE:
        for line in changes.told(comparison["changes"]):
            console.say(Text.assemble("    ", line))

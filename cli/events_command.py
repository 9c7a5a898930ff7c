"""`dsel events`"""

from typing import Annotated

import typer

from cli import console, timeline, times
from cli.arguments import App, Number, Output
from cli.client import Client
from cli.output import Format
from cli.timeline import Where
from cli.type_names import TypeNames

_Several = list[str] | None


def events(
    context: typer.Context,
    types_: Annotated[_Several, typer.Option("--type", "-t", metavar="TYPE", help="Of this type. Repeatable.")] = None,
    app: App = None,
    kinds: Annotated[
        _Several, typer.Option("--kind", "-k", metavar="KIND", help="Like ArtifactAppliedEvent. Repeatable.")
    ] = None,
    actors: Annotated[_Several, typer.Option("--actor", metavar="ID", help="Caused by this actor. Repeatable.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="At or after: RFC 3339, 15m, 2h, 3d.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before this moment.")] = None,
    execution: Annotated[str | None, typer.Option(metavar="ID", help="Of this run of a workflow.")] = None,
    correlation: Annotated[str | None, typer.Option(metavar="ID", help="Of this request.")] = None,
    number: Number = 50,
    format_: Output = Format.TABLE,
) -> None:
    """Shows what happened, from new to old. All conditions must hold.

    -o yaml and -o json give the whole envelopes, -o name the event ids.

    Examples:
    $ dsel events -a 09287 --since 2h
    $ dsel events --type deployment --actor anna.keller@example.com --since 1w -o wide
    $ dsel events --execution exec-9012 -n 0 -o json
    """
    client: Client = context.obj
    types = TypeNames(client)
    given = {
        "types": [types.named(each).name for each in types_ or ()],
        "appIds": [app] if app else None,
        "kinds": kinds,
        "actors": actors,
        "since": times.instant(since) if since else None,
        "until": times.instant(until) if until else None,
        "executionId": execution,
        "correlationId": correlation,
    }
    where: Where = {name: value for name, value in given.items() if value}
    fields = timeline.fields_for(format_, reasons=format_ is Format.WIDE)
    found, more = timeline.newest(timeline.log(client, where, fields, number and number + 1), number)
    if found or not format_.is_table:
        timeline.show(found, types, format_)
    else:
        console.note("No events were found.")
    if more:
        timeline.tell_more(number)

"""`dsel history`"""

from typing import Annotated

import typer
from rich.text import Text

from cli import changes, console, output, states, targets, timeline
from cli.arguments import App, Name, Number, Output, Type
from cli.client import Client
from cli.output import Format
from cli.timeline import Event
from cli.type_names import TypeNames

_HEADERS = ("VERSION", "TIME", "KIND", "ACTOR", "COMMENT")


def history(
    context: typer.Context,
    type_: Type,
    name: Name = None,
    app: App = None,
    number: Number = 50,
    show_changes: Annotated[bool, typer.Option("--changes", help="Show what each event changed.")] = False,
    format_: Output = Format.TABLE,
) -> None:
    """Shows the events of one object, from new to old.

    Examples:
    $ dsel history artifact vpc -a 09287
    $ dsel history artifact/vpc -a 09287 -n 3 --changes
    """
    client: Client = context.obj
    types = TypeNames(client)
    target = targets.one(types, type_, name, app)
    fields = timeline.fields_for(format_, reasons=True) + (f" {timeline.CHANGES}" if show_changes else "")
    found, more = timeline.newest(timeline.of(client, target, {}, fields, number and number + 1), number)
    if not found:
        raise states.missing(target)
    if format_.is_table and show_changes:
        for each in found:
            _tell(each)
    elif format_ is Format.TABLE:
        output.table(_HEADERS, [_row(each) for each in found])
    elif format_.is_whole and show_changes:
        output.document(output.listed([each["envelope"] | {"changes": each["changes"]} for each in found]), format_)
    else:
        timeline.show(found, types, format_)
    if more:
        timeline.tell_more(number)


def _row(event: Event) -> tuple[str, ...]:
    version, actor = str(event["version"]), event["actor"]["id"]
    return version, event["timestamp"], event["kind"], actor, timeline.comment(event)


def _tell(event: Event) -> None:
    actor = f"{event['actor']['id']} ({event['actor']['type']})"
    version, kind = (f"version {event['version']}", "bold"), (event["kind"], "cyan")
    console.say(Text.assemble(version, "  ", kind, f"  {event['timestamp']}  ", (console.printable(actor), "magenta")))
    if comment := timeline.comment(event):
        console.say(f"    {comment}")
    for line in changes.told(event["changes"]):
        console.say(Text.assemble("    ", line))

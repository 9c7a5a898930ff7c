"""`dsel watch`"""

from datetime import timedelta
from typing import Annotated, Any

import typer

from cli import console, output, targets, timeline
from cli.arguments import App, Name, Output
from cli.client import Client
from cli.output import Format
from cli.subscription import Subscription
from cli.timeline import Event
from cli.type_names import TypeNames
from domain import instants
from graph import json_text

_APART = timedelta(seconds=30)
"""How long before the watch a live event may have taken effect that comes after it: the clocks of servers differ."""

_LINE = "{:<24}  {:<32}  {:<40}  {:<12}  {:>7}  {}"
_HEADERS = ("TIME", "KIND", "OBJECT", "APP", "VERSION", "ACTOR")


def watch(
    context: typer.Context,
    type_: Annotated[str | None, typer.Argument(metavar="TYPE", show_default=False, help="Only of this type.")] = None,
    name: Name = None,
    app: App = None,
    format_: Output = Format.TABLE,
) -> None:
    """Shows new events as they come, until Ctrl-C, which ends it with exit code 0.

    They are sent as they are committed: none is left out and none is shown twice, also when the connection is lost
    for a while. Only what an import adds to the past is not shown. -o json writes one envelope on each line.

    Examples:
    $ dsel watch -a 09287
    $ dsel watch deployment/payments-production -a 11402
    $ dsel watch artifacts -o json | jq .kind
    """
    client: Client = context.obj
    types = TypeNames(client)
    fields = f"{timeline.HEADER} {timeline.ENVELOPE}" if format_.is_whole else timeline.HEADER
    where = _where(types, type_, name, app)
    try:
        begun = client.now()
        where["since"] = instants.write(instants.parse(begun) - _APART)
        console.note("Waiting for new events. Ctrl-C ends.")
        if format_.is_table:
            _write(_LINE.format(*_HEADERS))
        for event in Subscription(client, fields, where, begun).events(console.note):
            _write(_text(event, types, format_))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _where(types: TypeNames, type_: str | None, name: str | None, app: str | None) -> dict[str, Any]:
    type_, name = targets.split(type_, name) if type_ is not None else (None, None)
    if type_ is not None and name is not None:
        target = targets.one(types, type_, name, app)
        return {"types": [target.type.name], "appIds": [target.app_id], "names": [target.name]}
    conditions = {"types": [types.named(type_).name] if type_ else None, "appIds": [app] if app else None}
    return {key: value for key, value in conditions.items() if value}


def _text(event: Event, types: TypeNames, format_: Format) -> str:
    match format_:
        case Format.JSON:
            return json_text.dumps(event["envelope"]).decode()
        case Format.YAML:
            from cli import yaml_text

            return f"---\n{yaml_text.dumps(event['envelope'])}"
        case Format.NAME:
            return str(event["id"])
        case _:
            return _LINE.format(*map(console.printable, timeline.row(event, types)))


def _write(text: str) -> None:
    output.write(text)
    console.out.file.flush()  # a pipe is to see it now

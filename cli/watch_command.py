"""`dsel watch`"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

import typer

from cli import console, output, targets, timeline
from cli.arguments import App, Name, Output
from cli.client import Client, Unreachable
from cli.failure import Failure
from cli.output import Format
from cli.timeline import Event, Where
from cli.type_names import TypeNames
from domain import instants
from graph import json_text

_OVERLAP = timedelta(seconds=30)
"""How long after its timestamp a live write may show: the server gives up on slower ones, and clocks differ."""

_LINE = "{:<24}  {:<32}  {:<40}  {:<12}  {:>7}  {}"
_HEADERS = ("TIME", "KIND", "OBJECT", "APP", "VERSION", "ACTOR")

Page = Callable[[Where], Iterator[Event]]


def watch(
    context: typer.Context,
    type_: Annotated[str | None, typer.Argument(metavar="TYPE", show_default=False, help="Only of this type.")] = None,
    name: Name = None,
    app: App = None,
    interval: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="How often to ask for new events.")] = 1.0,
    format_: Output = Format.TABLE,
) -> None:
    """Shows new events as they come, until Ctrl-C, which ends it with exit code 0.

    The log is asked for new events again and again: none is left out and none is shown twice, also when the connection
    is lost for a while. Only what an import adds to the past is not shown. -o json writes one envelope on each line.

    Examples:
    $ dsel watch -a 09287
    $ dsel watch deployment/payments-production -a 11402
    $ dsel watch artifacts -o json | jq .kind
    """
    client: Client = context.obj
    types = TypeNames(client)
    fields = f"{timeline.HEADER} {timeline.ENVELOPE}" if format_.is_whole else timeline.HEADER
    type_, name = targets.split(type_, name) if type_ is not None else (None, None)
    if type_ is not None and name is not None:
        target = targets.one(types, type_, name, app)
        watched = Watch(client, lambda where: timeline.of(client, target, where, fields))
    else:
        conditions = {"types": [types.named(type_).name] if type_ else None, "appIds": [app] if app else None}
        scope = {key: value for key, value in conditions.items() if value}
        watched = Watch(client, lambda where: timeline.log(client, scope | where, fields))
    try:
        watched.start()
        console.note(f"Asking for new events every {interval:g} s. Ctrl-C ends.")
        if format_.is_table:
            _write(_LINE.format(*_HEADERS))
        for event in watched.events(interval):
            _write(_text(event, types, format_))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@dataclass
class Watch:
    """New events of a page of the log, each once. `since` and `seen` are the window that the next poll looks at."""

    client: Client
    page: Page
    since: str = ""
    seen: dict[str, str] = field(default_factory=dict)
    """The events that were there already, with their timestamps."""

    def start(self) -> None:
        """From now on."""
        self.since = _before(self.client.now())
        self._new()

    def events(self, interval: float) -> Iterator[Event]:
        lost = False
        while True:
            time.sleep(interval)
            try:
                found = self._new()
            except Failure as error:
                if not (error.retryable or isinstance(error, Unreachable)):
                    raise
                if not lost:
                    console.note(f"{error}. Trying again until it answers.")
                lost = True
                continue
            if lost:
                console.note("It answers again; nothing was missed.")
            lost = False
            yield from found

    def _new(self) -> list[Event]:
        """What the window holds beyond what was seen, from old to new; then the window moves on."""
        now = self.client.now()
        found = [each for each in self.page({"since": self.since}) if each["id"] not in self.seen]
        self.since = _before(now)
        times = self.seen | {each["id"]: each["timestamp"] for each in found}
        self.seen = {id_: timestamp for id_, timestamp in times.items() if timestamp >= self.since}
        return sorted(found, key=lambda each: (each["timestamp"], each["version"]))


def _before(now: str) -> str:
    return instants.write(instants.parse(now) - _OVERLAP)


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

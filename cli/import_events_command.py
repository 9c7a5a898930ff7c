"""`dsel import events`"""

from pathlib import Path
from typing import Annotated

import typer

from cli import console, event_file
from cli.client import Client
from cli.progress import Bar, bar
from cli.sender import Sender, Tally, ended

_SOME = 200
"""Lines between two looks at the progress bar."""


def import_events(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="NDJSON, gzip or not; - for stdin.")],
    live: Annotated[
        bool, typer.Option("--live", help="As live events: by you, and checked by the rules of their types.")
    ] = False,
    validate: Annotated[
        bool, typer.Option("--validate", help="Check imported objects by the rules of their types, too.")
    ] = False,
) -> None:
    """Stores events from a file with one envelope, or one CloudEvent, on each line.

    They keep their own times and actors, which needs the right to import. An event that is stored already is recognised
    by its id or, without one, by its content: after an interruption the same command again completes the work.

    Examples:
    $ dsel import events history.ndjson.gz
    $ zcat 2024.ndjson.gz 2025.ndjson.gz | dsel import events -
    """
    client: Client = context.obj
    client.now()  # no waiting for a server that is not there
    name, sender = str(file), Sender(client, imported=not live, validate=validate)
    with bar(name) as shown, event_file.opened(file) as source, sender, ended(sender.tally, name):
        for number, line in enumerate(source.lines, 1):
            sender.take(line)
            if number % _SOME == 0:
                shown.show(source.position(), source.size, number)
        sender.flush()
    report(name, sender.tally, shown)


def report(source: str, tally: Tally, shown: Bar) -> None:
    """What became of the lines. Raises typer.Exit with 1 if one was refused."""
    for number, problem, hint in tally.refusals:
        console.complain(f"{source}: line {number}: {problem}", hint=hint)
    if tally.refused > len(tally.refusals):
        console.note(f"… and {tally.refused - len(tally.refusals):,} more were refused.")
    settled = tally.stored + tally.duplicates + tally.refused
    took = f"{shown.seconds:.1f} s, {shown.rate(settled)}"
    console.say(f"{tally.stored:,} stored, {tally.duplicates:,} there already, {tally.refused:,} refused ({took})")
    if tally.refused:
        raise typer.Exit(1)

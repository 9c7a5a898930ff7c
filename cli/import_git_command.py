"""`dsel import git`"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console, import_events_command, import_place
from cli.client import Client
from cli.progress import bar
from cli.sender import Sender, ended
from graph import json_text

if TYPE_CHECKING:
    from cli.git_history import Report

_SECONDS = 20.0
"""Between two notes of how far it is."""
_EXAMPLES = 3


def import_git(
    context: typer.Context,
    repository: Annotated[Path, typer.Argument(metavar="REPO", show_default=False, help="The folder of a clone.")],
    branch: Annotated[
        str | None, typer.Option(metavar="NAME", show_default="what HEAD names", help="A branch, tag or commit.")
    ] = None,
    app_id: Annotated[
        str, typer.Option(metavar="TEMPLATE", help="The app of an object: {repo}, {namespace}, {path[1]}, {dir} …")
    ] = "{repo}",
    include: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Only files like clusters/*. Repeatable.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="No files like these. Repeatable.")
    ] = None,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Objects of kind Secret, too; the log keeps them for good.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Walk all commits again; what is stored is recognised.")
    ] = False,
    list_skipped: Annotated[bool, typer.Option("--list-skipped", help="List all files that were left out.")] = False,
) -> None:
    """Stores the history of a repository's Kubernetes-style objects: each commit that touches one is an event.

    The author is the actor, the commit's time the timestamp; sha, path and message are in the metadata. The same
    command again imports only what is new, and goes on where it was interrupted. Other files are counted.

    Examples:
    $ dsel import git ~/clusters
    $ dsel import git ~/clusters --app-id '{repo}:{path[1]}' --exclude 'archive/*'
    """
    from cli.git_history import History, Options

    client: Client = context.obj
    client.now()  # no waiting for a server that is not there
    options = Options(
        branch=branch,
        app_id=app_id,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        with_secrets=with_secrets,
    )
    place = import_place.place(client.base, repository, repr(options))
    name, sender = str(repository), Sender(client, imported=True)
    noted = time.monotonic()

    def note() -> None:
        """Everything up to here is stored, unless something was refused."""
        sender.flush()
        if not sender.tally.refused:
            place.write(history.checkpoint(), sender.tally.last_id)

    def progress(report: "Report") -> None:
        nonlocal noted
        shown.show(report.commits, report.commits_total, report.events)
        if time.monotonic() - noted > _SECONDS:
            note()
            noted = time.monotonic()

    with bar(name) as shown, sender, ended(sender.tally, name):
        last = None if again else place.read(client)
        history = History(repository, options, last, progress)
        for envelope in history:
            sender.take(json_text.dumps(envelope))
        note()
    if last is not None and history.report.resumed:
        console.note(f"Goes on after commit {last.sha[:12]}, where the last import ended.")
    _tell(history.report, _EXAMPLES if not list_skipped else None)
    import_events_command.report(name, sender.tally, shown)


def _tell(report: "Report", examples: int | None) -> None:
    """What was found, and what was left out."""
    acts = (
        f"{report.applied:,} applied, {report.deleted:,} deleted, {report.moved:,} moved, {report.reborn:,} came back"
    )
    console.say(f"{report.commits:,} commits, {report.objects:,} objects: {acts}")
    remarks = {
        "objects have the name of another and are told apart by their path": report.told_apart,
        "events would have been before an earlier one of their object, and take its time": report.raised,
        "commits are dated in the future, and their events are of now": report.future,
        "commits have a time that cannot be read": report.undated,
        "events hold values that SOPS encrypted": report.encrypted,
    }
    for text, number in remarks.items():
        if number:
            console.say(f"{number:,} {text}")
    if report.shallow:
        console.note("The clone is shallow: its oldest commit seems to add everything.")
    if report.resumed is False:
        console.note("The commit of the last import is not on the branch any more: all commits were walked again.")
    for reason, skipped in report.skipped.items():
        console.say(f"left out {skipped.count:,} times, because a file {reason}:")
        for path, detail in list(skipped.examples.items())[:examples]:
            console.say(f"  {path} ({detail})")

"""`dsel import git`"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console, import_events_command
from cli.client import Client
from cli.progress import bar

if TYPE_CHECKING:
    from cli.git_history import Report

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
    from cli import import_app
    from cli.git_history import Options
    from cli.git_import import GitImport

    client: Client = context.obj
    client.now()  # no waiting for a server that is not there
    source = context.get_parameter_source("app_id")
    is_unnamed = source is not None and source.name == "DEFAULT"
    app = import_app.named_after(repository, client) if is_unnamed else None
    wanted, unwanted = tuple(include or ()), tuple(exclude or ())
    options = Options(branch=branch, app_id=app_id, include=wanted, exclude=unwanted, with_secrets=with_secrets)
    with bar(str(repository)) as shown:
        work = GitImport(client, repository, options, shown, again=again)
        work.run()
    if work.begins_after:
        console.note(f"Began after commit {work.begins_after[:12]}, where the last import ended.")
    _tell(work.report, work.walked, f" of the app {app}" if app else "", None if list_skipped else _EXAMPLES)
    import_events_command.report(str(repository), work.tally, shown)


def _tell(report: "Report", walked: int, whose: str, examples: int | None) -> None:
    """What was found, and what was left out."""
    acts = {"applied": report.applied, "deleted": report.deleted, "moved": report.moved, "came back": report.reborn}
    told = ", ".join(f"{number:,} {act}" for act, number in acts.items())
    console.say(f"{walked:,} commits, {report.objects:,} objects{whose}: {told}")
    for text, number in _remarks(report).items():
        if number:
            console.say(f"{number:,} {text}")
    if report.shallow:
        console.note("The clone is shallow: its oldest commit seems to add everything.")
    if report.rewritten:
        console.note("The branch was rewritten since the last import: its new commits follow the ones that are gone.")
    if report.resumed is False:
        console.note("The commit of the last import is not on the branch any more: all commits were walked again.")
    for reason, skipped in report.skipped.items():
        console.say(f"left out {skipped.count:,} times, because a file {reason}:")
        for path, detail in list(skipped.examples.items())[:examples]:
            console.say(f"  {path} ({detail})")


def _remarks(report: "Report") -> dict[str, int]:
    return {
        "objects have the name of another and are told apart by their path": report.told_apart,
        "events would have come before an earlier one of their object, and take its time": report.raised,
        "commits are dated in the future, and their events are of now": report.future,
        "commits have a time that cannot be read": report.undated,
        "events hold values that SOPS encrypted": report.encrypted,
    }

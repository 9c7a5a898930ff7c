"""`dsel validate`"""

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.text import Text

from cli import batches, console, writes
from cli.arguments import App, Comment, Files, NoGit, OwnName, Recursive
from cli.client import Client
from cli.manifests import Manifest
from cli.type_names import TypeNames
from cli.writes import Options, Report, WriteRefused

_SCHEMA = "schema"
_STYLES = {"SUCCESS": "green", "PASSED": "green", "FAILED": "red", "SKIPPED": "yellow"}


def validate(
    context: typer.Context,
    files: Files,
    recursive: Recursive = False,
    app: App = None,
    name: OwnName = None,
    record: Annotated[bool, typer.Option("--record", help="Store what passes, as an event of its own.")] = False,
    comment: Comment = None,
    no_git: NoGit = False,
) -> None:
    """Checks the objects of files against the rules of their types, and tells what became of each rule.

    Nothing is stored unless --record asks for it; then each object that passes becomes the state, by a …ValidatedEvent.

    Examples:
    $ dsel validate -f vpc.yaml
    $ dsel validate -R -f manifests/ --app 09287
    $ dsel validate -f vpc.yaml --record -m "Checked before the release"
    """
    client: Client = context.obj
    types, batch = TypeNames(client), batches.batch(context, files, recursive, app, name, git=not no_git)

    options = Options(comment, dry_run=not record)

    def act(manifest: Manifest) -> bool:
        title, app_id = batch.title(types, manifest), batch.app_of(manifest.object)
        try:
            written = writes.act(client, "validate", manifest.object, app_id, options, batch.origin(manifest), name)
        except WriteRefused as error:
            if error.report is None:
                raise
            _show(f"{title} ({manifest.place})", error.report, error.violations)
            return False
        _show(f"{title} ({manifest.place}){' recorded' if record else ''}", written.report, [])
        return True

    batch.each(act)


def _show(title: str, report: Report | None, violations: list[Mapping[str, str]]) -> None:
    """One line for the object and one for each rule, of a broken schema one for each fault."""
    overall = report["overall"] if report else "NO RULES"
    console.say(Text.assemble((overall, _STYLES.get(overall, "yellow")), f"  {console.printable(title)}"))
    if report is None:
        console.say("  nobody registered its type, so nothing was checked")
        return
    width = max(len(each["name"]) for each in report["results"])
    for result in report["results"]:
        broken = result["name"] == _SCHEMA and result["outcome"] == "FAILED"
        for fault in violations if broken and violations else [result]:
            where = f"{fault['path']}: " if fault["path"] else ""
            line = f"  {result['name']:<{width}}  {where}{fault['message'] or ''}".rstrip()
            outcome = f"{result['outcome']:<7}"
            console.say(Text.assemble("  ", (outcome, _STYLES[result["outcome"]]), console.printable(line)))

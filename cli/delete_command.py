"""`dsel delete`"""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import batches, console, targets, writes
from cli.arguments import App, Comment, DryRun, EventId, ExpectedVersion, Name, NoGit, Recursive
from cli.client import Client
from cli.failure import Misuse
from cli.manifests import Manifest
from cli.targets import Target
from cli.type_names import TypeNames
from cli.writes import Options

_Type = Annotated[str | None, typer.Argument(metavar="TYPE", show_default=False, help="The domain type.")]
_Files = Annotated[
    list[Path] | None, typer.Option("--filename", "-f", help="Delete the objects of a file, a folder, or - instead.")
]


def delete(
    context: typer.Context,
    type_: _Type = None,
    name: Name = None,
    files: _Files = None,
    recursive: Recursive = False,
    app: App = None,
    comment: Comment = None,
    dry_run: DryRun = False,
    expected_version: ExpectedVersion = None,
    event_id: EventId = None,
    no_git: NoGit = False,
) -> None:
    """Ends an object, or those of files. Its history stays, and so does its last state.

    Examples:
    $ dsel delete artifact vpc --app 09287 -m "Replaced by network-core"
    $ dsel delete -f vpc.yaml
    """
    client: Client = context.obj
    types = TypeNames(client)

    options = Options(comment, dry_run, expected_version, event_id)

    def end(target: Target, metadata: Any) -> bool:
        written = writes.delete(client, target, options, metadata)
        done = "unchanged" if written.deduplicated else "deleted (dry run)" if dry_run else "deleted"
        console.say(f"{target} {done}")
        return True

    if not files:
        if type_ is None:
            raise Misuse("nothing is named", hint="Write TYPE NAME, or -f FILE.")
        end(targets.one(types, type_, name, app), None)
        return
    if type_ is not None:
        raise Misuse("TYPE NAME and -f exclude each other")
    batch = batches.batch(context, files, recursive, app, None, git=not no_git)

    def act(manifest: Manifest) -> bool:
        return end(batch.target(types, manifest), batch.origin(manifest))

    batch.each(act, only_one=options.is_for_one)

"""`dsel apply`"""

import typer

from cli import batches, console, writes
from cli.arguments import App, Comment, DryRun, EventId, ExpectedVersion, Files, NoGit, OwnName, Recursive
from cli.client import Client
from cli.manifests import Manifest
from cli.type_names import TypeNames
from cli.writes import Options


def apply(
    context: typer.Context,
    files: Files,
    recursive: Recursive = False,
    app: App = None,
    name: OwnName = None,
    comment: Comment = None,
    dry_run: DryRun = False,
    expected_version: ExpectedVersion = None,
    event_id: EventId = None,
    no_git: NoGit = False,
) -> None:
    """Stores the objects of files as their new state, each with an event of its own.

    Files hold YAML or JSON, with any number of documents or Lists; Kubernetes objects need --app. What is refused
    is named with its file, document and path, and the others are stored all the same.

    Examples:
    $ dsel apply -f vpc.yaml -m "Open the eu-west-1 region"
    $ dsel apply -R -f manifests/ --app 09287 --dry-run
    $ kubectl get deployments -A -o yaml | dsel apply -f - --app cluster-1
    """
    client: Client = context.obj
    types, batch = TypeNames(client), batches.batch(context, files, recursive, app, name, git=not no_git)

    options = Options(comment, dry_run, expected_version, event_id)

    def act(manifest: Manifest) -> bool:
        app_id, metadata = batch.app_of(manifest.object), batch.origin(manifest)
        written = writes.act(client, "apply", manifest.object, app_id, options, metadata, name)
        done = "unchanged" if written.deduplicated else "applied (dry run)" if dry_run else "applied"
        console.say(f"{batch.title(types, manifest)} {done}")
        return True

    batch.each(act, only_one=options.is_for_one)

"""`dsel types`"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from cli import changes, console, failure, manifests, output, types_client, types_shown
from cli.arguments import Comment, DryRun, ExpectedVersion, Files, Output, Recursive
from cli.client import Client
from cli.failure import Failure, Misuse
from cli.manifests import Manifest, Other
from cli.output import Format
from cli.types_client import Options, TypesRefused

_KINDS = ("DomainType", "CustomResourceDefinition")

TypeName = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="The domain type, such as Artifact.")]
Force = Annotated[bool, typer.Option("--force", help="Change it although clients of today's schema may break.")]


def apply(
    context: typer.Context,
    files: Files,
    recursive: Recursive = False,
    comment: Comment = None,
    dry_run: DryRun = False,
    force: Force = False,
    expected_version: ExpectedVersion = None,
) -> None:
    """Applies domain types: manifests, or CustomResourceDefinitions as their projects ship them.

    They are one change: all of them are served from then on, or nothing is changed. Other objects in the files are
    passed over.

    Examples:
    $ dsel types apply -f database.yaml -m "For the data teams"
    $ dsel types apply -R -f crds/ --dry-run
    $ kubectl get crds -o yaml | dsel types apply -f -
    """
    client: Client = context.obj
    found = _types_in(files, recursive)
    if expected_version is not None and len(found) != 1:
        raise Misuse(f"--expected-version is for one type, and here are {len(found)}")
    try:
        done = types_client.apply(
            client, [each.object for each in found], expected_version, Options(comment, dry_run, force)
        )
    except TypesRefused as refusal:
        types_shown.explain(refusal, found)
        raise typer.Exit(1) from None
    types_shown.tell(done, dry_run)


def retire(
    context: typer.Context,
    name: TypeName,
    comment: Comment = None,
    dry_run: DryRun = False,
    force: Force = False,
) -> None:
    """Takes a domain type out of the schema. Its objects and their history stay.

    Examples:
    $ dsel types retire Database -m "Nobody runs any"
    """
    client: Client = context.obj
    try:
        own_name = types_client.get(client, name)["name"]
        types_shown.tell(types_client.retire(client, own_name, Options(comment, dry_run, force)), dry_run)
    except TypesRefused as refusal:
        types_shown.explain(refusal, [])
        raise typer.Exit(1) from None


def list_(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", "-A", help="Also what is retired or cannot be served.")] = False,
    format_: Output = Format.TABLE,
) -> None:
    """Lists the domain types, where each comes from, and who applied it last.

    Examples:
    $ dsel types list
    $ dsel types list --all -o wide
    """
    client: Client = context.obj
    found = types_client.listed(client, everything=everything, whole=format_.is_whole)
    if format_ is Format.NAME:
        for each in found:
            console.say(f"domaintype/{each['name']}")
    elif format_.is_whole:
        output.document(output.listed([each["manifest"] for each in found]), format_)
    else:
        types_shown.table(found, client.instant, wide=format_ is Format.WIDE)


def get(context: typer.Context, name: TypeName, format_: Output = Format.YAML) -> None:
    """Prints the manifest of a domain type, as it was applied.

    Examples:
    $ dsel types get Database > database.yaml
    """
    client: Client = context.obj
    found = types_client.get(client, name)
    if format_ is Format.NAME:
        console.say(f"domaintype/{found['name']}")
    elif format_.is_table:
        types_shown.table([found], client.instant, wide=format_ is Format.WIDE)
    else:
        output.document(found["manifest"], format_)


def diff(context: typer.Context, files: Files, recursive: Recursive = False) -> None:
    """Compares the manifests of files with what the server has, and tells what applying them would break.

    Exit code 0 means equal, 1 different, 2 trouble.

    Examples:
    $ dsel types diff -f database.yaml
    """
    client: Client = context.obj
    with failure.as_trouble():
        found = _types_in(files, recursive)
        known = {each["name"]: each["manifest"] for each in types_client.listed(client, everything=True, whole=True)}
        try:
            planned = types_client.apply(
                client, [each.object for each in found], None, Options(dry_run=True, force=True)
            )
        except TypesRefused as refusal:
            types_shown.explain(refusal, found)
            raise typer.Exit(2) from None
        differs = False
        for manifest, change in zip(found, planned["changes"], strict=True):
            name = change["domainType"]["name"]
            lines = changes.unified(known.get(name), manifest.object, f"domaintype/{name}", str(manifest.place))
            changes.show(lines)
            differs = differs or bool(lines) or change["effect"] != "UNCHANGED"
        types_shown.tell_breaking(planned["breaking"])
    raise typer.Exit(1 if differs else 0)


def _types_in(files: Iterable[Path], recursive: bool) -> list[Manifest]:
    """The manifests of domain types. Raises Faulty, and Failure when there are none."""
    found = []
    others = 0
    for each in manifests.read(files, recursive=recursive):
        if isinstance(each, Manifest) and each.object["kind"] in _KINDS:
            found.append(each)
        elif isinstance(each, Manifest | Other):
            others += 1
        else:
            raise each
    if others:
        console.note(f"{others} other documents were passed over.")
    if not found:
        raise Failure("there are no domain types in what was given", hint=f"A file holds {' or '.join(_KINDS)}s.")
    return found

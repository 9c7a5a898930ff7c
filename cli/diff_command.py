"""`dsel diff`"""

from pathlib import Path
from typing import Annotated

import typer

from cli import batches, changes, console, failure, states, targets, times
from cli.arguments import App, Name, OwnName, Recursive
from cli.batches import Batch
from cli.client import Client
from cli.failure import Misuse
from cli.manifests import Faulty, Manifest
from cli.states import NotFound, Point, State
from cli.targets import Target
from cli.type_names import TypeNames

_Type = Annotated[str | None, typer.Argument(metavar="TYPE", show_default=False, help="The domain type.")]
_Files = Annotated[
    list[Path] | None,
    typer.Option("--filename", "-f", metavar="FILE", help="Compare the server's objects with those of a file instead."),
]


def diff(
    context: typer.Context,
    type_: _Type = None,
    name: Name = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME|VERSION", help="A moment (RFC 3339, 2h, 3d) or a version.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="TIME|VERSION", show_default="now", help="The same; later or not.")
    ] = None,
    files: _Files = None,
    recursive: Recursive = False,
    app: App = None,
    own_name: OwnName = None,
) -> None:
    """Compares two states of an object, or the current states with files: what applying them would change.

    Exit code 0 means equal, 1 different, 2 trouble.

    Examples:
    $ dsel diff artifact vpc -a 09287 --from 2025-01-15T10:30:00Z --to 2h
    $ dsel diff artifact/vpc -a 09287 --from 3
    $ dsel diff -R -f manifests/
    """
    client: Client = context.obj
    with failure.as_trouble():
        if files:
            if type_ is not None or from_ is not None or to is not None:
                raise Misuse("TYPE NAME, --from and --to have no place beside -f")
            code = _drift(client, batches.batch(context, files, recursive, app, own_name))
        else:
            if type_ is None or from_ is None:
                raise Misuse("there is nothing to compare", hint="Write TYPE NAME --from TIME, or -f FILE.")
            target = targets.one(TypeNames(client), type_, name, app)
            code = _between(client, target, times.point(from_), times.point(to) if to is not None else None)
    raise typer.Exit(code)


def _between(client: Client, target: Target, *points: Point) -> int:
    """Raises NotFound when the object is there at neither."""
    sides = [_state(client, target, point) for point in points]
    if sides == [None, None]:
        raise states.missing(target, points[0])
    names = [_name(target, point, state) for point, state in zip(points, sides, strict=True)]
    before, after = (state.object if state else None for state in sides)
    return _shown(changes.unified(before, after, *names))


def _state(client: Client, target: Target, point: Point) -> State | None:
    try:
        return states.at(client, target, point).living
    except NotFound:
        if isinstance(point, int):
            raise
        return None


def _drift(client: Client, batch: Batch) -> int:
    """The worst of all objects: one that cannot be compared does not hide what the others differ in."""
    types, code = TypeNames(client), 0
    for found in batch.objects():
        try:
            if isinstance(found, Faulty):
                raise found
            code = max(code, _compared(client, batch.target(types, found), found))
        except (Faulty, Misuse) as error:
            console.complain(str(error), hint=error.hint)
            code = 2
    return code


def _compared(client: Client, target: Target, manifest: Manifest) -> int:
    current = _state(client, target, None)
    wanted = manifest.object
    if current is not None and "apiVersion" in current.object:  # the server adds it where a file leaves it out
        wanted = {"apiVersion": current.object["apiVersion"]} | wanted
    before = current.object if current else None
    return _shown(changes.unified(before, wanted, _name(target, None, current), str(manifest.place)))


def _name(target: Target, point: Point, state: State | None) -> str:
    when = f"at {point}" if isinstance(point, str) else "now" if point is None else ""
    what = f"version {state.version}" if state else "none"
    return " ".join(filter(None, (str(target), when, f"({what})")))


def _shown(diff: list[str]) -> int:
    changes.show(diff)
    return 1 if diff else 0

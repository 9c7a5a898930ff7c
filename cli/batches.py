"""One act on every object of the files that a command names."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from cli import console, manifests, provenance
from cli.client import ServerError
from cli.failure import Failure, Misuse
from cli.manifests import STDIN, Faulty, Manifest
from cli.targets import Target
from cli.type_names import TypeNames
from cli.writes import WriteRefused
from domain.kinds import lower_camel
from domain.objects import group_of, meta_of, name_of
from domain.values import pointer_part


@dataclass(frozen=True, slots=True)
class Batch:
    """The files, and the app of the objects that name none."""

    files: list[Path]
    recursive: bool
    app_id: str | None
    name: str | None = None
    """The name in the log of the one object."""
    insists: bool = False
    """The app was given for these files, so that an object of another app is a mistake."""
    git: bool = True
    """Whether to tell of the commits that the files are of."""
    origins: dict[Path, Any] = field(default_factory=dict)
    """What is known of the files' commits so far."""

    def each(self, act: Callable[[Manifest], bool], *, only_one: bool = False) -> None:
        """Acts on each object, which says whether it went well, and on the next whatever became of it.

        Raises typer.Exit with 1 if anything failed, Misuse if there is not exactly one although there must be.
        """
        results = [_acted(act, each) for each in self.objects(only_one=only_one)]
        if not results:
            raise Failure("there are no objects in what was given", hint="A file holds YAML or JSON documents.")
        if not all(results):
            raise typer.Exit(1)

    def objects(self, *, only_one: bool = False) -> Iterable[Manifest | Faulty]:
        """Raises Misuse if there is not exactly one although there must be."""
        found = manifests.read(self.files, recursive=self.recursive)
        if not only_one and self.name is None:
            return found
        listed = list(found)
        if len(listed) != 1:
            raise Misuse(f"--event-id, --expected-version and --name are for one object, and here are {len(listed)}")
        return listed

    def app_of(self, object_: dict[str, Any]) -> str | None:
        """The app to send beside an object."""
        own = meta_of(object_).get("appId")
        return self.app_id if self.insists or not own else None

    def origin(self, manifest: Manifest) -> Any:
        """What is known of the commit of its file."""
        file = manifest.place.file
        if not self.git or file == STDIN:
            return None
        if file not in self.origins:
            self.origins[file] = provenance.commit(file)
        return self.origins[file]

    def target(self, types: TypeNames, manifest: Manifest) -> Target:
        """The object that a manifest is about. Raises Misuse when it does not say its name or app."""
        object_ = manifest.object
        name, app_id = self.name or name_of(object_), self.app_of(object_) or meta_of(object_).get("appId")
        if not name:
            raise Misuse(f"{manifest.place.at('/meta/name')}: the object has no name")
        if not app_id:
            raise Misuse(f"{manifest.place.at('/meta/appId')}: it is missing", hint="Name it with --app or DSEL_APP.")
        return Target(types.of_object(object_), app_id, name)

    def title(self, types: TypeNames, manifest: Manifest) -> str:
        """`artifact/vpc`"""
        return f"{types.of_object(manifest.object).shown}/{self.name or name_of(manifest.object) or '?'}"


def batch(
    context: typer.Context,
    files: list[Path],
    recursive: bool,
    app_id: str | None,
    name: str | None,
    *,
    git: bool = True,
) -> Batch:
    source = context.get_parameter_source("app")
    insists = source is not None and source.name == "COMMANDLINE"
    return Batch(files, recursive, app_id, name, insists=insists, git=git)


def explain(manifest: Manifest, error: WriteRefused) -> None:
    """A line for each fault, with the file, the document and the path of it."""
    place = manifest.place
    for violation in error.violations:
        console.complain(f"{place.at(violation['path'])}: {violation['message']}")
    if not error.violations:
        path, problem = _own_path(manifest, error.path), str(error).removeprefix(f"{error.path}: ")
        hint = "Name it with --app or DSEL_APP." if error.path == "/meta/appId" and not error.hint else error.hint
        console.complain(f"{place.at(path) if error.path else place}: {problem}", hint=hint)


def _acted(act: Callable[[Manifest], bool], found: Manifest | Failure) -> bool:
    if isinstance(found, Failure):
        console.complain(str(found), hint=found.hint)
        return False
    if found.object["kind"] == "DomainType" and group_of(found.object) == "dsel":
        console.complain(f"{found.place}: a domain type is no object of an app", hint="Use `dsel types`.")
        return False
    try:
        return act(found)
    except WriteRefused as error:
        explain(found, error)
    except Misuse as error:
        console.complain(str(error), hint=error.hint)
    except ServerError as error:
        if error.retryable:  # it was tried again and again: so it would be with the next
            raise
        console.complain(f"{found.place}: {error}", hint=error.hint)
    return False


def _own_path(manifest: Manifest, path: str) -> str:
    """The server speaks of the whole envelope, in which the object stands under its kind."""
    within = f"/spec/{pointer_part(lower_camel(manifest.object['kind']))}"
    return path.removeprefix(within) if path == within or path.startswith(f"{within}/") else path

"""Where a walk stands: everything that it must know to go on with the next commit."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.git_history.identities import Identities
from cli.git_history.manifests import ObjectKey
from cli.git_history.subjects import Found, Slot, Subject
from domain.entity import Entity

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`settings` are the options that the table depends on: another run may use it only with the same ones."""

    sha: str
    settings: list[Any]
    clock: int
    table: dict[str, Any]

    def write(self, path: Path) -> None:
        """Replaces the file at once or not at all. Raises OSError."""
        document = {"version": _VERSION, "sha": self.sha, "settings": self.settings, "clock": self.clock, **self.table}
        beside = path.with_name(f"{path.name}.new")
        beside.write_bytes(gzip.compress(json.dumps(document).encode(), 6))
        beside.replace(path)


def read_checkpoint(path: Path) -> Checkpoint | None:
    """None for a file that is not there, or that no version of ours wrote."""
    try:
        document = json.loads(gzip.decompress(path.read_bytes()))
        if document.pop("version") != _VERSION:
            return None
        return Checkpoint(document.pop("sha"), document.pop("settings"), document.pop("clock"), document)
    except (OSError, EOFError, ValueError, KeyError):
        return None


def table_of(identities: Identities) -> dict[str, Any]:
    """JSON; half surrogates of file names included."""
    numbers: dict[Subject, int] = {}
    for lived in identities.homes.values():
        for subject in lived:
            numbers.setdefault(subject, len(numbers))
    return {
        "subjects": [[*subject.entity, subject.alive, subject.latest] for subject in numbers],
        "homes": [[path, *key, [numbers[each] for each in lived]] for (path, key), lived in identities.homes.items()],
        "files": {
            path: [[numbers[subject], *found.key, found.group, found.digest.hex(), found.blob, found.position]
                   for subject, found in slots]
            for path, slots in identities.files.items()
        },
    }  # fmt: skip


def restore(identities: Identities, table: dict[str, Any]) -> None:
    """The inverse of `table_of`, into new identities."""
    subjects = [Subject(Entity(*entity), alive, latest) for *entity, alive, latest in table["subjects"]]
    for subject in subjects:
        identities.names.keep(subject.entity)
    for path, kind, name, app_id, lived in table["homes"]:
        identities.homes[path, ObjectKey(kind, name, app_id)] = [subjects[number] for number in lived]
    for path, slots in table["files"].items():
        identities.files[path] = tuple(_slot(path, subjects, *slot) for slot in slots)


def _slot(
    path: str, subjects: list[Subject], number: int, kind: str, name: str, app_id: str | None, *rest: Any
) -> Slot:
    group, digest, blob, position = rest
    found = Found(ObjectKey(kind, name, app_id), group, bytes.fromhex(digest), path, blob, position)
    return Slot(subjects[number], found)

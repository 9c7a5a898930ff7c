"""What the walk knows of an object."""

from dataclasses import dataclass
from typing import NamedTuple

from cli.git_history.manifests import ObjectKey
from domain.entity import Entity


class Found(NamedTuple):
    """An object in a file at one side of a commit."""

    key: ObjectKey
    group: str
    digest: bytes
    path: str
    blob: str
    position: int
    """Its place among the objects of the blob."""


@dataclass(slots=True, eq=False)
class Subject:
    """An entity: the same through edits, moves, deletions and rebirths."""

    entity: Entity
    alive: bool = False
    latest: int | None = None
    """The largest time of its events so far, in seconds since 1970."""


class Slot(NamedTuple):
    """A living object and where its state stands."""

    subject: Subject
    found: Found


class NewFile(NamedTuple):
    """A file as a commit leaves it, without the states: one commit can bring more of them than memory holds."""

    path: str
    old_path: str
    """Where it was before: `path`, unless git calls it renamed."""
    found: list[Found]
    whole: bool
    """Whether everything in it could be read: only then is an object that is missing gone."""


class Step(NamedTuple):
    """One thing that happened to an object. A change of its API group ends the old object and begins the new."""

    subject: Subject
    applied: Found | None
    """What it is now; None of a deletion."""
    last: Found | None
    """What it was; None of a new or reborn object."""

    @property
    def place(self) -> tuple[str, int]:
        found = self.applied or self.last
        assert found is not None
        return found.path, found.position

    @property
    def moved(self) -> bool:
        return self.applied is not None and self.last is not None and self.applied.path != self.last.path

    @property
    def regrouped(self) -> bool:
        return self.applied is not None and self.last is not None and self.applied.group != self.last.group

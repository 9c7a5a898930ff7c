"""Versions of a type and the ways between them: an object of one is made into another when it is read."""

from collections.abc import Iterable, Sequence

from domain.conversion_step import ANNOTATIONS, EVERYTHING, Place, Step, copied
from domain.event import Document

Path = tuple[str, ...]


class Conversions:
    """The chain of versions, oldest first. `steps[n]` lead from version n to n + 1, None where no way was declared."""

    def __init__(self, versions: Sequence[str], steps: Sequence[Sequence[Step] | None]) -> None:
        self._versions = list(versions)
        self._steps = list(steps)

    def __bool__(self) -> bool:
        """Whether any way was declared."""
        return any(steps is not None for steps in self._steps)

    def convert(self, object_: Document, to: str) -> Document | None:
        """The object in that version; itself when it is of it. None when no way leads there."""
        version = object_.get("apiVersion")
        if version == to:
            return object_
        if version not in self._versions or to not in self._versions:
            return None
        begin, end = self._versions.index(version), self._versions.index(to)
        ways = self._steps[min(begin, end) : max(begin, end)]
        if any(way is None for way in ways):
            return None
        converted: Document = copied(object_) if any(ways) else object_
        for way in ways if begin < end else reversed(ways):
            _go(converted, way or (), forward=begin < end)
        return {**converted, "apiVersion": to}

    def sources(self, paths: Iterable[Path]) -> frozenset[Path] | None:
        """Where the values of these paths may stand in an object of any version; None for anywhere.

        Lists do not count as a level. What is said may be more than is needed.
        """
        steps = [step for way in self._steps for step in way or ()]
        if any(step.reads == EVERYTHING for step in steps):
            return None
        found = {*paths}
        for step in steps:
            if step.remembers and _meet(ANNOTATIONS, found):
                found |= step.reads
        while grown := {place for step in steps if _meet(step.reads, found) for place in step.reads} - found:
            found |= grown
        if any(step.remembers and _meet(step.reads, found) for step in steps):
            found |= ANNOTATIONS
        return frozenset({*found, ("apiVersion",)})


def _go(object_: Document, way: Sequence[Step], *, forward: bool) -> None:
    for step in way if forward else reversed(way):
        if forward:
            step.forward(object_)
        else:
            step.backward(object_)


def _meet(group: Iterable[Place], paths: Iterable[Path]) -> bool:
    """Whether one of the places holds one of the paths, or the other way round."""
    return any(place[: len(path)] == path[: len(place)] for place in group for path in paths)

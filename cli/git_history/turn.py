"""One commit at work: what stays in its file, what left it, and what came into one."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from cli.git_history.matching import across, in_place
from cli.git_history.subjects import Found, NewFile, Slot, Step, Subject

_T = TypeVar("_T")


class Turn:
    """`files` are the living objects by path before the commit; they are only read."""

    def __init__(self, files: Mapping[str, tuple[Slot, ...]]) -> None:
        self.steps: list[Step] = []
        self.left: list[str] = []
        """Paths where nothing is as it was."""
        self.slots: dict[str, list[Slot]] = {}
        """Who lives where after the commit."""
        self.gone: list[Slot] = []
        self.fresh: list[Found] = []
        self._files = files
        self._renames: dict[str, str] = {}

    def remove(self, path: str) -> None:
        self.left.append(path)
        self.gone.extend(self._files.get(path, ()))

    def take(self, file: NewFile) -> None:
        """A file that is not whole keeps what is missing from it: no deletion is invented."""
        old, new = self._files.get(file.old_path, ()), file.found
        self.left.append(file.old_path)
        self.slots[file.path] = []
        if file.old_path == file.path or not file.whole:
            old, new = self._stay(old, new)
        if file.old_path != file.path:
            self._renames[file.path] = file.old_path
        if file.whole:
            self.gone.extend(old)
        else:
            for slot in old:
                self._go_on(slot, slot.found._replace(path=file.path))
        self.fresh.extend(new)

    def move(self) -> None:
        """Who left one file and came into another in the same commit moved."""
        gone, fresh = self.gone, self.fresh
        pairs = across([slot.found for slot in gone], fresh, self._renames)
        for i, j in pairs:
            self._go_on(gone[i], fresh[j])
        self.gone = _without(gone, {i for i, _ in pairs})
        self.fresh = _without(fresh, {j for _, j in pairs})

    def bear(self, subject: Subject, found: Found) -> None:
        subject.alive = True
        self.slots[found.path].append(Slot(subject, found))
        self.steps.append(Step(subject, found, None))

    def bury(self, slot: Slot) -> None:
        slot.subject.alive = False
        self.steps.append(Step(slot.subject, None, slot.found))

    def _stay(self, old: tuple[Slot, ...], new: list[Found]) -> tuple[tuple[Slot, ...], list[Found]]:
        """What of both sides found no partner in its file."""
        pairs = in_place([slot.found for slot in old], new)
        for i, j in pairs:
            self._go_on(old[i], new[j])
        return tuple(_without(old, {i for i, _ in pairs})), _without(new, {j for _, j in pairs})

    def _go_on(self, slot: Slot, found: Found) -> None:
        self.slots[found.path].append(Slot(slot.subject, found))
        if slot.found.digest != found.digest or slot.found.path != found.path:
            self.steps.append(Step(slot.subject, found, slot.found))


def _without(whole: Sequence[_T], positions: set[int]) -> list[_T]:
    return [each for position, each in enumerate(whole) if position not in positions]

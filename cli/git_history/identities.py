"""Who is who in a repository: objects through edits, moves, deletions and rebirths."""

from collections.abc import Iterable

from cli.git_history.app_ids import AppIds
from cli.git_history.manifests import ObjectKey
from cli.git_history.names import Names
from cli.git_history.subjects import Found, NewFile, Slot, Step, Subject
from cli.git_history.turn import Turn


class Identities:
    """Every object that ever was, and the living ones by file. Nothing here depends on the future."""

    def __init__(self, app_ids: AppIds) -> None:
        self.files: dict[str, tuple[Slot, ...]] = {}
        self.homes: dict[tuple[str, ObjectKey], list[Subject]] = {}
        """Who ever lived at a path under a key, the latest last: whoever is born there again is the same."""
        self.names = Names()
        self._app_ids = app_ids

    def advance(self, removed: Iterable[str], present: Iterable[NewFile]) -> list[Step]:
        """What happens in one commit, by path. A renamed file is `present` under its new path only."""
        turn = Turn(self.files)
        for path in removed:
            turn.remove(path)
        for file in sorted(present, key=lambda each: each.path):
            turn.take(file)
        turn.move()
        for found in turn.fresh:
            turn.bear(self._subject(found), found)
        for slot in turn.gone:
            turn.bury(slot)
        self._settle(turn)
        return sorted(turn.steps, key=lambda step: step.place)

    def _subject(self, found: Found) -> Subject:
        for lived in reversed(self.homes.get((found.path, found.key), ())):
            if not lived.alive:
                return lived
        app_id = self._app_ids.of(found.key, found.path)
        return Subject(self.names.give(found.key.kind, app_id, found.key.name, found.path))

    def _settle(self, turn: Turn) -> None:
        for path in turn.left:
            self.files.pop(path, None)
        for path, slots in turn.slots.items():
            if slots:
                self.files[path] = tuple(sorted(slots, key=lambda slot: slot.found.position))
            for slot in slots:
                self._house(slot.subject, (path, slot.found.key))

    def _house(self, subject: Subject, home: tuple[str, ObjectKey]) -> None:
        lived = self.homes.setdefault(home, [])
        if not lived or lived[-1] is not subject:
            lived[:] = [*(each for each in lived if each is not subject), subject]

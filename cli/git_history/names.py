"""Names of entities: the object's own, and where that is taken, its own and its first path."""

import hashlib
from itertools import count

from cli.git_history.texts import printable
from domain.entity import Entity

_LONGEST = 512


class Names:
    """Every entity that ever was: a name is never given twice."""

    def __init__(self) -> None:
        self.told_apart = 0
        """Of the names given in this run, those that a path follows."""
        self._taken: set[Entity] = set()

    @property
    def given(self) -> int:
        return len(self._taken)

    def give(self, kind: str, app_id: str, name: str, path: str) -> Entity:
        """`ns/name`, `ns/name@apps/x.yaml`, `ns/name@apps/x.yaml#2`: the first that nobody bears."""
        for number in count():
            entity = Entity(kind, app_id, _candidate(name, path, number))
            if entity not in self._taken:
                self._taken.add(entity)
                self.told_apart += number > 0
                return entity
        raise AssertionError

    def keep(self, entity: Entity) -> None:
        """Of an earlier run."""
        self._taken.add(entity)


def _candidate(name: str, path: str, number: int) -> str:
    if number == 0:
        return name
    suffix = "@" + printable(path) + (f"#{number}" if number > 1 else "")
    if len(name) + len(suffix) <= _LONGEST:
        return name + suffix
    digest = hashlib.sha256(suffix.encode()).hexdigest()[:16]
    return f"{name[: _LONGEST - 18]}@{digest}"

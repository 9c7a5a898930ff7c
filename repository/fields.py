"""Which parts of an event a read needs: decoding what nobody asked for is the largest cost of a read."""

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Paths into the state (None for all of it, empty for nothing) and whether the rest of the envelope is needed."""

    state: frozenset[Path] | None = frozenset()
    body: bool = False

    def cover(self, needed: "Fields") -> bool:
        """Whether what was read with these fields answers the needed ones too."""
        if needed.body and not self.body:
            return False
        if self.state is None:
            return True
        return needed.state is not None and all(self._holds(path) for path in needed.state)

    def _holds(self, path: Path) -> bool:
        return self.state is None or any(path[:length] in self.state for length in range(1, len(path) + 1))


HEADER = Fields()
STATE = Fields(state=None)
WHOLE = Fields(state=None, body=True)
LABELS = Fields(frozenset({("meta", "labels"), ("metadata", "labels")}))


def union(parts: Iterable[Fields]) -> Fields:
    """Everything that any of the parts needs."""
    parts = list(parts)
    if any(part.state is None for part in parts):
        state = None
    else:
        state = frozenset(path for part in parts for path in part.state or ())
    return Fields(state, any(part.body for part in parts))

"""Which parts of an event a read needs: decoding what nobody asked for is the largest cost of a read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

Path = tuple[str, ...]
Item = TypeVar("Item")


HEADER_NAMES = frozenset(
    "kind action phase actor api_version failed timestamp_text correlation_id execution_id".split()
)
"""The parts of an event that are read only if they are needed, beside its state and body."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What is always read of an event is its id, entity, version and times, and whether it carries or ends a state."""

    state: frozenset[Path] | None = frozenset()
    """Paths into the state; None for all of it, empty for nothing."""
    body: bool = False
    """Whether the rest of the envelope is needed."""
    header: frozenset[str] | None = None
    """Which of HEADER_NAMES; None for all of them, and for all of a summary."""
    last: bool = True
    """Whether the last event of a summary is needed."""
    _hash: int = field(init=False, repr=False, compare=False)
    """Every view of a list asks by it what was read."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.state, self.body, self.header, self.last)))

    def __hash__(self) -> int:
        return self._hash

    def cover(self, needed: "Fields") -> bool:
        """Whether what was read with these fields answers the needed ones too."""
        return self is needed or _covers(self, needed)


@lru_cache(maxsize=1024)
def _covers(read: Fields, needed: Fields) -> bool:
    if (needed.body and not read.body) or (needed.last and not read.last):
        return False
    if read.header is not None and (needed.header is None or not needed.header <= read.header):
        return False
    if read.state is None:
        return True
    return needed.state is not None and all(_holds(read.state, path) for path in needed.state)


def _holds(state: frozenset[Path], path: Path) -> bool:
    return any(path[:length] in state for length in range(1, len(path) + 1))


NOTHING = Fields(header=frozenset(), last=False)
LAST = Fields(header=frozenset())
HEADER = Fields()
STATE = Fields(state=None)
WHOLE = Fields(state=None, body=True)
LABELS = Fields(frozenset({("meta", "labels"), ("metadata", "labels")}), header=frozenset(), last=False)


def union(parts: Iterable[Fields]) -> Fields:
    """Everything that any of the parts needs."""
    parts = list(parts) or [NOTHING]
    return Fields(
        _joined(part.state for part in parts),
        any(part.body for part in parts),
        _joined(part.header for part in parts),
        any(part.last for part in parts),
    )


def _joined(sets: Iterable[frozenset[Item] | None]) -> frozenset[Item] | None:
    """None stands for everything."""
    joined: frozenset[Item] = frozenset()
    for each in sets:
        if each is None:
            return None
        joined |= each
    return joined

"""What differs between two states."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.values import pointer_part


@dataclass(frozen=True, slots=True)
class Change:
    """`path` is a JSON Pointer; a value that is not there is None, as is a null."""

    path: str
    before: Any
    after: Any


class Difference(StrEnum):
    """What became of an object between two moments."""

    CREATED = "CREATED"
    CHANGED = "CHANGED"
    DELETED = "DELETED"
    UNCHANGED = "UNCHANGED"


def difference(before: Any, after: Any) -> Difference:
    """Of two states, either of which may be missing (None). Missing both times is unchanged."""
    if next(changes(before, after), None) is None:
        return Difference.UNCHANGED
    if before is None:
        return Difference.CREATED
    return Difference.DELETED if after is None else Difference.CHANGED


def changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """Every leaf that was added, removed or replaced, in the order of keys. Lists are compared by position."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _member(before, after, key, f"{path}/{pointer_part(key)}")
    elif isinstance(before, list) and isinstance(after, list):
        positions = dict(enumerate(before)), dict(enumerate(after))
        for index in range(max(len(before), len(after))):
            yield from _member(*positions, index, f"{path}/{index}")
    elif not same(before, after):
        yield Change(path, before, after)


def _member(before: dict[Any, Any], after: dict[Any, Any], key: Any, path: str) -> Iterator[Change]:
    if key in before and key in after:
        yield from changes(before[key], after[key], path)
    else:
        yield Change(path, before.get(key), after.get(key))


def same(before: Any, after: Any) -> bool:
    """JSON equality: Python takes True for 1."""
    return isinstance(before, bool) == isinstance(after, bool) and bool(before == after)

"""The leaves of a JSON value, and which part of an older value each part of a newer one was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.changes import changes
from domain.values import pointer_part

Key = str | int
Path = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value with nothing below it: a scalar, a null, an empty object or an empty list."""

    path: Path
    value: Any

    @property
    def pointer(self) -> str:
        return "".join(f"/{pointer_part(str(key))}" for key in self.path)


def leaves(value: Any, path: Path = ()) -> Iterator[Leaf]:
    """Every leaf, in the order of keys and positions."""
    if not value or not isinstance(value, dict | list):
        yield Leaf(path, value)
        return
    for key in sorted(value) if isinstance(value, dict) else range(len(value)):
        yield from leaves(value[key], (*path, key))


def counterparts(newer: Any, older: Any) -> Mapping[Key, Key]:
    """By the keys of an object or list, the keys of the same parts of the older one; nothing if their kinds differ."""
    if isinstance(newer, dict) and isinstance(older, dict):
        return {key: key for key in newer if key in older}
    if isinstance(newer, list) and isinstance(older, list):
        named = _by_name(newer, older)
        return _in_place(newer, older) if named is None else named
    return {}


def _by_name(newer: Sequence[Any], older: Sequence[Any]) -> Mapping[Key, Key] | None:
    """None unless the elements of both lists are objects that each have a `name` of their own."""
    new, old = _positions(newer), _positions(older)
    if new is None or old is None:
        return None
    return {position: old[name] for name, position in new.items() if name in old}


def _positions(elements: Sequence[Any]) -> dict[str, int] | None:
    names = [each.get("name") if isinstance(each, dict) else None for each in elements]
    positions = {name: position for position, name in enumerate(names) if isinstance(name, str)}
    return positions if len(positions) == len(elements) else None


def _in_place(newer: Sequence[Any], older: Sequence[Any]) -> Mapping[Key, Key]:
    """A common end keeps its distance from the end, if something was added or removed before it; the rest its place."""
    shorter, shift = min(len(newer), len(older)), len(older) - len(newer)
    start = _common(newer, older, shorter)
    end = _common(newer[::-1], older[::-1], shorter - start)
    kept: dict[Key, Key] = {index: index for index in range(shorter - end)}
    return kept | {index: index + shift for index in range(len(newer) - end, len(newer))}


def _common(one: Sequence[Any], other: Sequence[Any], most: int) -> int:
    """How many elements the two begin with alike."""
    return next((index for index in range(most) if not _equal(one[index], other[index])), most)


def _equal(one: Any, other: Any) -> bool:
    # Python's comparison is quick and takes only True for 1 too many.
    return bool(one == other) and next(changes(one, other), None) is None

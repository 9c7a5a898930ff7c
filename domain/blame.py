"""Who gave each field of a state its value: what `git blame` says of the lines of a file.

`domain/timeline.py` says what that means. This is the quick way: all fields at once, one earlier state after another.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from domain.changes import same
from domain.event import Event
from domain.leaves import Key, Leaf, Path, counterparts, leaves

Tree = Any
"""Leaves by their keys, level by level, or a leaf alone; None is no leaf at all."""


class Blame:
    """Of the fields at and below some JSON Pointers, "" being the whole. It reads earlier states, the newest first."""

    def __init__(self, state: Event, pointers: Sequence[str] = ("",)) -> None:
        self.leaves = [leaf for leaf in leaves(state.state) if _is_within(leaf.pointer, pointers)]
        self.origins: dict[Path, Event] = {}
        """The event that gave the field its value, for those that are explained."""
        self.reached = state
        """The earliest state in which all other fields are known to have had their values."""
        self._open = _tree(self.leaves)

    @property
    def explained(self) -> bool:
        return self._open is None

    def read(self, earlier: Event | None) -> None:
        """Goes on to the state before; None when there is none. A delete is an end: what follows it starts over."""
        if self._open is None:
            return
        if earlier is None or earlier.deletes:
            self._open = self._close(self._open)
        else:
            self._open = self._kept(self._open, self.reached.state, earlier.state)
            self.reached = earlier

    def _kept(self, tree: Tree, newer: Any, older: Any) -> Tree:
        """What was there before too, by the keys that it had then."""
        if isinstance(tree, Leaf):
            return tree if same(tree.value, older) else self._close(tree)
        there = counterparts(newer, older)
        kept: dict[Key, Tree] = {}
        for key, below in tree.items():
            found = self._kept(below, newer[key], older[there[key]]) if key in there else self._close(below)
            if found is not None:
                kept[there[key]] = found
        return kept or None

    def _close(self, tree: Tree) -> Tree:
        self.origins |= dict.fromkeys((leaf.path for leaf in _leaves_of(tree)), self.reached)
        return None


def _is_within(pointer: str, wanted: Iterable[str]) -> bool:
    return any(pointer == each or pointer.startswith(f"{each}/") for each in wanted)


def _tree(found: Iterable[Leaf]) -> Tree:
    root: dict[Key, Tree] = {}
    for leaf in found:
        if not leaf.path:
            return leaf
        node = root
        for key in leaf.path[:-1]:
            node = node.setdefault(key, {})
        node[leaf.path[-1]] = leaf
    return root or None


def _leaves_of(tree: Tree) -> Iterator[Leaf]:
    if isinstance(tree, Leaf):
        yield tree
    else:
        for below in tree.values():
            yield from _leaves_of(below)

"""What the GraphQL types of a state's objects are called."""

from collections.abc import Iterable, Mapping
from typing import Any

from graph.names import type_name
from graph.shapes import ListOf, Object, Place, Reference, Scalar, Shape, objects_in

Homes = Mapping[str, Place]
"""Names that are not what the path alone says, and where in an object their types are found."""


def object_names(prefix: str, shapes: Iterable[Shape], reserved: frozenset[str], homes: Homes) -> dict[Object, str]:
    """The name of the type of each object in the shapes: as `homes` say, else `prefix` and the path of its home.

    `reserved` are endings that no object directly below may have.
    """
    found = _all_objects(shapes)
    at = {place: each for each in found for place in each.places}
    names = {at[place]: name for name, place in homes.items() if place in at}
    taken = set(names.values())
    for each in sorted(found.keys() - names.keys(), key=_order):
        name = _path_name(prefix, each.home, reserved)
        while name in taken:  # two paths may spell one name, as `a.bC` and `aB.c` do
            name += "_"
        names[each] = name
        taken.add(name)
    return names


def kept_homes(
    prefix: str, shapes: Iterable[Shape], reserved: frozenset[str], before: Mapping[Object, str]
) -> dict[str, Place]:
    """What must be said for the types to be called as they were `before`, where the objects are the same or at home.

    A property that is added elsewhere renames nothing then; of two places that no longer are equal, the one that
    changed gets the new name.
    """
    found = list(shapes)
    wanted = _inherited(_all_objects(found), before)
    homes: dict[str, Place] = {}
    while True:  # what is said of one may free or take the name of another
        names = object_names(prefix, found, reserved, homes)
        wrong = {name: each.home for each, name in wanted.items() if names[each] != name}
        if not wrong:
            return homes
        homes |= wrong


def _inherited(found: Iterable[Object], before: Mapping[Object, str]) -> dict[Object, str]:
    """The objects that have a name from before: equal ones first, then those that are at home where it was."""
    digests = Digests()
    by_digest = {digests.of(each): each for each in found}
    at = {place: each for each in by_digest.values() for place in each.places}
    inherited: dict[Object, str] = {}
    for old, name in before.items():
        same = by_digest.get(digests.of(old))
        if same is not None:
            inherited.setdefault(same, name)
    for old in sorted(before, key=_order):
        here = at.get(old.home)
        if here is not None and here not in inherited and before[old] not in inherited.values():
            inherited[here] = before[old]
    return inherited


class Digests:
    """What tells whether objects of two documents are equal."""

    def __init__(self) -> None:
        self._known: dict[Object, int] = {}

    def of(self, shape: Object) -> int:
        if shape not in self._known:
            self._known[shape] = hash(shape.home)  # of one inside itself
            told = sorted((each.key, self._told(each.shape), *each[3:]) for each in shape.properties)
            self._known[shape] = hash((shape.is_open, *told))
        return self._known[shape]

    def _told(self, shape: Shape) -> Any:
        match shape:
            case Scalar(type_):
                return str(type_)
            case ListOf(item, nullable):
                return f"[{self._told(item)}]{nullable}"
            case Reference(to, written):
                return f"{to}: {self._told(written)}"
            case Object():
                return str(self.of(shape))


def _all_objects(shapes: Iterable[Shape]) -> dict[Object, None]:
    found: dict[Object, None] = {}
    for shape in shapes:
        objects_in(shape, found)
    return found


def _path_name(prefix: str, home: Place, reserved: frozenset[str]) -> str:
    name = prefix
    for level, key in enumerate(home):
        name = type_name(name, key, frozenset() if level else reserved)
    return name


def _order(shape: Object) -> tuple[int, Place]:
    return len(shape.home), shape.home

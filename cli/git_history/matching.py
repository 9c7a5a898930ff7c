"""Which object of a commit's new files is which of its old ones."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from cli.git_history.manifests import ObjectKey
from cli.git_history.subjects import Found

_MOST_PAIRS = 250_000


def in_place(old: Sequence[Found], new: Sequence[Found]) -> list[tuple[int, int]]:
    """Pairs of positions in one file. Of equal keys: equal states first, the others in the order of the file."""
    return _paired(old, new, lambda one, other: (one.group == other.group, one.digest == other.digest))


def across(old: Sequence[Found], new: Sequence[Found], renames: Mapping[str, str]) -> list[tuple[int, int]]:
    """Pairs of positions among what left its file and what came into one. Of equal keys: equal states first, then the
    paths that have most folders in common, then what git calls a rename: `renames` has old paths by new ones."""

    def likeness(one: Found, other: Found) -> tuple[int, ...]:
        same = (one.group == other.group, one.digest == other.digest)
        return (*same, _common(one.path, other.path), renames.get(other.path) == one.path)

    return _paired(old, new, likeness)


def _common(one: str, other: str) -> int:
    """How many parts two paths share, the file's name counting half."""
    *folders, name = one.split("/")
    *others, other_name = other.split("/")
    shared = 0
    for folder in folders:
        if folder in others:
            others.remove(folder)
            shared += 2
    return shared + (name == other_name)


def _paired(
    old: Sequence[Found], new: Sequence[Found], likeness: Callable[[Found, Found], tuple[int, ...]]
) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    ours, theirs = _by_key(old), _by_key(new)
    for key, here in ours.items():
        there = theirs.get(key, [])
        if len(here) == len(there) == 1:
            pairs.append((here[0], there[0]))
        elif there:
            pairs.extend(_best(here, there, lambda i, j: likeness(old[i], new[j])))
    return pairs


def _by_key(found: Iterable[Found]) -> dict[ObjectKey, list[int]]:
    groups: dict[ObjectKey, list[int]] = defaultdict(list)
    for position, each in enumerate(found):
        groups[each.key].append(position)
    return groups


def _best(
    here: list[int], there: list[int], likeness: Callable[[int, int], tuple[int, ...]]
) -> Iterable[tuple[int, int]]:
    """The likest pair first, then the likest of the rest; among equals the first ones."""
    if len(here) * len(there) > _MOST_PAIRS:
        return zip(here, there, strict=False)
    ranked = sorted((tuple(-each for each in likeness(i, j)), i, j) for i in here for j in there)
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in ranked:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs.items()

"""What an expression can cost at most, worked out from its syntax tree before it runs.

The library itself bounds steps of loops, nesting and regular expressions, but not the work of one step, nor the texts
and lists that `+`, `replace` or `map` make out of each other: thirty of these would fill any memory. So the tree is
walked with sizes in place of values. A size is in bytes, which take about a nanosecond each to look at; an element of a
list or map counts as 64, measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.syntax_tree import Node

MOST_STEPS = 10_000
"""Steps of all loops in one evaluation; the library's own bound."""
MOST_WORK = 2e9
"""About two seconds at the very worst."""
MOST_MADE = 6e8
"""Bytes of texts and lists that come into being in one evaluation, at the very worst."""
DEEPEST_LOOPS = 4
_ELEMENT = 64

_CHOICES = frozenset(
    ["_&&_", "_||_", "!_", "size", "_[_]", "_?._", "_[?_]", "optional.of", "value", "hasValue", "or", "orValue"]
)
_PRODUCTS = frozenset({"replace", "join", "format", "regex.replace"})
_LISTING = frozenset({"split", "findAll", "regex.extractAll"})
_COMPARISONS = frozenset({"_==_", "_!=_"})


@dataclass(frozen=True, slots=True)
class Extent:
    """How large a value is: bytes, and elements of the lists and maps inside."""

    size: float = _ELEMENT
    count: float = 0
    element: float | None = None
    """Bytes of its largest element, where less than all of it is known."""

    def __add__(self, other: "Extent") -> "Extent":
        return Extent(self.size + other.size, self.count + other.count)

    def times(self, number: float) -> "Extent":
        return Extent(self.size * number, self.count * number)


SCALAR = Extent()
SMALL = Extent(2**12 - 1, 2**6 - 1)
"""What every expression must be able to judge."""
HUGE = Extent(2**28 - 1, 2**22 - 1)
"""More than any object that can be stored: MongoDB keeps 16 MB."""


@dataclass(frozen=True, slots=True)
class Cost:
    value: Extent
    work: float = _ELEMENT
    made: float = 0

    def spent(self, other: "Cost", times: float = 1) -> "Cost":
        """With what another cost, the value staying the same."""
        return Cost(self.value, self.work + times * other.work, self.made + times * other.made)


def extent(value: Any) -> Extent:
    """Of a value of JSON."""
    match value:
        case str():
            return Extent(_ELEMENT + len(value))
        case dict():
            inner = _total(map(extent, value.values()))
            return Extent(_ELEMENT + inner.size + sum(map(len, value)), len(value) + inner.count)
        case list():
            inner = _total(map(extent, value))
            return Extent(_ELEMENT + inner.size, len(value) + inner.count)
        case _:
            return SCALAR


def affordable(tree: Node, given: Extent) -> bool:
    """Whether an expression stays within bounds when `self` and `oldSelf` together are that large."""
    if _nesting(tree) > DEEPEST_LOOPS:
        return False
    cost = _cost(tree, {}, given, MOST_STEPS)
    return cost.work <= MOST_WORK and cost.made <= MOST_MADE


def _nesting(node: Node) -> int:
    """How deep loops are nested."""
    return (node.kind == "loop") + max(map(_nesting, node.parts), default=0)


def _total(extents: Any) -> Extent:
    return sum(extents, Extent(0))


def _cost(node: Node, known: Mapping[str, Extent], given: Extent, steps: float) -> Cost:
    match node.kind:
        case "constant":
            return Cost(Extent(_ELEMENT + len(node.text)))
        case "name":
            return Cost(SCALAR if node.scalar else known.get(node.name, given))
        case "loop":
            return _loop(node, known, given, steps)
    parts = [_cost(part, known, given, steps) for part in node.parts]
    cost = _operation(node, [part.value for part in parts])
    for part in parts:
        cost = cost.spent(part)
    return Cost(SCALAR, cost.work, cost.made) if node.scalar else cost


def _operation(node: Node, parts: list[Extent]) -> Cost:
    """One operation on parts of these sizes: what it gives, looks at and makes."""
    total = _total(parts)
    if node.kind == "select":
        return Cost(total)
    if node.kind in ("list", "map"):
        made = _ELEMENT * (1 + len(parts))
        return Cost(Extent(_ELEMENT + total.size, len(parts) + total.count), made, made)
    if node.name == "_?_:_":
        return Cost(_largest(parts[1:]))
    if node.name == "_[_]" and parts[0].element is not None:
        return Cost(Extent(parts[0].element))
    if node.name in _CHOICES:
        return Cost(_largest(parts))
    if node.name in _COMPARISONS:
        return Cost(SCALAR, min(part.size for part in parts))
    if node.name in _PRODUCTS:
        product = parts[0].size * (1 + max((part.size - _ELEMENT for part in parts[1:]), default=0))
        return Cost(Extent(product), total.size + product, product)
    if node.name in _LISTING:
        listed = total.size * _ELEMENT
        return Cost(Extent(listed, total.size, element=total.size), listed, listed)
    return Cost(total, total.size, 0 if node.scalar else total.size)


def _largest(parts: list[Extent]) -> Extent:
    return Extent(max(part.size for part in parts), max(part.count for part in parts))


def _loop(node: Node, known: Mapping[str, Extent], given: Extent, steps: float) -> Cost:
    """A loop, at its worst: all the steps in this one, or as many as can be in one that is inside it."""
    over, start, *body, end = node.parts
    ranged, begun = _cost(over, known, given, steps), _cost(start, known, given, steps)
    count = 0.0 if over.kind == "list" and not over.parts else max(1.0, min(steps, ranged.value.count))
    rounds = [count]
    if count and any(_nesting(part) for part in body):
        rounds.append(max(1.0, steps / max(count, 1.0)))
    costs = [_steps(node, body, {**known, node.collector: SCALAR}, given, steps, each, ranged.value) for each in rounds]
    worst = Cost(
        begun.value + _largest([cost.value for cost in costs]),
        max(cost.work for cost in costs),
        max(cost.made for cost in costs),
    )
    closing = _cost(end, {**known, node.collector: worst.value}, given, steps)
    return Cost(SCALAR if node.scalar else closing.value).spent(ranged).spent(begun).spent(worst).spent(closing)


def _steps(
    node: Node,
    body: list[Node],
    known: Mapping[str, Extent],
    given: Extent,
    steps: float,
    count: float,
    over: Extent,
) -> Cost:
    """`count` steps over a list cost at most one step on all of the list and empty steps besides.

    That holds for every cost that grows at least evenly with the size of an element. Lists are collected by copying, so
    that the copies grow with the square of the steps.
    """
    if not count:
        return Cost(Extent(0), 0)

    def step(element: Extent) -> Cost:
        inner = {**known, node.name: element, node.second: element}
        condition, change = (_cost(part, inner, given, max(1.0, steps / count)) for part in body)
        return change.spent(condition)

    whole, each = step(over), step(SCALAR)
    copied = 0 if node.scalar else _ELEMENT * count * count / 2
    collected = whole.value + each.value.times(count)
    return Cost(collected, copied, copied).spent(whole).spent(each, count)

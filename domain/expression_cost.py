"""What an expression can cost at most, worked out from its syntax tree before it runs.

The library itself bounds steps of loops, nesting and regular expressions, but not the work of one step nor the texts
and lists that `+`, `replace` or `join` make out of each other: thirty of these would fill any memory. So the tree is
walked with sizes in place of values. A size counts the characters of a text, or all that is inside a list or map.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.syntax_tree import Node

MOST_STEPS = 10_000
"""Steps of all loops in one evaluation; the library's own bound."""
MOST_WORK = 5e8
"""Characters and elements looked at: a second or two at the very worst."""
MOST_MADE = 2e7
"""Characters and elements of texts and lists that come into being: half a gigabyte at the very worst."""
LARGEST_VALUE = 2**24
"""What an object weighs at most: MongoDB keeps 16 MB."""
SMALLEST_BOUND = 2**10

DEEPEST_LOOPS = 5

_CHOICES = frozenset(
    ["_&&_", "_||_", "!_", "size", "_[_]", "_?._", "_[?_]", "optional.of", "value", "hasValue", "or", "orValue"]
)
_PRODUCTS = frozenset({"replace", "join", "format", "regex.replace"})
_COMPARISONS = frozenset({"_==_", "_!=_"})


@dataclass(frozen=True, slots=True)
class Cost:
    size: float
    work: float = 1
    made: float = 0


def largest_input(tree: Node) -> int:
    """The weight of `self` and `oldSelf` together up to which the expression stays within bounds; 0 if none is safe."""
    if _loops(tree) > DEEPEST_LOOPS:
        return 0
    weight = LARGEST_VALUE
    while weight >= SMALLEST_BOUND:
        cost = _cost(tree, {}, weight, MOST_STEPS)
        if cost.work <= MOST_WORK and cost.made <= MOST_MADE:
            return weight
        weight //= 2
    return 0


def _loops(node: Node) -> int:
    """How deep loops are nested."""
    return (node.kind == "loop") + max(map(_loops, node.parts), default=0)


def _cost(node: Node, sizes: Mapping[str, float], weight: float, steps: float) -> Cost:
    match node.kind:
        case "constant":
            return Cost(1 + len(node.text))
        case "name":
            return Cost(1 if node.scalar else sizes.get(node.name, weight))
        case "loop":
            return _loop(node, sizes, weight, steps)
    parts = [_cost(part, sizes, weight, steps) for part in node.parts]
    size, touched, made = _operation(node, [part.size for part in parts])
    return Cost(
        1 if node.scalar else size,
        1 + touched + sum(part.work for part in parts),
        made + sum(part.made for part in parts),
    )


def _operation(node: Node, sizes: list[float]) -> tuple[float, float, float]:
    """Size of the result, what is looked at, and what is made, of one operation on parts of these sizes."""
    total = sum(sizes)
    if node.kind == "select":
        return total, 0, 0
    if node.kind in ("list", "map"):
        return 1 + total, len(sizes), len(sizes)
    if node.name == "_?_:_":
        return max(sizes[1:]), 0, 0
    if node.name in _CHOICES:
        return max(sizes, default=1), 0, 0
    if node.name in _COMPARISONS:
        return 1, min(sizes), 0
    if node.name == "_+_" and node.parts[0].name == "@result":
        return total, 1, 1  # a macro appends to what it collects, in place
    if node.name in _PRODUCTS:
        product = (1 + sizes[0]) * (1 + max(sizes[1:], default=1))
        return product, total + product, product
    return total, total, 0 if node.scalar else total


def _loop(node: Node, sizes: Mapping[str, float], weight: float, steps: float) -> Cost:
    """A loop over a list of size s costs at most a step on all of s and an empty step for every element.

    That holds for every cost that grows at least evenly with the size of an element.
    """
    over, start, *body, result = (part for part in node.parts)
    ranged, begun = _cost(over, sizes, weight, steps), _cost(start, sizes, weight, steps)
    count = 0.0 if over.kind == "list" and not over.parts else max(1.0, min(steps, ranged.size))

    def step(element: float) -> Cost:
        inner = {**sizes, node.name: element, node.second: element, node.collector: 1}
        condition, change = (_cost(part, inner, weight, max(1.0, steps / max(count, 1))) for part in body)
        return Cost(change.size, condition.work + change.work, condition.made + change.made)

    whole, each = (step(ranged.size), step(1)) if count else (Cost(0, 0), Cost(0, 0))
    collected = begun.size + whole.size + count * each.size
    end = _cost(result, {**sizes, node.collector: collected}, weight, steps)
    return Cost(
        1 if node.scalar else end.size,
        ranged.work + begun.work + whole.work + count * each.work + end.work,
        ranged.made + begun.made + whole.made + count * each.made + end.made,
    )

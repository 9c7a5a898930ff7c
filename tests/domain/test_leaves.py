from typing import Any

import pytest

from domain.leaves import counterparts, leaves


def test_a_leaf_is_a_value_with_nothing_below_it() -> None:
    value = {"b": [1, {}, {"c": None}], "a/~": "x", "d": [], "e": {"f": True}}
    assert [(leaf.pointer, leaf.value) for leaf in leaves(value)] == [
        ("/a~1~0", "x"),
        ("/b/0", 1),
        ("/b/1", {}),
        ("/b/2/c", None),
        ("/d", []),
        ("/e/f", True),
    ]
    assert [(leaf.pointer, leaf.value) for leaf in leaves({})] == [("", {})]


def named(*names: Any) -> list[Any]:
    return [{"name": name} for name in names]


@pytest.mark.parametrize(
    ("newer", "older", "expected"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"b": "b"}),
        ({"a": 1}, [1], {}),
        ([1], 1, {}),
        # Named elements are the same wherever they stand.
        (named("a", "b"), named("b", "c", "a"), {0: 2, 1: 0}),
        (named("a"), named("b"), {}),
        # Names that are shared or no texts name nothing.
        (named("a", "a"), named("b", "a"), {0: 0, 1: 1}),
        (named("x", 1), named(1), {1: 0}),
        # What was added, removed or replaced at one place moves nothing else.
        ([1, 2, 3], [1, 2], {0: 0, 1: 1}),
        ([0, 1, 2], [1, 2], {1: 0, 2: 1}),
        ([1, 9, 2], [1, 2], {0: 0, 2: 1}),
        ([1, 2], [1, 9, 2], {0: 0, 1: 2}),
        ([1, 2], [0, 1, 2], {0: 1, 1: 2}),
        ([1, 9, 3], [1, 2, 3], {0: 0, 1: 1, 2: 2}),
        ([2, 1], [1, 2], {0: 0, 1: 1}),
        # One of two like elements is gone, or another was added.
        ([5, 5], [5], {0: 0}),
        ([5], [5, 5], {0: 0}),
        # True is not 1.
        ([True, 7], [0, 1, 7], {0: 0, 1: 2}),
    ],
)
def test_a_part_of_a_newer_value_was_a_part_of_the_older_one(newer: Any, older: Any, expected: dict[Any, Any]) -> None:
    assert counterparts(newer, older) == expected

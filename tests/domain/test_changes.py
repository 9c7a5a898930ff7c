from typing import Any

import pytest

from domain.changes import Change, Difference, changes, difference


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [Change("/a", 1, 2)]),
        ({"a": 1}, {"b": 1}, [Change("/a", 1, None), Change("/b", None, 1)]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3, 4]}}, [Change("/a/b/1", 2, 3), Change("/a/b/2", None, 4)]),
        ({"a": [1]}, {"a": {"0": 1}}, [Change("/a", [1], {"0": 1})]),
        ({"a/b~": 1}, {"a/b~": 2}, [Change("/a~1b~0", 1, 2)]),
        ({"a": 1}, {"a": True}, [Change("/a", 1, True)]),
        ({"a": 1}, {"a": 1.0}, []),
        (None, {"a": 1}, [Change("", None, {"a": 1})]),
        ({"a": 1}, None, [Change("", {"a": 1}, None)]),
        ({"a": None}, {}, [Change("/a", None, None)]),
    ],
)
def test_every_difference_is_found_at_its_place(before: Any, after: Any, expected: list[Change]) -> None:
    assert list(changes(before, after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {}, Difference.CREATED),
        ({}, None, Difference.DELETED),
        ({"a": 1}, {"a": True}, Difference.CHANGED),
        ({"a": 1}, {"a": 1.0}, Difference.UNCHANGED),
        ({"a": None}, {}, Difference.CHANGED),
        (None, None, Difference.UNCHANGED),
    ],
)
def test_an_object_is_created_changed_deleted_or_as_before(before: Any, after: Any, expected: Difference) -> None:
    assert difference(before, after) is expected

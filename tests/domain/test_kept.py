"""What a type no longer has is kept for a while, where it was."""

from typing import Any

from domain.kept import Kept, graft, removed, with_kept
from manifests import schema

Json = dict[str, Any]

PART: Json = {"type": "object", "properties": {"name": {"type": "string"}, "old": {"type": "integer"}}}
NEW_PART: Json = {"type": "object", "properties": {"name": {"type": "string"}}}
BEFORE = schema(size="integer", gone={"type": "string"}, parts={"type": "array", "items": PART})
AFTER = schema(size="integer", parts={"type": "array", "items": NEW_PART})
KEPT = [
    Kept(("spec", "gone"), {"type": "string"}),
    Kept(("spec", "parts", None, "old"), {"type": "integer"}),
]


def test_a_property_that_is_missing_is_found_at_any_depth() -> None:
    assert list(removed(BEFORE, AFTER)) == KEPT
    assert list(removed(AFTER, BEFORE)) == []
    assert KEPT[1].keys == ("spec", "parts", "old")


def test_what_is_no_object_with_properties_any_more_keeps_none() -> None:
    for after in ({}, {"type": "string"}, {"type": "object"}, {"type": "object", "properties": {}}):
        assert list(removed(BEFORE, {"type": "object", "properties": {"spec": after}})) == []


def test_the_schema_has_them_again_as_deprecated_and_the_one_before_is_unchanged() -> None:
    again: Any = with_kept(AFTER, KEPT)
    spec = again["properties"]["spec"]["properties"]
    assert spec["gone"] == {"type": "string", "deprecated": True}
    assert spec["parts"]["items"]["properties"]["old"] == {"type": "integer", "deprecated": True}
    assert spec["size"] == {"type": "integer"}
    assert list(removed(BEFORE, AFTER)) == KEPT


def test_a_value_is_put_where_it_was_unless_something_is_there() -> None:
    new = {"spec": {"size": 1, "parts": [{"name": "a"}, {"name": "b"}]}}
    old = {"spec": {"gone": "g", "parts": [{"old": 1}, {}]}}
    made = new
    for each in KEPT:
        made = graft(made, old, each.path)
    assert made == {"spec": {"size": 1, "gone": "g", "parts": [{"name": "a", "old": 1}, {"name": "b"}]}}
    assert new == {"spec": {"size": 1, "parts": [{"name": "a"}, {"name": "b"}]}}
    assert graft({"spec": {"gone": "n"}}, old, ("spec", "gone")) == {"spec": {"gone": "n"}}
    assert graft({"spec": {"parts": [1]}}, old, KEPT[1].path) == {"spec": {"parts": [1]}}
    assert graft({"spec": "odd"}, old, KEPT[0].path) == {"spec": "odd"}

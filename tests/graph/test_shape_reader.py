"""What becomes of each keyword of JSON Schema; docs/schema-mapping.md has the reasons."""

from typing import Any

import pytest

from domain.errors import InvalidManifest
from graph.scalars import JSON, Long
from graph.shape_reader import ShapeReader
from graph.shapes import ListOf, Object, Reference, Scalar, Shape, objects_in

A = {"type": "object", "properties": {"a": {"type": "string"}}}
B = {"type": "object", "properties": {"b": {"type": "integer"}}}
REQUIRED = [{"required": ["a"]}, {"required": ["b"]}]


def told(shape: Shape, seen: tuple[Object, ...] = ()) -> Any:
    """A shape as plain data; an object inside itself is an ellipsis."""
    match shape:
        case Scalar(type_):
            return type_
        case ListOf(item, _):
            return [told(item, seen)]
        case Reference(to, written):
            return (to, told(written, seen))
        case Object():
            inside = (*seen, shape)
            return ... if shape in seen else {each.key: told(each.shape, inside) for each in shape.properties}


def shape_of(schema: Any, **document: Any) -> Any:
    return told(ShapeReader(document).shape(schema, ("x",)))


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        ({"type": "string"}, str),
        ({"type": "string", "format": "date-time"}, str),
        ({"type": "string", "enum": ["a", "", "=~"]}, str),
        ({"enum": ["a", "b", None]}, str),
        ({"const": "a"}, str),
        ({"enum": [1, 2]}, Long),
        ({"enum": [1, "a"]}, JSON),
        ({"enum": [True]}, bool),
        ({"type": "boolean"}, bool),
        ({"type": "number"}, float),
        ({"type": "number", "format": "int64"}, float),
        ({"type": "integer"}, Long),
        ({"type": "integer", "format": "int64"}, Long),
        ({"type": "integer", "format": "uint32"}, Long),
        ({"type": "integer", "format": "int32"}, int),
        ({"type": "integer", "format": "int32", "maximum": 4294967295}, Long),
        ({"type": "integer", "format": "int32", "minimum": 0, "maximum": 4294967295.0}, Long),
        ({"type": "integer", "minimum": 1, "maximum": 65535}, int),
        ({"type": "integer", "minimum": 0}, Long),
        ({"type": "integer", "minimum": 0, "maximum": 2**31}, Long),
        ({"type": "null"}, JSON),
        ({"type": ["string", "null"]}, str),
        ({"type": "string", "nullable": True}, str),
        ({"type": ["string", "integer"]}, JSON),
        ({"type": ["integer", "number"]}, float),
        ({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}, JSON),
        ({"x-kubernetes-preserve-unknown-fields": True}, JSON),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, JSON),
        ({}, JSON),
        (True, JSON),
        (False, JSON),
        ({"minLength": 1}, JSON),
        ({"not": {"type": "string"}}, JSON),
        ({"type": "object"}, JSON),
        ({"type": "object", "properties": {}}, JSON),
        ({"type": "object", "additionalProperties": {"type": "string"}}, JSON),
        ({"type": "object", "patternProperties": {"^x": {"type": "string"}}}, JSON),
        (A, {"a": str}),
        ({"properties": {"a": True}}, {"a": JSON}),
        ({**A, "additionalProperties": {"type": "string"}}, {"a": str}),
        ({**A, "x-kubernetes-preserve-unknown-fields": True}, {"a": str}),
        ({**A, "x-kubernetes-embedded-resource": True}, {"a": str}),
        ({"type": "array"}, JSON),
        ({"type": "array", "items": True}, JSON),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, [[float]]),
        ({"type": "array", "items": A}, [{"a": str}]),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"enum": ["a"]}], "items": False}, [str]),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, JSON),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, str),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, JSON),
        ({"anyOf": [{"type": "string"}, {}]}, JSON),
        ({"anyOf": [A, B]}, {"a": str, "b": Long}),
        ({"oneOf": [A, {"type": "null"}]}, {"a": str}),
        ({"oneOf": [A, {"type": "string"}]}, JSON),
        ({"allOf": [A, B]}, {"a": str, "b": Long}),
        ({"allOf": [{"type": "number"}, {"type": "integer", "format": "int32"}]}, int),
        ({**A, "oneOf": REQUIRED}, {"a": str}),
        ({**A, "not": {"required": ["a"]}}, {"a": str}),
        ({**A, "anyOf": [{"properties": {"a": {"enum": ["x"]}}}, {"properties": {"c": {}}}]}, {"a": str, "c": JSON}),
        ({"type": "string", "allOf": [{"enum": ["a"]}, {"minLength": 1}]}, str),
        ({**A, "if": {"required": ["a"]}, "then": B, "else": {"properties": {"a": {"minLength": 1}}}},
         {"a": str, "b": Long}),
        ({"x-dsel-ref": "Artifact", "type": "string"}, ("Artifact", str)),
        ({"type": "array", "items": {"x-dsel-ref": "Artifact", **A}}, [("Artifact", {"a": str})]),
    ],
)  # fmt: skip
def test_each_keyword_has_a_shape(schema: Any, shape: Any) -> None:
    assert shape_of(schema) == shape


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        ({"$ref": "#/$defs/Text"}, str),
        ({"$ref": "#/$defs/Again"}, str),
        ({"$ref": "#/$defs/A"}, {"a": str}),
        ({"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}], "description": "Maybe."}, {"a": str}),
        ({"allOf": [{"$ref": "#/$defs/A"}], "default": {}}, {"a": str}),
        ({"allOf": [{"$ref": "#/$defs/A"}, B]}, {"a": str, "b": Long}),
        ({"oneOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/Folder"}]}, {"a": str, "in": [{"in": [...]}]}),
        ({"$ref": "#/$defs/Folder"}, {"in": [...]}),
        ({"$ref": "#/$defs/Itself"}, JSON),
        ({"$ref": "#/$defs/Lists"}, [JSON]),
        ({"$ref": "#/$defs/Odd"}, JSON),
        ({"$ref": "#/$defs/missing"}, JSON),
        ({"$ref": "#/$defs/Both/allOf/1"}, {"b": Long}),
        ({"$ref": "https://example.com/schema"}, JSON),
        ({"$ref": "#anchor"}, JSON),
    ],
)
def test_a_reference_has_the_shape_of_what_it_refers_to(schema: Any, shape: Any) -> None:
    definitions = {
        "Text": {"type": "string"},
        "Again": {"$ref": "#/$defs/Text"},
        "A": A,
        "Both": {"allOf": [A, B]},
        "Folder": {"type": "object", "properties": {"in": {"type": "array", "items": {"$ref": "#/$defs/Folder"}}}},
        "Itself": {"$ref": "#/$defs/Itself"},
        "Lists": {"type": "array", "items": {"$ref": "#/$defs/Lists"}},
        "Odd": {"anyOf": [{"$ref": "#/$defs/Odd"}, {"type": "string"}]},
    }
    assert shape_of(schema, **{"$defs": definitions}) == shape


def test_a_whole_document_may_be_recursive() -> None:
    document = {"type": "object", "properties": {"again": {"$ref": "#"}, "x": {"type": "string"}}}
    properties = ShapeReader(document).properties(document)
    assert [told(each.shape) for each in properties] == [{"again": ..., "x": str}, str]


def test_a_definition_with_something_added_may_hold_itself() -> None:
    node = {"type": "object", "properties": {"next": {"allOf": [{"$ref": "#/$defs/Node"}, B]}}}
    assert shape_of({"$ref": "#/$defs/Node"}, **{"$defs": {"Node": node}}) == {"next": {"next": JSON, "b": Long}}


def test_a_schema_that_explodes_is_refused() -> None:
    definitions = {
        f"D{level}": {"properties": {key: {"allOf": [{"$ref": f"#/$defs/D{level + 1}"}, A]} for key in "xyz"}}
        for level in range(30)
    }
    with pytest.raises(InvalidManifest, match="20,000 objects"):
        shape_of({"allOf": [{"$ref": "#/$defs/D0"}, A]}, **{"$defs": definitions})


def test_equal_objects_are_one_whatever_the_order_of_their_properties() -> None:
    pair = {"k": {"type": "string"}, "v": {"type": "string"}}
    document = {
        "properties": {
            "one": {"type": "object", "properties": pair, "description": "One."},
            "list": {"type": "array", "items": {"type": "object", "properties": dict(reversed(pair.items()))}},
            "strict": {"type": "object", "properties": pair, "required": ["k"]},
            "open": {"type": "object", "properties": pair, "additionalProperties": True},
            "told": {"type": "object", "properties": {**pair, "k": {"type": "string", "description": "The key."}}},
        }
    }
    one, listed, *others = (each.shape for each in ShapeReader(document).properties(document))
    assert isinstance(one, Object)
    assert isinstance(listed, ListOf)
    assert listed.item is one
    assert one.home == ("list",)
    assert len({one, *others}) == 4


def test_what_is_required_and_what_may_be_null_is_known() -> None:
    document = {
        "required": ["a", "b", "c"],
        "properties": {
            "a": {"type": "string"},
            "b": {"type": ["string", "null"]},
            "c": {},
            "d": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    }
    found = ShapeReader(document).properties(document)
    assert [(each.key, each.required, each.nullable) for each in found] == [
        ("a", True, False),
        ("b", True, True),
        ("c", True, True),
        ("d", False, True),
    ]


def test_options_are_told_in_the_description() -> None:
    document = {"properties": {"mode": {"type": "string", "enum": ["on", ""], "description": "The mode."}, "n": {}}}
    assert [each.description for each in ShapeReader(document).properties(document)] == [
        "The mode. One of: `on`, ``.",
        "The property `n`.",
    ]


def test_a_deep_schema_has_one_object_for_each_level() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for level in range(50):
        schema = {"type": "object", "properties": {f"level{level}": schema}}
    assert len(objects_in(ShapeReader(schema).shape(schema, ("x",)))) == 50

"""Rules see objects as Kubernetes shows them: with defaults, in CEL's types, under names that CEL can spell."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from domain import expression
from domain.expression import Scope
from domain.rule_values import as_cel, declares_defaults, with_defaults
from json_values import exact, objects

SCHEMA: dict[str, Any] = {
    "properties": {
        "kind": {"type": "string", "default": "Service"},
        "port": {"type": "integer", "default": 80},
        "off": {"type": "string", "nullable": True, "default": "x"},
        "policy": {"type": "object", "default": {}, "properties": {"mode": {"default": "Auto"}}},
        "rules": {"type": "array", "items": {"properties": {"weight": {"default": 1}}}},
        "by": {"additionalProperties": {"properties": {"weight": {"default": 1}}}},
    }
}


def seen(source: str, value: Any, schema: dict[str, Any]) -> Any:
    return expression.condition(source).evaluate(Scope(as_cel(value, schema), []))


def test_defaults_fill_what_is_missing_also_inside_of_defaults_lists_and_maps() -> None:
    value: dict[str, Any] = {"port": None, "off": None, "rules": [{}, {"weight": 5}], "by": {"a": {}}, "more": 1}
    assert with_defaults(value, SCHEMA) == {
        "kind": "Service",
        "port": 80,
        "off": None,
        "policy": {"mode": "Auto"},
        "rules": [{"weight": 1}, {"weight": 5}],
        "by": {"a": {"weight": 1}},
        "more": 1,
    }
    assert value["rules"] == [{}, {"weight": 5}], "the object itself stays as it came"


def test_a_schema_tells_whether_it_declares_defaults() -> None:
    assert declares_defaults(SCHEMA)
    assert declares_defaults({"items": {"additionalProperties": SCHEMA}})
    assert not declares_defaults({"properties": {"default": {"type": "string"}, "a": True}, "items": False})


@pytest.mark.parametrize(
    ("source", "value", "schema"),
    [
        ("self + 0.5 == 2.5", 2, {"type": "number"}),
        ("self + 1 == 3", 2.0, {"type": "integer"}),
        ("self + 1 == 3", Decimal(2), {"type": "integer"}),
        ("self + 0.5 == 2.0", Decimal("1.5"), {}),
        ("self == 9223372036854775807", 2**63 - 1, {}),
        ("self == 18446744073709551615u", 2**64 - 1, {"type": "integer"}),
        ("self > 1.8e19 && self < 1.9e19", 2**64, {"type": "integer"}),
        ("self > 1e300", Decimal("1E+6000"), {}),
        (
            "self < timestamp('2025-01-01T00:00:00.000002Z')",
            "2025-01-01T01:00:00.000001+01:00",
            {"format": "date-time"},
        ),
        ("self.getFullYear() == 2025", "2025-06-01", {"format": "date"}),
        ("self == duration('90m') && duration(self) == self", "1h30m", {"format": "duration"}),
        ("self == duration('-1.5s')", "-1.5s", {"format": "duration"}),
        ("self == b'abc'", "YWJj", {"format": "byte"}),
        ("self == 'soon'", "soon", {"format": "date-time"}),
        ("self == 'soon'", "soon", {"format": "duration"}),
        ("self == 'soon!'", "soon!", {"format": "byte"}),
        ("self == '€'", "€", {"format": "byte"}),
    ],
)
def test_a_value_has_the_type_that_its_schema_says(source: str, value: Any, schema: dict[str, Any]) -> None:
    """What does not read as its format stays a text, for the rule to fail on."""
    assert seen(source, value, schema) is True


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("namespace", "__namespace__"),
        ("a-b", "a__dash__b"),
        ("a.b/c", "a__dot__b__slash__c"),
        ("a__b", "a__underscores__b"),
    ],
)
def test_a_declared_property_goes_by_a_name_that_cel_can_spell(name: str, spelled: str) -> None:
    declared = {"properties": {name: {"type": "string"}}}
    assert seen(f"self.{spelled} == 'x' && self['{name}'] == 'x'", {name: "x"}, declared) is True
    assert seen(f"!has(self.{spelled})", {name: "x"}, {"additionalProperties": {}}) is True


@given(objects())
def test_without_a_schema_nothing_is_added(value: dict[str, Any]) -> None:
    assert exact(with_defaults(value, {})) == exact(value)
    assert as_cel(value, {}).keys() == value.keys()


@given(objects())
def test_every_value_of_json_can_be_seen_by_a_rule(value: dict[str, Any]) -> None:
    assert seen("self == self || true", value, {}) is True
    assert seen("type(self) == map", value, {}) is True

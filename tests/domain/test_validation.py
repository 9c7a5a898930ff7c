from decimal import Decimal
from typing import Any

import pytest

from domain import validation
from domain.domain_type import DomainType, Version
from domain.errors import ValidationFailed, Violation

SCHEMA = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"enum": ["small", "large"]},
                "count": {"type": "integer", "maximum": 10},
                "ratio": {"type": "number"},
                "a/b": {"items": {"type": "string"}},
            },
        }
    },
}
WIDGET = DomainType(
    name="Widget",
    actions=(),
    versions=(Version(name="v1", schema=SCHEMA), Version(name="example.com/v2", schema={})),
)


def widget(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Widget", "meta": {"name": "w"}, "spec": {"size": "small", **spec}}


def violations(state: dict[str, Any]) -> list[Violation]:
    with pytest.raises(ValidationFailed) as refusal:
        validation.validate(WIDGET, state)
    return sorted(refusal.value.violations, key=lambda each: each.path)


def test_an_object_that_follows_its_schema_passes_with_whatever_else_it_holds() -> None:
    validation.validate(WIDGET, {**widget(count=10, more=[1]), "status": {"any": "thing"}})


def test_every_violation_is_told_with_its_path() -> None:
    found = violations(widget(size="huge", count=11, **{"a/b": ["x", 5]}))
    assert [(each.path, each.rule) for each in found] == [
        ("/spec/a~1b/1", "type"),
        ("/spec/count", "maximum"),
        ("/spec/size", "enum"),
    ]
    assert found[2].message == "'huge' is not one of: small, large"


def test_the_message_names_the_object_and_its_first_fault() -> None:
    with pytest.raises(ValidationFailed, match=r"Widget w is not valid at /spec/.*\(and 1 more\)"):
        validation.validate(WIDGET, widget(size="huge", count=11))


def test_a_missing_part_is_told_at_its_parent() -> None:
    assert violations({"apiVersion": "v1", "meta": {}}) == [Violation("", '"spec" is a required property', "required")]


def test_an_object_is_judged_by_the_schema_of_its_own_version() -> None:
    validation.validate(WIDGET, {**widget(size="huge"), "apiVersion": "example.com/v2"})


@pytest.mark.parametrize("version", ["v3", None, 1])
def test_a_version_that_nobody_declared_is_a_violation(version: Any) -> None:
    (found,) = violations({**widget(), "apiVersion": version})
    assert (found.path, found.rule) == ("/apiVersion", "apiVersion")
    assert found.message.endswith("is not one of: v1, example.com/v2")


@pytest.mark.parametrize("ratio", [2**70, Decimal("0.1000000000000000000000001"), Decimal("1E+6000"), 1e300])
def test_numbers_of_any_size_are_judged(ratio: Any) -> None:
    validation.validate(WIDGET, widget(ratio=ratio))
    assert [each.path for each in violations(widget(count=2**70))] == ["/spec/count"]
    assert [each.path for each in violations(widget(count=Decimal("0.1000000000000000000000001")))] == ["/spec/count"]


def test_a_violation_quotes_a_large_value_in_part() -> None:
    for state in (widget(size="x" * 100_000), widget(count=["x"] * 100_000), {**widget(), "apiVersion": "x" * 100_000}):
        assert all(len(each.message) < 600 for each in violations(state))

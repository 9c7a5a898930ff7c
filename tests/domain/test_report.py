"""The report says of every check by name what came of it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from domain import rules
from domain.domain_type import DomainType, Version
from domain.errors import ValidationFailed, Violation
from domain.report import Outcome, Report, RuleResult
from domain.rule import Rule
from json_values import objects

SCHEMA = {"properties": {"spec": {"properties": {"size": {"enum": ["small", "large"]}, "count": {"maximum": 10}}}}}
WIDGET = DomainType(
    name="Widget",
    actions=(),
    versions=(Version(name="v1", schema=SCHEMA),),
    rules=(
        Rule(name="counted", rule="has(self.spec.count)"),
        Rule(name="large-is-few", path="/spec", when="self.size == 'large'", rule="self.count < 3", fieldPath=".count"),
        Rule(name="grows", path="/spec/count", rule="self >= oldSelf"),
        Rule(name="owned", path="/owner", rule="self != ''"),
    ),
)


def widget(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Widget", "meta": {"name": "w"}, "spec": spec}


def entries(state: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    document = rules.evaluate(WIDGET, state, old).as_document()
    return {entry.pop("name"): entry for entry in document["details"]["validations"]}


def test_a_report_has_the_shape_of_the_envelope() -> None:
    """Rules that had nothing to judge are left out."""
    report = rules.evaluate(WIDGET, widget(size="small", count=5), None)
    assert report.as_document() == {
        "overall": "SUCCESS",
        "details": {
            "validations": [
                {"name": "schema", "pass": True},
                {"name": "counted", "pass": True},
                {"name": "large-is-few", "pass": True, "skipped": "it does not apply: self.size == 'large'"},
                {"name": "grows", "pass": True, "skipped": "there is no current value to compare with"},
            ]
        },
    }
    assert [each.name for each in report.results] == ["schema", "counted", "large-is-few", "grows", "owned"]


def test_a_failed_rule_is_told_with_its_message_path_and_reason() -> None:
    failed = {"pass": False, "path": "/spec/count", "reason": "FieldValueInvalid"}
    assert entries(widget(size="large", count=4), widget(size="large", count=5)) == {
        "schema": {"pass": True},
        "counted": {"pass": True},
        "large-is-few": failed | {"message": "failed rule: self.count < 3"},
        "grows": failed | {"message": "failed rule: self >= oldSelf"},
    }


def test_a_broken_schema_is_told_with_everything_that_breaks_it_and_rules_are_not_run() -> None:
    found = entries(widget(size="huge", count=11))
    assert [(each["path"], each["rule"]) for each in sorted(found["schema"]["violations"], key=str)] == [
        ("/spec/count", "maximum"),
        ("/spec/size", "enum"),
    ]
    assert found["schema"]["message"].endswith("(and 1 more)")
    assert found["grows"] == {"pass": True, "skipped": "the object breaks its schema"}


def test_a_document_tells_fifty_violations_and_the_report_all() -> None:
    many = Version(name="v1", schema={"additionalProperties": {"type": "integer"}})
    state = {"apiVersion": "v1"} | {f"key-{number}": "x" for number in range(99)}
    report = rules.evaluate(DomainType(name="Widget", actions=(), versions=(many,)), state, None)
    assert len(report.violations) == 100
    assert len(report.as_document()["details"]["validations"][0]["violations"]) == 50


def test_violations_are_those_of_the_schema_or_else_those_of_the_rules() -> None:
    found = rules.evaluate(WIDGET, widget(size="large", count=4), None).violations
    assert found == (Violation("/spec/count", "failed rule: self.count < 3", "large-is-few"),)
    found = rules.evaluate(WIDGET, widget(size="large", count=11), None).violations
    assert [each.rule for each in found] == ["maximum"]


def test_violations_make_an_error_that_names_the_first() -> None:
    found = rules.evaluate(WIDGET, widget(size="large", count=4), None).violations
    assert "at /spec/count: failed rule: self.count < 3" in str(ValidationFailed("Widget w", found))


def test_a_skipped_rule_fails_nothing() -> None:
    skipped = RuleResult("a", Outcome.SKIPPED, "why")
    assert Report((skipped,)).passed
    assert Report((skipped,)).overall == "SUCCESS"
    assert not Report((skipped, RuleResult("b", Outcome.FAILED))).passed
    assert Report((skipped, RuleResult("b", Outcome.FAILED))).overall == "FAILED"


def test_a_version_that_nobody_declared_fails_the_schema() -> None:
    report = rules.evaluate(WIDGET, {**widget(), "apiVersion": "v9"}, None)
    assert [(each.name, each.outcome, each.path) for each in report.results] == [
        ("schema", Outcome.FAILED, "/apiVersion")
    ]


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        Decimal("NaN"),
        (1,),
        {1},
        b"x",
        datetime.now,
        object(),
        "\ud800",
        "a\0b",
        {1: 2},
        {None: 1},
        deep(5_000),
    ],
)
def test_what_is_no_json_fails_the_schema(value: Any) -> None:
    sound = widget(size="small", count=1)
    report = rules.evaluate(WIDGET, {**sound, "more": value}, sound)
    [violation] = report.violations
    assert violation.rule == "json"
    assert violation.path.startswith("/more")
    report = rules.evaluate(WIDGET, sound, {**widget(size="small", count=9), "more": value})
    assert report.passed, "a current state that is no JSON cannot be compared with"


@given(objects(), objects())
def test_no_object_makes_it_raise(state: dict[str, Any], old: dict[str, Any]) -> None:
    for each in (state, {**state, "apiVersion": "v1"}, {**state, **widget(**state)}):
        assert rules.evaluate(WIDGET, each, {**old, "apiVersion": "v1"}).overall in ("SUCCESS", "FAILED")

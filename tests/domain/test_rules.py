"""Rules beside the schema: what a manifest may declare, and what rules say of an object."""

from typing import Any

import pytest

from domain import registry, rules
from domain.domain_type import DomainType
from domain.errors import InvalidManifest
from domain.manifest import read
from domain.report import Outcome, RuleResult

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "x-kubernetes-validations": [
                {"rule": "self.replicas <= self.limit", "message": "more than the limit", "fieldPath": ".replicas"},
                {"rule": "self.kind == oldSelf.kind", "message": "the kind stays", "reason": "FieldValueForbidden"},
            ],
            "properties": {
                "kind": {"type": "string", "default": "plain"},
                "replicas": {"type": "integer", "default": 1},
                "limit": {"type": "integer", "default": 10},
                "ports": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    "items": {
                        "type": "object",
                        "x-kubernetes-validations": [
                            {
                                "rule": "self.number > 0 && self.number < 65536",
                                "messageExpression": "self.name + ' is no port'",
                            },
                            {"rule": "self.number == oldSelf.number", "fieldPath": "['number']"},
                        ],
                        "properties": {"name": {"type": "string"}, "number": {"type": "integer"}},
                    },
                },
                "labels": {
                    "type": "object",
                    "additionalProperties": {"type": "string", "x-kubernetes-validations": [{"rule": "self != ''"}]},
                },
            },
        }
    },
}


def manifest(*declared: dict[str, Any], schema: Any = None, **version: Any) -> dict[str, Any]:
    versions = [{"name": "v1", "schema": schema or {}, **version}]
    spec = {"actions": [], "rules": list(declared), "versions": versions}
    return {"apiVersion": "dsel/v1alpha1", "kind": "DomainType", "meta": {"name": "Widget"}, "spec": spec}


def widget(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Widget", "meta": {"name": "w"}, "spec": spec}


def results(domain_type: DomainType, state: dict[str, Any], old: dict[str, Any] | None = None) -> list[RuleResult]:
    """Without the check against the schema."""
    return list(rules.evaluate(domain_type, state, old).results[1:])


def outcomes(domain_type: DomainType, state: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, str]:
    return {each.name: str(each.outcome) for each in results(domain_type, state, old)}


def failure(rule: dict[str, Any], state: dict[str, Any], old: dict[str, Any] | None = None) -> RuleResult:
    [result] = results(read(manifest({"name": "r", **rule})), state, old)
    assert result.outcome is Outcome.FAILED
    return result


def test_a_rule_passes_fails_or_is_skipped_where_its_place_is() -> None:
    domain_type = read(
        manifest(
            {"name": "whole", "rule": "self.spec.size > 1"},
            {"name": "part", "path": "/spec/size", "rule": "self < 3", "message": "too large"},
            {"name": "absent", "path": "/spec/nothing", "rule": "false"},
            {"name": "elsewhere", "path": "/spec", "when": "self.size > 5", "rule": "false"},
        )
    )
    assert results(domain_type, widget(size=4)) == [
        RuleResult("whole", Outcome.PASSED),
        RuleResult("part", Outcome.FAILED, "too large", "/spec/size", "FieldValueInvalid"),
        RuleResult("absent", Outcome.SKIPPED, "the object has nothing at /spec/nothing", reason="Absent"),
        RuleResult("elsewhere", Outcome.SKIPPED, "it does not apply: self.size > 5", reason="NotApplicable"),
    ]


def test_a_star_stands_for_every_element_and_every_value() -> None:
    """Each failure is told where it is, ten of a rule at most."""
    rule = {"name": "r", "path": "/spec/by/*/n~1a~0/*", "rule": "self > 0"}
    domain_type = read(manifest(rule))
    found = results(domain_type, widget(by={"a/b": {"n/a~": [1, -1]}, "c": {"n/a~": [-2]}, "d": {}}))
    assert [each.path for each in found] == ["/spec/by/a~1b/n~1a~0/1", "/spec/by/c/n~1a~0/0"]
    assert outcomes(domain_type, widget(by={"a": {"n/a~": [1, 2]}})) == {"r": "PASSED"}
    assert len(results(domain_type, widget(by={"a": {"n/a~": [-1] * 100}}))) == 10


def test_a_null_is_no_place() -> None:
    domain_type = read(manifest({"name": "r", "path": "/spec/size", "rule": "self > 0"}))
    assert outcomes(domain_type, widget(size=None)) == {"r": "SKIPPED"}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"message": "m", "messageExpression": "'size ' + string(self.spec.size)"}, "size 4"),
        ({"message": "m", "messageExpression": "self.spec.missing"}, "m"),
        ({"message": "m", "messageExpression": "' '"}, "m"),
        ({"messageExpression": "self.spec.size"}, "failed rule: self.spec.size == 0"),
        ({}, "failed rule: self.spec.size == 0"),
    ],
)
def test_a_failure_says_what_its_rule_can_say_best(rule: dict[str, Any], message: str) -> None:
    assert failure({"rule": "self.spec.size == 0", **rule}, widget(size=4)).message == message


def test_a_rule_that_cannot_be_evaluated_has_failed() -> None:
    found = failure({"rule": "self.spec.missing > 1", "path": ""}, widget())
    assert found.message == 'the rule cannot be evaluated: Key not found in map : "missing"'
    found = failure({"rule": "true", "when": "self.spec.missing > 1"}, widget())
    assert "cannot be evaluated" in str(found.message)


def test_a_rule_that_compares_needs_a_current_state_of_the_same_version() -> None:
    domain_type = read(manifest({"name": "r", "path": "/spec/size", "rule": "self >= oldSelf"}))
    assert rules.need_old_state(domain_type)
    assert outcomes(domain_type, widget(size=1)) == {"r": "SKIPPED"}
    assert outcomes(domain_type, widget(size=1), widget(size=1)) == {"r": "PASSED"}
    assert outcomes(domain_type, widget(size=1), widget(size=2)) == {"r": "FAILED"}
    assert outcomes(domain_type, widget(size=1), widget()) == {"r": "SKIPPED"}
    assert outcomes(domain_type, widget(size=1), {**widget(size=2), "apiVersion": "v0"}) == {"r": "SKIPPED"}


def test_a_rule_with_an_optional_old_self_runs_on_a_create_too() -> None:
    rule = {"name": "r", "path": "/spec/size", "rule": "oldSelf.orValue(0) < self", "optionalOldSelf": True}
    domain_type = read(manifest(rule))
    assert outcomes(domain_type, widget(size=1)) == {"r": "PASSED"}
    assert outcomes(domain_type, widget(size=1), widget(size=1)) == {"r": "FAILED"}


def test_kubernetes_rules_run_where_they_stand_in_the_schema() -> None:
    domain_type = read(manifest(schema=SCHEMA))
    state = widget(
        replicas=11, ports=[{"name": "a", "number": 0}, {"name": "b", "number": 80}], labels={"x": "", "y": "z"}
    )
    assert [each for each in results(domain_type, state) if each.outcome is Outcome.FAILED] == [
        RuleResult("/spec#1", Outcome.FAILED, "more than the limit", "/spec/replicas", "FieldValueInvalid"),
        RuleResult("/spec/ports/*#1", Outcome.FAILED, "a is no port", "/spec/ports/0", "FieldValueInvalid"),
        RuleResult(
            "/spec/labels/*#1", Outcome.FAILED, "failed rule: self != ''", "/spec/labels/x", "FieldValueInvalid"
        ),
    ]


def test_kubernetes_rules_see_the_defaults_of_the_schema() -> None:
    domain_type = read(manifest(schema=SCHEMA))
    assert outcomes(domain_type, widget(), widget(kind="plain")) == {
        "/spec#1": "PASSED",
        "/spec#2": "PASSED",
        "/spec/ports/*#1": "SKIPPED",
        "/spec/ports/*#2": "SKIPPED",
        "/spec/labels/*#1": "SKIPPED",
    }


def test_an_element_is_compared_with_the_one_of_the_same_key() -> None:
    """Without such keys, as with a list whose elements have none, there is nothing to compare with."""
    old = widget(ports=[{"name": "b", "number": 80}, {"name": "a", "number": 1}])
    state = widget(ports=[{"name": "a", "number": 1}, {"name": "b", "number": 81}, {"name": "c", "number": 3}])
    found = [each for each in results(read(manifest(schema=SCHEMA)), state, old) if each.name == "/spec/ports/*#2"]
    assert [(each.outcome, each.path) for each in found] == [(Outcome.FAILED, "/spec/ports/1/number")]
    by_index = read(manifest({"name": "r", "path": "/spec/ports/*", "rule": "self == oldSelf"}))
    assert outcomes(by_index, state, old) == {"r": "SKIPPED"}


def test_rules_of_a_type_hold_for_every_version_and_rules_of_a_version_for_that_one() -> None:
    whole = manifest({"name": "all", "rule": "true"}, rules=[{"name": "first", "rule": "true"}])
    whole["spec"]["versions"].append({"name": "v2", "schema": {}, "rules": [{"name": "second", "rule": "true"}]})
    domain_type = read(whole)
    assert list(outcomes(domain_type, widget())) == ["all", "first"]
    assert list(outcomes(domain_type, {**widget(), "apiVersion": "v2"})) == ["all", "second"]


@pytest.mark.parametrize(
    ("rule", "path", "problem"),
    [
        ({"rule": "self."}, "/spec/rules/0/rule", "Syntax error"),
        ({"rule": "self.spec.size"}, "", ""),
        ({"rule": "1"}, "/spec/rules/0/rule", "it gives INT, not BOOL"),
        ({"rule": ""}, "/spec/rules/0/rule", "at least 1"),
        ({"rule": "true", "when": "nothing"}, "/spec/rules/0/when", "undeclared reference to 'nothing'"),
        ({"rule": "true", "messageExpression": "1"}, "/spec/rules/0/messageExpression", "it gives INT, not STRING"),
        ({"rule": "true", "path": "spec"}, "/spec/rules/0/path", "pattern"),
        ({"rule": "true", "fieldPath": "spec.x"}, "/spec/rules/0/fieldPath", "neither a JSON Pointer"),
        ({"rule": "true", "reason": "Because"}, "/spec/rules/0/reason", "FieldValueInvalid"),
        ({"rule": "true", "name": "schema"}, "/spec/versions/0", "two checks are called 'schema'"),
        ({"rule": "true", "name": ""}, "/spec/rules/0/name", "pattern"),
        ({"rule": "true", "wen": "true"}, "/spec/rules/0/wen", "not permitted"),
    ],
)
def test_a_rule_that_cannot_be_run_makes_the_manifest_invalid(rule: dict[str, Any], path: str, problem: str) -> None:
    """At its place in the manifest, when that is read; a condition whose type only the object knows is not refused."""
    whole = manifest({"name": "r", **rule})
    if not problem:
        read(whole)
        return
    with pytest.raises(InvalidManifest, match=problem) as refusal:
        read(whole)
    assert refusal.value.details["path"] == path


@pytest.mark.parametrize(
    ("schema", "path", "problem"),
    [
        (
            {"items": {"x-kubernetes-validations": [{"rule": "self."}]}},
            "/items/x-kubernetes-validations/0/rule",
            "Syntax",
        ),
        (
            {"x-kubernetes-validations": [{"rule": "true", "name": "n"}]},
            "/x-kubernetes-validations/0",
            "keys fieldPath",
        ),
        ({"x-kubernetes-validations": [{}]}, "/x-kubernetes-validations/0/rule", "required"),
        ({"x-kubernetes-validations": ["true"]}, "/x-kubernetes-validations/0", "an object"),
        (
            {"properties": {"a/b": {"anyOf": [{"x-kubernetes-validations": [{"rule": "true"}]}]}}},
            "/properties/a~1b/anyOf",
            "only under properties",
        ),
    ],
)
def test_a_rule_in_a_schema_that_cannot_be_run_there_makes_it_invalid(schema: Any, path: str, problem: str) -> None:
    with pytest.raises(InvalidManifest, match=problem) as refusal:
        read(manifest(schema=schema))
    assert refusal.value.details["path"] == f"/spec/versions/0/schema{path}"


def test_a_property_that_is_called_like_the_keyword_is_a_property() -> None:
    schema = {"properties": {"x-kubernetes-validations": {"type": "array"}}, "default": {"anyOf": []}}
    assert outcomes(read(manifest(schema=schema)), widget()) == {}


def test_two_rules_of_one_version_differ_in_name() -> None:
    with pytest.raises(InvalidManifest, match="two checks are called 'r'"):
        read(manifest({"name": "r", "rule": "true"}, rules=[{"name": "r", "rule": "true"}]))


def test_a_rule_that_would_take_too_long_on_this_object_fails_instead() -> None:
    rule = {"rule": "self.all(x, self == oldSelf)", "path": "/spec/list"}
    large = widget(list=["x" * 1_000] * 5_000)
    assert "too much here" in str(failure(rule, large, large).message)
    assert "10,000 steps" in str(failure({**rule, "rule": "self.all(x, true)"}, widget(list=[0] * 10_001)).message)
    many = [{"name": str(number), "path": "/spec/list/*", "rule": "self == 0"} for number in range(6)]
    found = outcomes(read(manifest(*many)), widget(list=[0] * 9_000))
    assert found == {"0": "PASSED", "1": "PASSED", "2": "PASSED", "3": "PASSED", "4": "PASSED", "5": "FAILED"}


ARTIFACT: dict[str, Any] = {
    "version": "2.1.0",
    "bundles": [{"name": "a", "type": "helm", "location": "s3://a", "checksum": "sha256:1"}],
}
DEPLOYMENT = {"artifact": {"name": "vpc"}, "environment": "production", "replicas": 2, "resources": {"cpu": "500m"}}
CONFIG = {"format": "env", "data": {"LEVEL": "info"}, "immutable": True}


@pytest.mark.parametrize(
    ("kind", "spec", "change", "rule", "path"),
    [
        ("Artifact", ARTIFACT, {"bundles": ARTIFACT["bundles"] * 2}, "bundle-names-are-unique", "/spec/bundles"),
        (
            "Artifact",
            ARTIFACT,
            {"bundles": [{"name": "a", "type": "helm", "location": "s3://a"}]},
            "stored-bundles-can-be-verified",
            "/spec/bundles/0/checksum",
        ),
        ("Deployment", DEPLOYMENT, {"replicas": 1}, "production-runs-two-copies", "/spec/replicas"),
        ("Deployment", DEPLOYMENT, {"environment": "staging"}, "environment-stays", "/spec/environment"),
        ("Deployment", DEPLOYMENT, {"configs": [{"name": "c"}, {"name": "c"}]}, "configs-are-unique", "/spec/configs"),
        (
            "Deployment",
            DEPLOYMENT,
            {"resources": {"memory": "2 GB"}},
            "resources-are-quantities",
            "/spec/resources/memory",
        ),
        ("Config", CONFIG, {"data": {"LEVEL": "debug"}}, "immutable-settings-stay", "/spec"),
        (
            "Config",
            CONFIG | {"immutable": False},
            {"data": {"log-level": "x"}},
            "environment-variables-have-such-names",
            "/spec/data",
        ),
    ],
)
def test_the_types_that_come_along_have_rules(kind: str, spec: Any, change: Any, rule: str, path: str) -> None:
    """Each passes for a sound object and fails for one that is not."""
    domain_type = registry.builtin()[kind]
    sound = {"apiVersion": "v1alpha1", "kind": kind, "meta": {"name": "n"}, "spec": spec}
    assert rules.evaluate(domain_type, sound, sound).passed
    found = rules.evaluate(domain_type, {**sound, "spec": {**spec, **change}}, sound)
    assert [(each.rule, each.path) for each in found.violations] == [(rule, path)]

"""A CustomResourceDefinition is a domain type as its project ships it."""

import copy
from typing import Any

import pytest

from custom_resources import crd, spec
from domain import manifest
from domain.crd import priority
from domain.domain_type import DomainType
from domain.errors import InvalidManifest
from domain.validation import violations


def test_kind_group_scope_and_plural_are_those_of_the_definition() -> None:
    read = manifest.read(crd("GitRepository", "source.example", scope="Cluster"))
    assert (read.name, read.group, read.scope, read.state_key) == (
        "GitRepository",
        "source.example",
        "Cluster",
        "gitRepository",
    )
    assert read.plural_key == "gitRepositorys", "an irregular plural is taken as it stands, with the kind's capitals"
    assert read.short_names == ("gitrepositorys", "gitrepository")
    assert manifest.read(crd("HTTPRoute")).plural_key == "httpRoutes"
    assert manifest.read(crd("postgresql")).plural_key == "postgresqls"


def test_a_definition_can_be_applied_validated_and_deleted() -> None:
    actions = manifest.read(crd()).actions
    assert [(each.name, each.intent, each.outcome, each.deletes) for each in actions] == [
        ("apply", "GadgetApplyEvent", "GadgetAppliedEvent", False),
        ("validate", "GadgetValidateEvent", "GadgetValidatedEvent", False),
        ("delete", "GadgetDeleteEvent", "GadgetDeletedEvent", True),
    ]


def test_the_versions_that_are_served_are_ranked_as_kubernetes_ranks_them() -> None:
    definition = crd(v1alpha1=spec(), v2beta1=spec(), v1=spec(), v10=spec(), v2=spec(), v3=spec(), foo1=spec())
    definition["spec"]["versions"][5]["served"] = False
    definition["spec"]["versions"][0]["deprecated"] = True
    read = manifest.read(definition)
    names = [each.name.removeprefix("acme.example/") for each in read.versions]
    assert names == ["foo1", "v1alpha1", "v2beta1", "v1", "v2", "v10"]
    assert [each.deprecated for each in read.versions] == [False, True, False, False, False, False]


def test_the_order_of_versions_is_that_of_kubernetes_documentation() -> None:
    ranked = "v10 v2 v1 v11beta2 v10beta3 v3beta1 v12alpha1 v11alpha2 foo1 foo10".split()
    assert sorted(set(ranked), key=priority, reverse=True) == ranked


def faults(wrong: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidManifest) as refusal:
        manifest.read(wrong)
    assert refusal.value.details["faults"] == [
        {"path": each.path, "message": each.problem} for each in refusal.value.faults
    ]
    return [(each.path, each.problem) for each in refusal.value.faults]


def test_every_fault_is_told_with_its_path() -> None:
    wrong = copy.deepcopy(crd())
    wrong["spec"]["names"]["kind"] = "No Kind"
    wrong["spec"]["scope"] = "Galaxy"
    del wrong["spec"]["group"]
    assert [path for path, _ in faults(wrong)] == ["/spec/group", "/spec/names/kind", "/spec/scope"]


def test_every_fault_in_its_schemas_is_told_where_the_file_has_it() -> None:
    broken = {"size": {"type": "nope"}, "a/b": {"type": "string", "pattern": "("}, "c": {"minimum": "1"}}
    broken["d"] = {"type": "string", "pattern": r"(?i)^\pL"}  # which Go knows, if not ECMA 262
    wrong = crd(v1=spec(), v1beta1=spec(**broken), v1alpha1=spec(x={"x-kubernetes-validations": [{"rule": "self."}]}))
    place = "/spec/versions/1/schema/openAPIV3Schema/properties/spec/properties"
    assert sorted(path for path, _ in faults(wrong)) == [
        f"{place}/a~1b/pattern",
        f"{place}/c/minimum",
        f"{place}/size/type",
    ]
    del wrong["spec"]["versions"][1]
    [(path, problem)] = faults(wrong)
    assert (
        path == "/spec/versions/1/schema/openAPIV3Schema/properties/spec/properties/x/x-kubernetes-validations/0/rule"
    )
    assert "Syntax" in problem


@pytest.mark.parametrize("wrong", ["apiextensions.k8s.io/v1beta1", "apiextensions.k8s.io/v2"])
def test_a_definition_of_another_api_is_refused(wrong: str) -> None:
    assert faults({**crd(), "apiVersion": wrong}) == [("/apiVersion", "Input should be 'apiextensions.k8s.io/v1'")]


def test_a_definition_that_serves_nothing_is_refused() -> None:
    definition = crd()
    definition["spec"]["versions"][0]["served"] = False
    assert faults(definition) == [("/spec/versions", "no version is served")]


def test_a_version_without_a_schema_takes_any_object() -> None:
    definition = crd()
    del definition["spec"]["versions"][0]["schema"]
    assert accepts(manifest.read(definition), {"spec": [1]})


def accepts(domain_type: DomainType, object_: dict[str, Any]) -> bool:
    return violations(domain_type, {"apiVersion": domain_type.newest.name, "kind": domain_type.name, **object_}) == ()


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"type": "string"}, ["x"], [None, 1]),
        ({"type": "string", "nullable": True}, ["x", None], [1]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, ["a", None], ["b"]),
        ({"type": "string", "nullable": False}, ["a"], [None]),
        ({"nullable": True}, [None, 1, "x"], []),
        (
            {"type": "object", "nullable": True, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            [None, {"a": 1}],
            [{}, {"a": 1, "b": 1}],
        ),
        ({"type": "object", "nullable": True, "not": {"required": ["a"]}}, [None, {}], [{"a": 1}]),
        ({"x-kubernetes-int-or-string": True}, [1, "80%"], [1.5, None, True, {}]),
        ({"x-kubernetes-int-or-string": True, "pattern": "^[0-9]+%$"}, [1, "80%"], ["80"]),
        (
            {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}], "nullable": True},
            [1, "x", None],
            [1.5],
        ),
        ({"x-kubernetes-preserve-unknown-fields": True}, [1, None, {"x": []}], []),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, [{"a": "x", "more": 1}], [{"a": 1}]),
        ({"type": "object", "x-kubernetes-embedded-resource": True}, [{"kind": "Pod", "spec": {}}], [{"kind": 1}, []]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, [2], [1]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": False}, [1], [0]),
        ({"type": "number", "maximum": 1, "exclusiveMaximum": True}, [0.9], [1, 1.0]),
        ({"type": "array", "items": {"type": "string", "nullable": True}}, [[None, "x"]], [[1]]),
        ({"type": "object", "additionalProperties": {"type": "integer", "nullable": True}}, [{"a": None}], [{"a": ""}]),
        ({"allOf": [{"minimum": 1, "exclusiveMinimum": True}]}, [2], [1]),
        ({"type": "string", "pattern": "^[\\w-.]+$"}, ["a-."], ["!"]),
        ({"type": "string", "format": "date-time"}, ["2025-01-15T10:30:00Z"], [5]),
    ],
)
def test_values_are_judged_as_kubernetes_judges_them(schema: Any, right: list[Any], wrong: list[Any]) -> None:
    read = manifest.read(crd(v1=spec(x=schema)))
    assert [each for each in right if not accepts(read, {"spec": {"x": each}})] == []
    assert [each for each in wrong if accepts(read, {"spec": {"x": each}})] == []


def test_rules_of_the_schema_are_rules_of_the_type() -> None:
    rule = {"rule": "!has(self.x) || self.x != 'no'", "message": "not that"}
    schema = spec(x={"type": "string", "nullable": True})
    schema["properties"]["spec"]["x-kubernetes-validations"] = [rule]
    read = manifest.read(crd(v1=schema))
    assert [each.name for each in read.newest.all_rules] == ["/spec#1"]

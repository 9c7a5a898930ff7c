import copy
from typing import Any

import pytest

from domain import registry, validation
from domain.domain_type import DomainType
from domain.errors import InvalidManifest
from domain.event import Phase
from domain.manifest import read
from examples import artifact

WIDGET: dict[str, Any] = {
    "apiVersion": "dsel/v1alpha1",
    "kind": "DomainType",
    "meta": {"name": "Widget"},
    "spec": {
        "actions": [
            {"name": "apply", "intent": "WidgetApplyEvent", "outcome": "WidgetAppliedEvent"},
            {"name": "delete", "intent": "WidgetDeleteEvent", "outcome": "WidgetDeletedEvent", "deletes": True},
        ],
        "versions": [
            {"name": "v1", "schema": {"type": "object"}},
            {"name": "v2", "schema": {"type": "object", "required": ["spec"]}},
        ],
    },
}


def widget(**spec: Any) -> dict[str, Any]:
    manifest = copy.deepcopy(WIDGET)
    manifest["spec"] |= spec
    return manifest


def with_schema(schema: Any) -> dict[str, Any]:
    return widget(versions=[{"name": "v1", "schema": schema}])


def test_a_manifest_is_read_into_a_domain_type() -> None:
    made = read(WIDGET)
    assert (made.name, made.state_key, made.plural_key, made.newest.name) == ("Widget", "widget", "widgets", "v2")
    assert made.version("v1") is made.versions[0]
    assert made.version("v3") is None
    assert made.action("delete") is made.actions[1]
    assert made.action("explode") is None


def test_a_plural_can_be_given() -> None:
    assert read(widget(plural="widgetry")).plural_key == "widgetry"


def test_a_kind_leads_to_its_action_and_phase() -> None:
    made = read(WIDGET)
    assert made.by_kind("WidgetApplyEvent") == (made.actions[0], Phase.INTENT)
    assert made.by_kind("WidgetDeletedEvent") == (made.actions[1], Phase.OUTCOME)
    assert made.by_kind("WidgetScannedEvent") is None


@pytest.mark.parametrize("each", [each for each in registry.builtin() if not each.computed], ids=lambda each: each.name)
def test_the_built_in_types_can_be_applied_and_deleted(each: DomainType) -> None:
    apply, delete = each.action("apply"), each.action("delete")
    assert apply is not None
    assert not apply.deletes
    assert delete is not None
    assert delete.deletes
    for version in each.versions:
        assert version.validator is version.validator


def test_the_example_artifact_follows_its_schema() -> None:
    validation.validate(registry.builtin()["Artifact"], artifact(labels={"team": "platform"}))


ACTION = WIDGET["spec"]["actions"][0]


@pytest.mark.parametrize(
    ("wrong", "path", "problem"),
    [
        (None, "", "dictionary"),
        ([], "", "dictionary"),
        ({**WIDGET, "apiVersion": "v1"}, "/apiVersion", "dsel/v1alpha1"),
        ({**WIDGET, "kind": "CustomResourceDefinition"}, "/kind", "DomainType"),
        ({**WIDGET, "extra": 1}, "/extra", "not permitted"),
        ({**WIDGET, "meta": {"name": "widget"}}, "/meta/name", "pattern"),
        ({**WIDGET, "meta": {"name": "Wid get"}}, "/meta/name", "pattern"),
        ({**WIDGET, "meta": {"name": "Widget\n"}}, "/meta/name", "pattern"),
        (widget(versions=[]), "/spec/versions", "at least 1"),
        (widget(versions=[{"name": "", "schema": {}}]), "/spec/versions/0/name", "at least 1"),
        (widget(versions=[{"name": "v1"}]), "/spec/versions/0/schema", "required"),
        (widget(actions=[{**ACTION, "outcome": "Applied"}]), "/spec/actions/0/outcome", "pattern"),
        (widget(actions=[{**ACTION, "outcome": "GadgetAppliedEvent"}]), "", "does not begin with Widget"),
        (widget(actions=[{**ACTION, "outcome": ACTION["intent"]}]), "", "stands for two"),
        (widget(actions=[ACTION, {**ACTION, "name": "again"}]), "", "stands for two"),
        (with_schema({"type": "nope"}), "/spec/versions/0/schema/type", "nope"),
        (
            with_schema({"properties": {"a/b": {"minimum": "1"}}}),
            "/spec/versions/0/schema/properties/a~1b/minimum",
            "number",
        ),
        (with_schema({"properties": {"a": {"pattern": "("}}}), "/spec/versions/0/schema/properties/a/pattern", "regex"),
        (with_schema({"$ref": "#/$defs/missing"}), "/spec/versions/0/schema", "/\\$defs/missing"),
        (
            with_schema({"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMinimum": True}),
            "/spec/versions/0/schema/exclusiveMinimum",
            "number",
        ),
    ],
)
def test_a_manifest_that_cannot_be_served_is_refused_at_its_fault(wrong: Any, path: str, problem: str) -> None:
    """When it is read, not when the first object is written."""
    with pytest.raises(InvalidManifest, match=problem) as refusal:
        read(wrong)
    assert refusal.value.details["path"] == path


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/schema.json", "https://127.0.0.1:9/s", "file:///etc/hostname"])
def test_a_schema_never_makes_the_service_fetch_anything(address: str) -> None:
    with pytest.raises(InvalidManifest, match="fetch"):
        read(with_schema({"properties": {"a": {"$ref": address}}}))


def test_a_domain_type_is_never_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read(WIDGET).name = "Gadget"

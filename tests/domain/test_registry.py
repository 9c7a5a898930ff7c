import pytest

from domain import registry
from domain.domain_type import DomainType, Version
from domain.errors import InvalidManifest, UnknownType
from domain.registry import Registry


def named(*names: str) -> Registry:
    return Registry(DomainType(name=name, actions=(), versions=(Version(name="v1", schema={}),)) for name in names)


def test_the_built_in_types_are_artifact_deployment_and_config() -> None:
    assert {each.name for each in registry.builtin()} >= {"Artifact", "Deployment", "Config"}


def test_a_type_is_found_by_its_name() -> None:
    types = named("Artifact", "Config")
    assert types["Artifact"].name == "Artifact"
    assert types.get("artifact") is None
    assert "Config" in types
    assert "config" not in types
    assert [each.name for each in types] == ["Artifact", "Config"]


def test_an_unknown_type_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownType, match="'Widget'") as refusal:
        named("Config", "Artifact")["Widget"]
    assert refusal.value.hint == "Registered are: Artifact, Config."
    with pytest.raises(UnknownType) as refusal:
        Registry([])["Widget"]
    assert "none" in str(refusal.value.hint)


def test_two_types_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidManifest, match="Artifact is declared twice"):
        named("Artifact", "Artifact")


@pytest.mark.parametrize(
    ("kind", "owner"),
    [
        ("ConfigAppliedEvent", "Config"),
        ("ConfigMapAppliedEvent", "ConfigMap"),
        ("ConfigMapKeyAppliedEvent", "ConfigMap"),
        ("ConfigurationAppliedEvent", None),
        ("ConfigmapAppliedEvent", None),
        ("configAppliedEvent", None),
        ("MyConfigAppliedEvent", None),
        ("Config", "Config"),
        ("", None),
    ],
)
def test_a_kind_belongs_to_the_longest_name_that_begins_it(kind: str, owner: str | None) -> None:
    found = named("Config", "ConfigMap", "Artifact").owning(kind)
    assert (found.name if found else None) == owner

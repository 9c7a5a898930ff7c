import pytest

from domain.entity import Entity
from domain.reference import Reference, entities, told_apart

HOLDER = Entity("Certificate", "shop", "prod/tls")
ISSUER = Reference.model_validate({"path": "/spec/issuerRef", "type": "Issuer", "kind": "/kind"})


def found(reference: Reference, value: object, home: str | None = "prod", path: str = "issuerRef") -> list[str]:
    return [each.key for each in entities({"spec": {path: value}}, reference, HOLDER, home)]


@pytest.mark.parametrize(
    ("value", "home", "names"),
    [
        ({"name": "ca"}, "prod", ["prod/ca"]),
        ({"name": "ca"}, "", ["ca"]),
        ({"name": "ca", "namespace": "dev"}, "prod", ["dev/ca"]),
        ({"name": "ca", "namespace": "dev"}, None, ["ca"]),  # cluster-scoped
        ({"name": "dev/ca"}, "prod", ["dev/ca"]),
        ({"name": "ca", "kind": "Issuer"}, "prod", ["prod/ca"]),
        ({"name": "ca", "kind": "ClusterIssuer"}, "prod", []),
        ("ca", "prod", ["prod/ca"]),
        ([{"name": "a"}, "b", None, 5, {}], "", ["a", "b"]),
        ({"name": ""}, "", []),
        ({"name": {"x": 1}}, "", []),
        (None, "", []),
    ],
)
def test_a_reference_names_an_entity_in_whatever_shape_it_is_written(
    value: object, home: str | None, names: list[str]
) -> None:
    assert found(ISSUER, value, home) == [f"Issuer/shop/{name}" for name in names]


def test_a_reference_may_say_the_app_and_stand_in_lists_and_maps_at_any_depth() -> None:
    reference = Reference.model_validate(
        {"path": "/spec/stages/*/*/uses", "type": "Config", "name": "/ref/id", "appId": "/ref/app"}
    )
    state = {
        "spec": {"stages": [{"x": {"uses": {"ref": {"id": "a"}}}, "y": {"uses": {"ref": {"id": "b", "app": "z"}}}}]}
    }
    keys = [each.key for each in entities(state, reference, HOLDER, "")]
    assert keys == ["Config/shop/a", "Config/z/b"]


def test_the_first_of_several_at_one_place_is_meant_when_no_kind_is_said() -> None:
    other = ISSUER.model_copy(update={"type": "ClusterIssuer"})
    one, two = told_apart([ISSUER, other])
    assert found(one, {"name": "ca"}) == ["Issuer/shop/prod/ca"]
    assert found(two, {"name": "ca"}) == []
    assert found(two, {"name": "ca", "kind": "ClusterIssuer"}, None) == ["ClusterIssuer/shop/ca"]


def test_the_names_that_may_stand_for_an_entity_are_known() -> None:
    assert ISSUER.names(Entity("Issuer", "shop", "prod/ca")) == ("prod/ca", "ca")
    assert ISSUER.names(Entity("Issuer", "shop", "ca")) == ("ca",)

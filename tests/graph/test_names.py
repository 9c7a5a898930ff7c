import pytest
from graphql import GraphQLError
from graphql.type import assert_name
from hypothesis import given
from hypothesis import strategies as st

from graph.names import field_name, field_names, type_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("replicas", "replicas"),
        ("x-y", "x_dash_y"),
        ("x-kubernetes-validations", "x_dash_kubernetes_dash_validations"),
        ("-Xmx", "dash_Xmx"),
        ("a.b", "a_dot_b"),
        ("a/b", "a_slash_b"),
        ("$ref", "dollar_ref"),
        ("__x", "dunder_x"),
        ("_x", "_x"),
        ("9a", "_9a"),
        ("é", "ue9"),
        ("", "empty"),
        ("jwks_uri", "jwks_uri"),
    ],
)
def test_a_key_is_itself_or_spelled_out(key: str, name: str) -> None:
    assert field_name(key) == name


@given(st.lists(st.text(max_size=6) | st.sampled_from(["x-y", "x_dash_y", "x_dash_y_", "_", "__", "$", "a", "A"])))
def test_every_key_has_a_name_of_its_own_that_graphql_allows(keys: list[str]) -> None:
    names = field_names(keys, frozenset({"a"}))
    assert names.keys() == set(keys)
    assert len(set(names.values())) == len(names)
    for name in names.values():
        try:
            assert_name(name)
        except GraphQLError as error:
            raise AssertionError(name) from error
        assert not name.startswith("__")
        assert name != "a"


def test_a_key_that_is_its_own_name_keeps_it() -> None:
    assert field_names(["x-y", "x_dash_y"]) == {"x-y": "x_dash_y_", "x_dash_y": "x_dash_y"}
    assert field_names(["version", "version_"], frozenset({"version"})) == {
        "version": "version__",
        "version_": "version_",
    }


def test_a_type_is_named_by_its_path() -> None:
    assert type_name("ArtifactSpec", "source") == "ArtifactSpecSource"
    assert type_name("Artifact", "state", frozenset({"State"})) == "ArtifactState_"
    assert [type_name("Foo", key) for key in ("input", "where", "orderBy")] == ["FooInput_", "FooWhere_", "FooOrderBy_"]

"""The schema that is checked in is the reviewed contract, and its descriptions are the documentation for users."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    assert_valid_schema,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from domain import registry
from graph import schema

PRINTED = Path(__file__).parents[2] / "schema.graphql"


@pytest.fixture(scope="module")
def made() -> GraphQLSchema:
    return schema.build(registry.builtin())


def test_the_checked_in_schema_is_the_one_of_the_code(made: GraphQLSchema) -> None:
    assert PRINTED.read_text(encoding="utf-8") == schema.text(made), "schema.graphql has drifted: run `make schema`"


def test_the_schema_is_valid_and_so_is_its_text(made: GraphQLSchema) -> None:
    assert_valid_schema(made)
    assert_valid_schema(build_schema(schema.text(made)))


def described(made: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Everything that can have a description, with it."""
    for name, type_ in made.type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{key}", value.description) for key, value in type_.values.items())
        if isinstance(type_, GraphQLInputObjectType):
            yield from ((f"{name}.{key}", member.description) for key, member in type_.fields.items())
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for key, field in type_.fields.items():
                yield f"{name}.{key}", field.description
                yield from ((f"{name}.{key}({arg}:)", each.description) for arg, each in field.args.items())


def test_every_type_field_argument_and_value_says_in_a_sentence_what_it_is(made: GraphQLSchema) -> None:
    found = dict(described(made))
    assert len(found) > 400
    assert [name for name, text in found.items() if not (text or "").strip()] == []
    assert [name for name, text in found.items() if text and not text.rstrip().endswith((".", "`", ")"))] == []
    assert [(name, text) for name, text in found.items() if text and not (text[0].isupper() or text[0] == "`")] == []


BACK_REFERENCES = {"deployments"}


def test_every_domain_type_has_the_same_shape(made: GraphQLSchema) -> None:
    """What a client learned of one type holds for the others, but for who refers to it."""
    for suffix in ("", "Event", "EventConnection", "EventEdge", "Connection", "Edge", "Written"):
        shapes = {
            frozenset(made.type_map[f"{type_.name}{suffix}"].fields) - BACK_REFERENCES  # type: ignore[attr-defined]
            for type_ in registry.builtin()
            if suffix != "Written" or not type_.computed
        }
        assert len(shapes) == 1, suffix


def test_interfaces_offer_what_all_their_types_have(made: GraphQLSchema) -> None:
    """A client of the generic doors needs no fragment for anything but an object's own properties."""
    for interface in ("Entity", "Event"):
        fields = set(made.type_map[interface].fields)  # type: ignore[attr-defined]
        for type_ in made.get_possible_types(made.type_map[interface]):  # type: ignore[arg-type]
            assert set(type_.fields) - BACK_REFERENCES == fields, type_.name


def test_everything_of_a_state_is_nullable_but_what_the_log_knows(made: GraphQLSchema) -> None:
    """A history need not conform to the schema of today."""
    for name, type_ in made.type_map.items():
        if ("Spec" in name or name.endswith("Status")) and not isinstance(type_, GraphQLInputObjectType):
            assert isinstance(type_, GraphQLObjectType)
            for field in type_.fields.values():
                assert "!" not in str(field.type), f"{name}: {field.type}"


def test_building_twice_gives_equal_schemas(made: GraphQLSchema) -> None:
    assert schema.text(schema.build(registry.builtin())) == schema.text(made)

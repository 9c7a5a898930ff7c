"""How a typed query asks for all that an object holds, what it is answered with, and how a typed input says it."""

from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_object_type,
)

from graph.definitions import DocumentField


def selection(type_: GraphQLOutputType, value: Any) -> str:
    """What a query selects to see everything that the value holds, as far as the type knows it."""
    named = get_named_type(type_)
    if not is_object_type(named) or not isinstance(named, GraphQLObjectType):
        return ""
    examples = value if isinstance(value, list) else [value]
    parts = []
    for name, field in named.fields.items():
        found = [each[key_of(field)] for each in _flat(examples) if isinstance(each, dict) and key_of(field) in each]
        if found:
            parts.append(f"{name} {selection(field.type, found)}")
    return f"{{ {' '.join(parts) or '__typename'} }}"


def shown(type_: GraphQLOutputType, value: Any) -> Any:
    """The answer to that selection, when the value is the only one there."""
    bare = get_nullable_type(type_)
    if value is None:
        return None
    if isinstance(bare, GraphQLList):
        return [shown(bare.of_type, each) for each in value]
    if isinstance(bare, GraphQLObjectType):
        return {
            name: shown(field.type, value[key_of(field)])
            for name, field in bare.fields.items()
            if key_of(field) in value
        }
    if bare.name == "Long":
        return value if abs(value) < 2**53 else str(value)
    return float(value) if bare.name == "Float" else value


def seen(answer: Any, expected: Any) -> bool:
    """Whether an answer is what is expected; what a selection asked for other members of a list is null here."""
    if isinstance(expected, dict) and isinstance(answer, dict):
        return all(key in answer and seen(answer[key], each) for key, each in expected.items()) and all(
            value is None or key in expected or key == "__typename" for key, value in answer.items()
        )
    if isinstance(expected, list) and isinstance(answer, list):
        return len(expected) == len(answer) and all(map(seen, answer, expected))
    return type(answer) is type(expected) and bool(answer == expected)


def said(type_: GraphQLInputType, value: Any) -> Any:
    """A value as an input of the type says it: under the names of its fields."""
    bare = get_nullable_type(type_)
    if value is None:
        return None
    if isinstance(bare, GraphQLList):
        return [said(bare.of_type, each) for each in value]
    if isinstance(bare, GraphQLInputObjectType):
        members = bare.extensions["strawberry-definition"].fields
        names = {each.key: each.graphql_name for each in members if isinstance(each, DocumentField)}
        return {names[key]: said(bare.fields[names[key]].type, each) for key, each in value.items()}
    return value


def key_of(field: GraphQLField) -> str:
    definition = field.extensions.get("strawberry-definition")
    return definition.key if isinstance(definition, DocumentField) else "\0"


def _flat(values_: list[Any]) -> list[Any]:
    return [inner for each in values_ for inner in (_flat(each) if isinstance(each, list) else [each])]

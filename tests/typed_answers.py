"""Objects made of a schema, and how a typed query asks for all that they hold."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_object_type,
)
from hypothesis import strategies as st

from graph.definitions import DocumentField

Json = dict[str, Any]
_INT64 = 2**63
_MOST = {0: 40, 1: 40, 2: 8, 3: 5}

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NUMBERS = st.integers(-_INT64, _INT64 - 1) | st.floats(-1e9, 1e9).map(lambda number: round(number, 3))
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def values(schema: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that a JSON Schema describes; most of them are valid, as alternatives and rules are not looked at."""
    if not isinstance(schema, Mapping) or not schema:
        return ANYTHING
    if isinstance(schema.get("enum"), list):
        return st.sampled_from(schema["enum"])
    kinds = ["integer", "string"] if schema.get("x-kubernetes-int-or-string") else schema.get("type", "anything")
    return st.one_of([_of_kind(kind, schema, depth) for kind in ([kinds] if isinstance(kinds, str) else kinds)])


def _of_kind(kind: str, schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    match kind:
        case "object":
            return objects(schema, depth)
        case "array":
            low = schema.get("minItems", 0)
            most = max(low, min(schema.get("maxItems", 2), 2))
            return st.lists(values(schema.get("items"), depth + 1), min_size=low, max_size=most)
        case "string":
            return texts(schema)
        case "integer":
            return st.integers(*bounds(schema, _INT64))
        case "number":
            low, high = bounds(schema, 10**9)
            return st.floats(low, high).map(lambda number: min(max(round(number, 3), low), high))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return ANYTHING


def objects(schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[Json]:
    properties = schema.get("properties") or {}
    required = {key: values(each, depth + 1) for key, each in properties.items() if key in schema.get("required", ())}
    rest = [key for key in properties if key not in required] if depth < 10 else []
    # Of very many properties those at the front, the deeper the fewer: an object of thousands says no more.
    optional = {key: values(properties[key], depth + 1) for key in rest[: _MOST.get(depth, 3)]}
    made = st.fixed_dictionaries(required, optional=optional)
    extra = schema.get("additionalProperties")
    if properties or depth > 9:
        return made
    if isinstance(extra, Mapping) or schema.get("x-kubernetes-preserve-unknown-fields") or extra is True:
        return st.dictionaries(TEXTS, values(extra, depth + 1), max_size=2)
    return made


def texts(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    low, high = schema.get("minLength", 0), schema.get("maxLength", 64)
    if "pattern" in schema:
        ignoring_case = "(?i)" if "(?i)" in schema["pattern"] else ""  # which Python wants to be told at the beginning
        return st.from_regex(ignoring_case + schema["pattern"].replace("(?i)", "")).filter(
            lambda text: low <= len(text) <= high and "\0" not in text
        )
    return st.text(
        st.characters(codec="utf-8", exclude_characters="\0"), min_size=low, max_size=max(low, min(high, 12))
    )


def bounds(schema: Mapping[str, Any], widest: int) -> tuple[int, int]:
    widest = 2**31 if schema.get("format") == "int32" else widest
    low = schema.get("minimum", schema.get("exclusiveMinimum", -widest - 1) + 1)
    high = schema.get("maximum", schema.get("exclusiveMaximum", widest) - 1)
    return max(int(low), -widest), min(int(high), widest - 1)


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


def key_of(field: GraphQLField) -> str:
    definition = field.extensions.get("strawberry-definition")
    return definition.key if isinstance(definition, DocumentField) else "\0"


def _flat(values_: list[Any]) -> list[Any]:
    return [inner for each in values_ for inner in (_flat(each) if isinstance(each, list) else [each])]

"""Whatever JSON Schema a type has, it is served, and nothing that fits it is out of reach."""

from typing import Any

from graphql import GraphQLObjectType, assert_valid_schema
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain import manifest
from domain.errors import InvalidManifest
from domain.registry import Registry
from graph import schema
from graph.definitions import DocumentField

KEYS = st.sampled_from(
    "a b a-b a_dash_b A $ref x-y __x _ . 9 é state event input where spec raw kind".split()
) | st.text(max_size=3)
TYPES = st.sampled_from("string integer number boolean null object array".split())
LEAVES = st.one_of(
    st.booleans(),
    st.just({}),
    TYPES.map(lambda each: {"type": each}),
    st.lists(TYPES, min_size=1, max_size=3, unique=True).map(lambda each: {"type": each}),
    st.lists(st.none() | st.booleans() | st.integers() | st.text(max_size=3), min_size=1, unique=True).map(
        lambda each: {"enum": each}
    ),
    st.sampled_from("DEF").map(lambda each: {"$ref": f"#/$defs/{each}"}),
    st.just({"$ref": "#"}),
    st.just({"x-kubernetes-int-or-string": True}),
    st.just({"x-kubernetes-preserve-unknown-fields": True}),
    st.just({"x-dsel-ref": "Any"}),
    st.builds(lambda low, high: {"type": "integer", "minimum": low, "maximum": high}, st.integers(), st.integers()),
)


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    properties = st.dictionaries(KEYS, inner, max_size=4)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.just("object") | TYPES,
            "properties": properties,
            "required": st.lists(KEYS, max_size=2, unique=True),
            "additionalProperties": inner,
            "patternProperties": st.dictionaries(st.just("^x"), inner, max_size=1),
            "items": inner,
            "prefixItems": several,
            "allOf": several,
            "anyOf": several,
            "oneOf": several,
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "nullable": st.booleans(),
            "deprecated": st.booleans(),
            "description": st.text(max_size=5),
        },
    )


SCHEMAS = st.recursive(LEAVES, _wider, max_leaves=12)


@settings(max_examples=40)
@given(SCHEMAS, st.dictionaries(KEYS, SCHEMAS, max_size=3), st.fixed_dictionaries(dict.fromkeys("DEF", SCHEMAS)))
def test_any_schema_makes_a_valid_schema_with_a_field_for_every_property(
    whole: Any, properties: dict[str, Any], definitions: dict[str, Any]
) -> None:
    document = (whole if isinstance(whole, dict) else {}) | {"properties": properties, "$defs": definitions}
    document.pop("$ref", None)
    described = {
        "apiVersion": "dsel/v1alpha1",
        "kind": "DomainType",
        "meta": {"name": "Any"},
        "spec": {
            "actions": [{"name": "apply", "intent": "AnyApplyEvent", "outcome": "AnyAppliedEvent"}],
            "versions": [{"name": "v1", "schema": document}],
        },
    }
    try:
        domain_type = manifest.read(described)
    except InvalidManifest:
        assume(False)
    made = schema.build(Registry([domain_type]))
    made._validation_errors = None
    assert_valid_schema(made)
    state = made.type_map["AnyState"]
    assert isinstance(state, GraphQLObjectType)
    keys = {
        definition.key
        for each in state.fields.values()
        if isinstance(definition := each.extensions.get("strawberry-definition"), DocumentField)
    }
    assert properties.keys() - {"meta", "metadata"} <= keys

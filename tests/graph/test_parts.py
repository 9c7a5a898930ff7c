"""A schema shares with the one before whatever did not change, and keeps nothing of it alive."""

import gc
import weakref
from typing import Any

import pytest
from graphql import GraphQLSchema, assert_valid_schema

from custom_resources import crd, spec
from domain import manifest
from domain.domain_type import DomainType
from domain.registry import Registry
from graph import schema
from graph.naming import named

ROOTS = {"Query", "Mutation", "Snapshot", "Subscription"}


def type_of(name: str, **properties: Any) -> DomainType:
    return manifest.read(crd(name, v1=spec(**(properties or {"size": {"type": "integer"}}))))


def fresh(made: GraphQLSchema, before: GraphQLSchema) -> set[str]:
    """The names of the types that are not the same as before."""
    return {name for name, type_ in made.type_map.items() if before.type_map.get(name) is not type_}


@pytest.fixture
def types() -> dict[str, DomainType]:
    refers = {"owner": {"type": "string", "x-dsel-ref": "Gadget"}}
    made = [type_of("Gadget"), type_of("Widget"), type_of("Holder", **refers), type_of("Lonely")]
    return {each.name: each for each in named(Registry(made))}


def test_an_equal_registry_has_an_equal_schema_of_the_same_types(types: dict[str, DomainType]) -> None:
    before = schema.build(Registry(types.values()))
    after = schema.build(Registry(reversed(types.values())))
    assert fresh(after, before) == ROOTS
    assert schema.text(after) == schema.text(before)


def test_a_changed_type_is_made_anew_with_those_that_refer_to_it(types: dict[str, DomainType]) -> None:
    before = schema.build(Registry(types.values()))
    after = schema.build(Registry((types | {"Gadget": type_of("Gadget", weight={"type": "number"})}).values()))
    changed = fresh(after, before) - ROOTS
    assert {"GadgetSpec", "Gadget", "Holder", "HolderState"} <= changed
    assert not {name for name in changed if name.startswith(("Widget", "Lonely"))}
    assert "weight" in after.type_map["GadgetSpec"].fields  # type: ignore[attr-defined]
    assert "weight" not in before.type_map["GadgetSpec"].fields  # type: ignore[attr-defined]
    assert after.type_map["HolderSpec"].fields["owner"].type is after.type_map["Gadget"]  # type: ignore[attr-defined]


def test_a_type_that_is_referred_to_before_it_is_there_changes_the_one_that_refers(
    types: dict[str, DomainType],
) -> None:
    alone = schema.build(Registry([types["Holder"], types["Widget"]]))
    both = schema.build(Registry([types["Holder"], types["Widget"], types["Gadget"]]))
    assert str(alone.type_map["HolderSpec"].fields["owner"].type) == "String"  # type: ignore[attr-defined]
    assert both.type_map["HolderSpec"].fields["owner"].type is both.type_map["Gadget"]  # type: ignore[attr-defined]
    assert both.type_map["WidgetSpec"] is alone.type_map["WidgetSpec"]


def test_every_schema_is_valid_although_only_its_parts_were_looked_at(types: dict[str, DomainType]) -> None:
    made = schema.build(Registry(types.values()))
    made._validation_errors = None
    assert_valid_schema(made)


def test_a_schema_that_was_replaced_is_freed_with_what_nobody_shares(types: dict[str, DomainType]) -> None:
    before = schema.build(Registry(types.values()))
    shared, own, old = before.type_map["WidgetSpec"], weakref.ref(before.type_map["GadgetSpec"]), weakref.ref(before)
    after = schema.build(Registry([types["Widget"], type_of("Gadget", weight={"type": "number"})]))
    del before
    types.clear()
    gc.collect()
    assert old() is None
    assert own() is None
    assert after.type_map["WidgetSpec"] is shared

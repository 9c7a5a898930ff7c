"""The whole schema, from a registry."""

import functools

import strawberry
from graphql import GraphQLSchema, Undefined, lexicographic_sort_schema, print_schema
from strawberry.schema.config import StrawberryConfig

from domain.registry import Registry
from graph import domain_types
from graph.claimed_names import ClaimedNames
from graph.common_types import CommonTypes
from graph.declared_types import DeclaredTypes
from graph.mutations import mutation_type
from graph.queries import query_type
from graph.scalars import SCALARS
from graph.subscriptions import subscription_type


def build(registry: Registry) -> GraphQLSchema:
    """A schema with the types of the registry, independent of any other.

    Raises InvalidManifest for a type whose names another one has.
    """
    return _assemble(registry, ClaimedNames(*_own_names()))


@functools.cache
def _own_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of types and of root fields that every schema has."""
    bare = _assemble(Registry([]), ClaimedNames((), ()))
    roots = [bare.query_type, bare.mutation_type, bare.subscription_type]
    return tuple(bare.type_map), tuple(name for root in roots if root is not None for name in root.fields)


def _assemble(registry: Registry, names: ClaimedNames) -> GraphQLSchema:
    common, meta = CommonTypes(), domain_types.object_meta_input()
    declared = {each.name: domain_types.declare(each, common) for each in sorted(registry, key=lambda each: each.name)}
    for types in declared.values():
        names.claim(types.domain_type, domain_types.fill(types, common, declared, meta))
    kept = DeclaredTypes(common)
    schema = strawberry.Schema(
        query=query_type(common, kept, declared.values()),
        mutation=mutation_type(common, kept, declared.values()),
        subscription=subscription_type(common, declared.values()),
        types=[*common.generic, *common.lists.wheres.shared, *(types.event for types in declared.values())],
        config=StrawberryConfig(scalar_map=SCALARS, _unsafe_disable_same_type_validation=True),
    )
    built = schema._schema
    _forget_null_defaults(built)
    return built


def _forget_null_defaults(schema: GraphQLSchema) -> None:
    """Null says nothing as a default: without it the printed schema shows what matters."""
    for type_ in schema.type_map.values():
        for member in getattr(type_, "fields", {}).values():
            for each in (member, *getattr(member, "args", {}).values()):
                if getattr(each, "default_value", Undefined) is None:
                    each.default_value = Undefined


def text(schema: GraphQLSchema) -> str:
    """The schema as `schema.graphql` has it."""
    return print_schema(lexicographic_sort_schema(schema)) + "\n"

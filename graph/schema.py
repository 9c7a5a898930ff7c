"""The whole schema, from a registry."""

import strawberry
from graphql import GraphQLSchema, lexicographic_sort_schema, print_schema
from strawberry.schema.config import StrawberryConfig

from domain.registry import Registry
from graph import domain_types
from graph.common_types import CommonTypes
from graph.mutations import mutation_type
from graph.queries import query_type
from graph.scalars import SCALARS
from graph.types_from_schema import InputTypes


def build(registry: Registry) -> GraphQLSchema:
    """A schema with the types of the registry, independent of any other. Raises on a type that cannot be built."""
    common, inputs = CommonTypes(), InputTypes()
    declared = {each.name: domain_types.declare(each, common) for each in sorted(registry, key=lambda each: each.name)}
    for types in declared.values():
        domain_types.fill(types, common, declared, inputs)
    schema = strawberry.Schema(
        query=query_type(common, declared.values()),
        mutation=mutation_type(common, declared.values()),
        types=[*common.generic, *(types.event for types in declared.values())],
        config=StrawberryConfig(scalar_map=SCALARS, _unsafe_disable_same_type_validation=True),
    )
    return schema._schema


def text(schema: GraphQLSchema) -> str:
    """The schema as `schema.graphql` has it."""
    return print_schema(lexicographic_sort_schema(schema)) + "\n"

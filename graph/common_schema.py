"""What every schema has, whatever its registry. It is made once, and all schemas share it: types never change."""

import functools
from dataclasses import dataclass

import strawberry
from graphql import GraphQLObjectType
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graph import domain_types
from graph.common_types import CommonTypes
from graph.converter import forget_null_defaults
from graph.declared_types import DeclaredTypes
from graph.mutations import mutation_type
from graph.queries import query_type
from graph.scalars import SCALARS
from graph.subscriptions import subscription_type
from graph.write_results import WriteResults

ROOTS = ("Query", "Snapshot", "Mutation", "Subscription")


@dataclass(frozen=True, slots=True)
class CommonSchema:
    types: CommonTypes
    results: WriteResults
    meta: type
    schema: strawberry.Schema

    @property
    def converter(self) -> GraphQLCoreConverter:
        return self.schema.schema_converter

    def root(self, name: str) -> GraphQLObjectType:
        """One of ROOTS, with the fields that every schema has."""
        found = self.schema._schema.type_map[name]
        assert isinstance(found, GraphQLObjectType)
        return found

    def names(self) -> tuple[set[str], set[str]]:
        """The names of types and of root fields that no domain type can have."""
        return set(self.schema._schema.type_map), {field for name in ROOTS for field in self.root(name).fields}


@functools.cache
def common_schema() -> CommonSchema:
    types, meta = CommonTypes(), domain_types.object_meta_input()
    declared, results = DeclaredTypes(types), WriteResults(types)
    schema = strawberry.Schema(
        query=query_type(types, declared),
        mutation=mutation_type(types, declared, results),
        subscription=subscription_type(types),
        types=[*types.generic, *types.lists.wheres.shared, meta],
        config=StrawberryConfig(scalar_map=SCALARS, _unsafe_disable_same_type_validation=True),
    )
    for each in schema._schema.type_map.values():
        forget_null_defaults(getattr(each, "fields", {}).values())
    return CommonSchema(types, results, meta, schema)

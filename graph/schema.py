"""The whole schema, from a registry."""

import copy
import itertools

from graphql import (
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    lexicographic_sort_schema,
    print_schema,
)

from domain.registry import Registry
from graph.assembled_schema import AssembledSchema
from graph.common_schema import ROOTS, CommonSchema, common_schema
from graph.naming import named
from graph.parts import Part, parts_of

Fields = dict[str, GraphQLField]


def build(registry: Registry) -> GraphQLSchema:
    """A schema with the types of the registry. What it has in common with a living one is shared, not made again.

    Raises InvalidManifest for a type that cannot be served.
    """
    common = common_schema()
    return _assembled(common, list(parts_of(named(registry), common)))


def _assembled(common: CommonSchema, parts: list[Part]) -> GraphQLSchema:
    roots = {
        "Query": _root(common, "Query", _joined([part.queries for part in parts])),
        "Snapshot": _root(common, "Snapshot", _joined([part.queries for part in parts])),
        "Mutation": _root(common, "Mutation", _joined([part.mutations for part in parts])),
        "Subscription": _root(common, "Subscription", _joined([part.subscriptions for part in parts])),
    }
    for root in (roots["Query"], roots["Snapshot"]):
        at = root.fields["at"] = copy.copy(root.fields["at"])
        at.type = GraphQLNonNull(roots["Snapshot"])
    schema = AssembledSchema(roots, common, parts)
    schema._strawberry_schema = common.schema  # type: ignore[attr-defined] # where Strawberry looks for its settings
    return schema


def _root(common: CommonSchema, name: str, typed: Fields) -> GraphQLObjectType:
    bare = common.root(name)
    return GraphQLObjectType(name, {**typed, **bare.fields}, description=bare.description, extensions=bare.extensions)


def _joined(fields: list[Fields]) -> Fields:
    return dict(itertools.chain.from_iterable(each.items() for each in fields))


def take_apart(schema: GraphQLSchema) -> None:
    """Frees what nobody but this schema has at once, without a search through memory. It is of no use any more."""
    for name in ROOTS:
        vars(schema.type_map[name]).clear()
    vars(schema).clear()


def text(schema: GraphQLSchema) -> str:
    """The schema as `schema.graphql` has it."""
    return print_schema(lexicographic_sort_schema(schema)) + "\n"

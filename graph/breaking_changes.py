"""What a new schema takes from the clients of the old one."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

from graphql import (
    BreakingChange,
    BreakingChangeType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    find_breaking_changes,
)

FIELD_REMOVED = BreakingChangeType.FIELD_REMOVED.name


def breaking_changes(old: GraphQLSchema, new: GraphQLSchema) -> list[BreakingChange]:
    """What may make a query invalid that was valid, or change what it means; a deprecated field may go.

    Types that both schemas share are not looked at. That a type has gone counts where a field led to it.
    """
    differing = _differing(old, new)
    found = find_breaking_changes(*differing)
    announced = set(_announced(differing[0]))
    return [
        each
        for each in found
        if each.type is not BreakingChangeType.TYPE_REMOVED
        and not (each.type is BreakingChangeType.FIELD_REMOVED and each.description in announced)
    ]


def _differing(old: GraphQLSchema, new: GraphQLSchema) -> tuple[GraphQLSchema, GraphQLSchema]:
    """Both schemas without the types and the fields that they share, as far as graphql-core looks at them."""
    types: tuple[dict[str, GraphQLNamedType], ...] = ({}, {})
    for name in old.type_map.keys() | new.type_map.keys():
        before, after = old.type_map.get(name), new.type_map.get(name)
        if before is after:
            continue
        if isinstance(before, GraphQLObjectType) and isinstance(after, GraphQLObjectType):
            before, after = _without_common_fields(before, after), _without_common_fields(after, before)
        for found, each in zip(types, (before, after), strict=True):
            if each is not None:
                found[name] = each
    made = (SimpleNamespace(type_map=found, directives=old.directives) for found in types)
    return cast(tuple[GraphQLSchema, GraphQLSchema], tuple(made))


def _without_common_fields(type_: GraphQLObjectType, other: GraphQLObjectType) -> GraphQLObjectType:
    fields = {name: field for name, field in type_.fields.items() if other.fields.get(name) is not field}
    return GraphQLObjectType(type_.name, fields, type_.interfaces)


def _announced(schema: GraphQLSchema) -> Iterator[str]:
    """How graphql-core would tell that a deprecated field has gone."""
    for name, type_ in schema.type_map.items():
        for key, field in getattr(type_, "fields", {}).items():
            if field.deprecation_reason is not None:
                yield f"Field {name}.{key} was removed."

"""What a new schema takes from the clients of the old one."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from graphql import BreakingChange, BreakingChangeType, GraphQLSchema, find_breaking_changes

FIELD_REMOVED = BreakingChangeType.FIELD_REMOVED.name


def breaking_changes(old: GraphQLSchema, new: GraphQLSchema) -> list[BreakingChange]:
    """What may make a query invalid that was valid, or change what it means; a deprecated field may go.

    Types that both schemas share are not looked at. That a type has gone counts where a field led to it.
    """
    found = find_breaking_changes(*_differing(old, new))
    announced = set(_announced(old))
    return [
        each
        for each in found
        if each.type is not BreakingChangeType.TYPE_REMOVED
        and not (each.type is BreakingChangeType.FIELD_REMOVED and each.description in announced)
    ]


def _differing(old: GraphQLSchema, new: GraphQLSchema) -> tuple[GraphQLSchema, GraphQLSchema]:
    """Both schemas without what they share, as far as graphql-core looks at them."""
    shared = {name for name, type_ in old.type_map.items() if new.type_map.get(name) is type_}
    return cast(tuple[GraphQLSchema, GraphQLSchema], tuple(_without(each, shared) for each in (old, new)))


def _without(schema: GraphQLSchema, names: set[str]) -> Any:
    types = {name: type_ for name, type_ in schema.type_map.items() if name not in names}
    return SimpleNamespace(type_map=types, directives=schema.directives)


def _announced(schema: GraphQLSchema) -> Iterator[str]:
    """How graphql-core would tell that a deprecated field has gone."""
    for name, type_ in schema.type_map.items():
        for key, field in getattr(type_, "fields", {}).items():
            if field.deprecation_reason is not None:
                yield f"Field {name}.{key} was removed."

"""Errors of single values: null takes their place, or the nearest place above that may be null."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError, GraphQLOutputType, get_nullable_type, is_list_type, is_non_null_type
from graphql.error import located_error

from graph.plans.plan import Failed, Selection

Path = tuple[str | int, ...]
Below = Sequence[Selection]
"""What is selected of the types that a value may be of. Of a valid query it is of one shape under one key."""


def settled(root: Selection, data: dict[str, Any]) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The answer without Failed in it, and the errors in the order of the answer, as graphql-core finds them."""
    errors: list[GraphQLError] = []
    try:
        return _object((root,), data, (), errors), errors
    except GraphQLError as error:
        return None, [*errors, error]


def _object(below: Below, made: dict[str, Any], path: Path, errors: list[GraphQLError]) -> dict[str, Any]:
    for key, value in made.items():
        fields = [selection.fields[key] for selection in below if key in selection.fields]
        inner = [selection for field in fields for selection in field.below.values()]
        made[key] = _nulled(fields[0].type, inner, value, (*path, key), errors)
    return made


def _nulled(type_: GraphQLOutputType, below: Below, value: Any, path: Path, errors: list[GraphQLError]) -> Any:
    """The value of a field or of an item: it is where null stops, if it may be null."""
    try:
        return _value(type_, below, value, path, errors)
    except GraphQLError as error:
        if is_non_null_type(type_):
            raise
        errors.append(error)
        return None


def _value(type_: GraphQLOutputType, below: Below, value: Any, path: Path, errors: list[GraphQLError]) -> Any:
    if isinstance(value, Failed):
        raise located_error(value.error, value.place.nodes, list(path))
    shown = get_nullable_type(type_)
    if value is None:
        return None
    if is_list_type(shown):
        return [_nulled(shown.of_type, below, each, (*path, index), errors) for index, each in enumerate(value)]
    return _object(below, value, path, errors) if below else value

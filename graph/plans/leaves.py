"""Scalars and enums in generated code: the usual values are shown without a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from graphql import GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLLeafType, GraphQLString

from graph.scalars import JSON, SCALARS, Instant, Long


@dataclass(frozen=True, slots=True)
class Quick:
    """A value that meets `test` is shown as `shown`: Python with {0} for the value, and the names that both use."""

    test: str
    shown: str = "{0}"
    names: Mapping[str, Any] = field(default_factory=dict)


_TEXT = Quick("{0}.__class__ is str")
_BUILT_IN = {
    GraphQLString: _TEXT,
    GraphQLID: _TEXT,
    GraphQLBoolean: Quick("{0}.__class__ is bool"),
    GraphQLInt: Quick("{0}.__class__ is int and -2147483648 <= {0} <= 2147483647"),
    GraphQLFloat: Quick("{0}.__class__ is float and {0} - {0} == 0.0"),  # no infinity, no NaN
}
_JSON = frozenset({dict, list, str, int, float, bool, Decimal})
_OWN: dict[Any, Quick] = {
    Instant: Quick("{0}.__class__ is str", "{0}"),
    Long: Quick("{0}.__class__ is int and -9007199254740992 < {0} < 9007199254740992"),
    JSON: Quick("{0}.__class__ in JSON", "{0}", {"JSON": _JSON}),
}
_BY_WRITER = {SCALARS[scalar].serialize: each for scalar, each in _OWN.items()}


def quick(type_: GraphQLLeafType) -> Quick | None:
    """The quick way to what the type's `coerce_output_value` answers, for the values that are usual."""
    if type_ in _BUILT_IN:
        return _BUILT_IN[type_]
    enum = getattr(type_, "wrapped_cls", None)  # of Strawberry's
    if isinstance(enum, type) and issubclass(enum, Enum):
        return _member(type_, enum)
    return _BY_WRITER.get(type_.coerce_output_value)


def _member(type_: GraphQLLeafType, enum: type[Enum]) -> Quick:
    class_, names = f"class_{type_.name}", f"names_{type_.name}"
    shown = {member: type_.coerce_output_value(member) for member in enum}
    return Quick(f"{{0}}.__class__ is {class_}", f"{names}[{{0}}]", {class_: enum, names: shown})

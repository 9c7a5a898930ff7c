"""The scalars: Instant, Long and JSON."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from graphql import (
    BooleanValueNode,
    ConstListValueNode,
    ConstObjectValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)
from strawberry.types.scalar import ScalarDefinition

from domain import instants
from domain.errors import InvalidInstant
from domain.values import quoted

Instant = NewType("Instant", datetime)
Long = NewType("Long", int)
JSON = NewType("JSON", object)
Position = NewType("Position", str)

_SAFE = 2**53
_WHOLE = re.compile(r"-?[0-9]{1,4000}")


def _parse_instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise GraphQLError(f"{value!r} is not an instant: a text is needed", extensions={"code": InvalidInstant.code})
    try:
        return instants.parse(value)
    except InvalidInstant as error:
        extensions = {"code": error.code, "hint": error.hint}
        raise GraphQLError(f"{error}. {error.hint}", extensions=extensions) from None


def _parse_position(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"{quoted(value)} is no position: a cursor or an instant is needed")
    return value if ":" not in value else instants.write(_parse_instant(value))


def _write_instant(value: datetime | str) -> str:
    """A text has been written by `instants.write` already."""
    return value if isinstance(value, str) else instants.write(value)


def _parse_long(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise GraphQLError(f"{quoted(value)} is no whole number")
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise GraphQLError(f"{quoted(value)} is no whole number")
    try:
        number = int(value)
    except (ValueError, OverflowError):
        raise GraphQLError(f"{quoted(value)} is no whole number") from None
    if not isinstance(value, str) and number != value:
        raise GraphQLError(f"{quoted(value)} is no whole number")
    return number


def _write_long(value: Any) -> int | str:
    number = _parse_long(value)
    return number if -_SAFE < number < _SAFE else str(number)


def _literal(node: ValueNode, variables: Any = None) -> Any:
    """JSON written into the query itself, without a loss: numbers as they stand."""
    match node:
        case IntValueNode():
            return int(node.value)
        case FloatValueNode():
            return _number(node.value)
        case StringValueNode() | BooleanValueNode():
            return node.value
        case EnumValueNode():
            raise GraphQLError(f"{node.value} is no JSON value", hint_nodes(node))
        case NullValueNode():
            return None
        case ListValueNode() | ConstListValueNode():
            return [_literal(each, variables) for each in node.values]
        case ObjectValueNode() | ConstObjectValueNode():
            given = (each for each in node.fields if not _is_missing(each.value, variables))
            return {each.name.value: _literal(each.value, variables) for each in given}
        case VariableNode():
            return _variable(node, variables)
        case _:
            raise GraphQLError("this is no JSON value", hint_nodes(node))


def _number(text: str) -> float | Decimal:
    number = float(text)
    exact = Decimal(text)
    return number if math.isfinite(number) and Decimal(repr(number)) == exact else exact


def _variable(node: VariableNode, variables: Any) -> Any:
    coerced = getattr(variables, "coerced", variables)
    return coerced.get(node.name.value) if isinstance(coerced, Mapping) else None


def _is_missing(node: ValueNode, variables: Any) -> bool:
    """A variable that was not given takes the key with it, as in any other input object."""
    coerced = getattr(variables, "coerced", variables)
    return isinstance(node, VariableNode) and isinstance(coerced, Mapping) and node.name.value not in coerced


def hint_nodes(node: ValueNode) -> list[ValueNode]:
    return [node]


def _same(value: Any) -> Any:
    return value


SCALARS: dict[object, ScalarDefinition] = {
    Instant: strawberry.scalar(
        name="Instant",
        description=(
            "A point in time, to the millisecond, such as `2025-01-15T10:30:00.000Z`. As input it needs an offset"
            " (`Z` or `+01:00`); finer fractions are cut. Output is always UTC."
        ),
        serialize=_write_instant,
        parse_value=_parse_instant,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    ),
    Position: strawberry.scalar(
        name="Position",
        description=(
            "A place in the log: the `cursor` of an event that a subscription has sent, or an instant such as"
            " `2025-01-15T10:30:00.000Z` for everything that was recorded from it on."
        ),
        serialize=_same,
        parse_value=_parse_position,
    ),
    Long: strawberry.scalar(
        name="Long",
        description=(
            "A whole number of any size. Beyond ±2^53 it is given as a text, because JSON clients would round it;"
            " as input both forms are accepted."
        ),
        serialize=_write_long,
        parse_value=_parse_long,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value, as it came: no key is dropped and no number is changed.",
        serialize=_same,
        parse_value=_same,
        parse_literal=_literal,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
    ),
}

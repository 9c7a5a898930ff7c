"""Conditions on a JSON value, and what it means that they hold: the executable specification of every filter.

A condition holds or does not; there is no third answer. What is missing, null, or of another kind than the operand
meets no comparison, so that `Not` of the comparison holds for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

Path = tuple[str, ...]
Operand = str | bool | int | float | Decimal | datetime


class Kind(StrEnum):
    """What compares with each other. Numbers are one kind, whether whole, decimal or floating."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    INSTANT = "instant"


class Operator(StrEnum):
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    STARTS_WITH = "startsWith"
    ENDS_WITH = "endsWith"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value equals one of these."""

    operands: tuple[Operand, ...]

    def holds(self, value: Any) -> bool:
        return any(kind_of(each) is kind_of(value) and each == value for each in self.operands)


@dataclass(frozen=True, slots=True)
class Compare:
    """Texts compare by code point, numbers by value, false before true."""

    operator: Operator
    operand: Operand

    def holds(self, value: Any) -> bool:
        return kind_of(value) is kind_of(self.operand) and _compared(self.operator, value, self.operand)


@dataclass(frozen=True, slots=True)
class Exists:
    """There is a value, and it is not null."""

    def holds(self, value: Any) -> bool:
        return value is not None


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Condition", ...]

    def holds(self, value: Any) -> bool:
        return all(part.holds(value) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple["Condition", ...]

    def holds(self, value: Any) -> bool:
        return any(part.holds(value) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"

    def holds(self, value: Any) -> bool:
        return not self.part.holds(value)


@dataclass(frozen=True, slots=True)
class At:
    """`part` holds for what stands under these keys."""

    path: Path
    part: "Condition"

    def holds(self, value: Any) -> bool:
        return self.part.holds(at(value, self.path))


@dataclass(frozen=True, slots=True)
class Some:
    """The value is a list, and `part` holds for one of its members."""

    part: "Condition"

    def holds(self, value: Any) -> bool:
        return isinstance(value, list) and any(self.part.holds(each) for each in value)


Condition = OneOf | Compare | Exists | All | Either | Not | At | Some
EVERYTHING = All(())


def at(value: Any, path: Path) -> Any:
    """What stands under the keys; None when something on the way is no object."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def kind_of(value: Any) -> Kind | None:
    """None for null, an object or a list, which compare with nothing."""
    match value:
        case bool():
            return Kind.BOOLEAN
        case int() | float() | Decimal():
            return Kind.NUMBER
        case str():
            return Kind.TEXT
        case datetime():
            return Kind.INSTANT
        case _:
            return None


def size(condition: Condition) -> int:
    """How many comparisons it takes, an operand of a list being one each."""
    match condition:
        case All(parts) | Either(parts):
            return sum(size(part) for part in parts)
        case Not(part) | At(_, part) | Some(part):
            return size(part)
        case OneOf(operands):
            return max(1, len(operands))
        case _:
            return 1


def depth(condition: Condition) -> int:
    """How deep conditions stand within each other."""
    match condition:
        case All(parts) | Either(parts):
            return 1 + max((depth(part) for part in parts), default=0)
        case Not(part) | Some(part):
            return 1 + depth(part)
        case At(_, part):
            return depth(part)
        case _:
            return 1


def paths(condition: Condition) -> frozenset[Path]:
    """What must be read to know whether it holds."""
    match condition:
        case All(parts) | Either(parts):
            return frozenset(path for part in parts for path in paths(part))
        case Not(part):
            return paths(part)
        case At(path, part):
            return frozenset((*path, *inner) for inner in paths(part))
        case _:
            return frozenset({()})


def _compared(operator: Operator, value: Any, operand: Any) -> bool:
    match operator:
        case Operator.GT:
            return bool(value > operand)
        case Operator.GTE:
            return bool(value >= operand)
        case Operator.LT:
            return bool(value < operand)
        case Operator.LTE:
            return bool(value <= operand)
        case Operator.STARTS_WITH:
            return bool(value.startswith(operand))
        case Operator.ENDS_WITH:
            return bool(value.endswith(operand))
        case Operator.CONTAINS:
            return operand in value

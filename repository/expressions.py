"""Conditions and orders as expressions of MongoDB, on documents of `latest`.

Expressions and not the language of `$match`: there a path looks through lists, and a condition on a list holds for one
of its members, so that neither `ne` nor a sort would mean what domain/conditions.py and domain/ordering.py say.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from domain.conditions import (
    All,
    At,
    Compare,
    Condition,
    Either,
    Exists,
    Kind,
    Not,
    OneOf,
    Operator,
    Path,
    Some,
    kind_of,
    paths,
)
from domain.ordering import Ordering, Position, Rank, backwards, rank_key
from repository.documents import encode, encoded_key, is_nameable

Expression = Any
PLACED = "placed"

_AFTER_APP = {"$regexFind": {"input": "$_id", "regex": "^[^/]*/([^/]*)/(.*)$", "options": "s"}}
_ROOTS: dict[str, str] = {"state": "$state", "at": "$at", "last": "$last"}
_VARIABLES: dict[str, Expression] = {
    "meta": {"$ifNull": ["$state.meta", "$state.metadata"]},
    "name": {"$let": {"vars": {"key": _AFTER_APP}, "in": {"$arrayElemAt": ["$$key.captures", 1]}}},
    "appId": {
        "$let": {
            "vars": {"key": _AFTER_APP},
            "in": {
                "$replaceAll": {
                    "input": {
                        "$replaceAll": {
                            "input": {"$arrayElemAt": ["$$key.captures", 0]},
                            "find": "%2F",
                            "replacement": "/",
                        }
                    },
                    "find": "%25",
                    "replacement": "%",
                }
            },
        }
    },
}
_TYPES = {Kind.TEXT: "string", Kind.BOOLEAN: "bool", Kind.INSTANT: "date"}
_COMPARISONS = {Operator.GT: "$gt", Operator.GTE: "$gte", Operator.LT: "$lt", Operator.LTE: "$lte"}


def holds(condition: Condition) -> Expression:
    """Whether the condition holds for an entity's view."""
    return _with_variables(paths(condition), _holds(condition, "", ()))


def placed(orders: Sequence[Ordering]) -> Expression:
    """The place of an entity in each order, as `sort` and `follows` take it."""
    places: dict[str, Expression] = {}
    for index, order in enumerate(orders):
        value = _strict(*_rooted("", order.path))
        places |= {f"rank{index}": _rank(value, order), f"value{index}": _comparable(value)}
    return _with_variables([order.path for order in orders], places)


def sort(orders: Sequence[Ordering]) -> dict[str, int]:
    keys: dict[str, int] = {}
    for index, order in enumerate(orders):
        keys |= {f"{PLACED}.rank{index}": 1, f"{PLACED}.value{index}": -1 if order.descending else 1}
    return {**keys, "_id": -1 if backwards(orders) else 1}


def follows(position: Position, orders: Sequence[Ordering]) -> Expression:
    """Whether an entity stands after the position."""
    alternatives: list[Expression] = []
    same: list[Expression] = []
    for index, (place, order) in enumerate(zip(position.places, orders, strict=True)):
        rank, value = f"${PLACED}.rank{index}", f"${PLACED}.value{index}"
        reached = rank_key(place.rank, descending=order.descending)
        here = {"$eq": [rank, reached]}
        beyond = {"$lt" if order.descending else "$gt": [value, _literal(place.value)]}
        alternatives += [{"$and": [*same, {"$gt": [rank, reached]}]}, {"$and": [*same, here, beyond]}]
        same += [here, {"$eq": [value, _literal(place.value)]}]
    key = {"$lt" if backwards(orders) else "$gt": ["$_id", _literal(position.key)]}
    return {"$or": [*alternatives, {"$and": [*same, key]}]}


def _with_variables(used: Iterable[Path], expression: Expression) -> Expression:
    wanted = {path[0]: _VARIABLES[path[0]] for path in used if path and path[0] in _VARIABLES}
    return {"$let": {"vars": wanted, "in": expression}} if wanted else expression


def _holds(condition: Condition, base: str, path: Path) -> Expression:
    match condition:
        case All(parts):
            return {"$and": [_holds(part, base, path) for part in parts]}
        case Either(parts):
            return {"$or": [_holds(part, base, path) for part in parts]}
        case Not(part):
            return {"$not": [_holds(part, base, path)]}
        case At(below, part):
            return _holds(part, *_rooted(base, (*path, *below)))
        case Exists():
            return {"$gt": [_strict(base, path), None]}
        case OneOf(operands):
            return {"$in": [_value(base, path), {"$literal": [encode(each) for each in operands]}]}
        case Compare(operator, operand):
            value = _value(base, path)
            return {"$cond": [_is(value, kind_of(operand)), _compared(operator, value, operand), False]}
        case Some(part):
            return _some(part, _strict(base, path), f"{base.lstrip('$').partition('.')[0]}x")


def _some(part: Condition, value: Expression, member: str) -> Expression:
    members = {"$cond": [{"$isArray": [value]}, value, []]}
    return {"$anyElementTrue": [{"$map": {"input": members, "as": member, "in": _holds(part, f"$${member}", ())}}]}


def _compared(operator: Operator, value: Expression, operand: Any) -> Expression:
    literal = _literal(operand)
    match operator:
        case Operator.CONTAINS:
            return {"$gte": [{"$indexOfCP": [value, literal]}, 0]}
        case Operator.STARTS_WITH:
            return {"$eq": [{"$indexOfCP": [value, literal]}, 0]}
        case Operator.ENDS_WITH:
            start = {"$max": [0, {"$subtract": [{"$strLenCP": value}, len(operand)]}]}
            return {"$eq": [{"$substrCP": [value, start, len(operand)]}, literal]}
        case _:
            return {_COMPARISONS[operator]: [value, literal]}


def _rooted(base: str, path: Path) -> tuple[str, Path]:
    """At the top the first key is no key of MongoDB's but a part of the view."""
    if base:
        return base, path
    return _ROOTS.get(path[0], f"$${path[0]}"), path[1:]


def _value(base: str, path: Path) -> Expression:
    """What stands under the keys, or a list when one of them leads through a list."""
    known = 0
    while known < len(path) and is_nameable(path[known]):
        known += 1
    value: Expression = ".".join((base, *(encoded_key(key) for key in path[:known])))
    for key in path[known:]:
        value = _unnameable(value, key)
    return value


def _strict(base: str, path: Path) -> Expression:
    """What stands under the keys; null when a list stands on the way."""
    value = _value(base, path)
    return {"$cond": [{"$isArray": [_value(base, path[:-1])]}, None, value]} if path else value


def _unnameable(value: Expression, key: str) -> Expression:
    """What stands under a key that no path can hold."""
    inner = {"$getField": {"field": {"$literal": encoded_key(key)}, "input": "$$object"}}
    is_object = {"$eq": [{"$type": "$$object"}, "object"]}
    return {"$let": {"vars": {"object": value}, "in": {"$cond": [is_object, inner, None]}}}


def _is(value: Expression, kind: Kind | None) -> Expression:
    return {"$isNumber": value} if kind is Kind.NUMBER else {"$eq": [{"$type": value}, _TYPES[kind or Kind.TEXT]]}


def _rank(value: Expression, order: Ordering) -> Expression:
    kinds: Iterable[tuple[Expression, Rank]] = (
        ({"$lte": [value, None]}, Rank.NOTHING),
        (_is(value, Kind.NUMBER), Rank.NUMBER),
        (_is(value, Kind.TEXT), Rank.TEXT),
        (_is(value, Kind.BOOLEAN), Rank.BOOLEAN),
        (_is(value, Kind.INSTANT), Rank.INSTANT),
    )
    branches = [{"case": case, "then": rank_key(rank, descending=order.descending)} for case, rank in kinds]
    return {"$switch": {"branches": branches, "default": int(Rank.COMPOUND)}}


def _comparable(value: Expression) -> Expression:
    return {"$cond": [{"$in": [{"$type": value}, ["object", "array", "missing"]]}, None, value]}


def _literal(value: Any) -> Expression:
    return {"$literal": encode(value)}

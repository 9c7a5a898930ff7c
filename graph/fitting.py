"""Values of a history against the types of today: a value that does not fit costs its own field alone."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Optional, get_args, get_origin

from domain.errors import ValueMismatch
from graph.scalars import JSON, Long
from resolvers.views import EntityView

Fit = Callable[[Any], Any]
_INT = range(-(2**31), 2**31)


def fit(type_: Any) -> Fit:
    """A function that gives a JSON value back, with a ValueMismatch in the place of what the GraphQL type cannot show.

    graphql-core takes an error in the place of a value for the error of that value.
    """
    origin, inner = get_origin(type_), get_args(type_)
    if origin is list:
        return _LISTS.get(inner[0]) or _list(fit(inner[0]))
    if inner:  # Optional
        return fit(inner[0])
    return _SCALARS.get(type_, _OBJECT)


def _tested(test: Callable[[Any], bool], name: str) -> Fit:
    def tested(value: Any) -> Any:
        return value if value is None or test(value) else _mismatch(value, name)

    return tested


def _list(item: Fit) -> Fit:
    def listed(value: Any) -> Any:
        if isinstance(value, list):
            return [item(each) for each in value]
        return None if value is None else _mismatch(value, "a list")

    return listed


def _mismatch(value: Any, name: str) -> ValueMismatch:
    kind = next((text for type_, text in _KINDS.items() if isinstance(value, type_)), "a number")
    return ValueMismatch(
        f"{kind} stands here, where the schema has {name}", hint="Ask for raw to see the whole object."
    )


def _float(value: Any) -> Any:
    """What a Float can say of a number; graphql-core refuses an integer that it would round."""
    if value is None or isinstance(value, float):
        return value
    return float(value) if _is_number(value) else _mismatch(value, "a number that a Float can hold")


def _anything(value: Any) -> Any:
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and value == int(value)


def _is_int(value: Any) -> bool:
    return _is_whole(value) and int(value) in _INT


def _is_object(value: Any) -> bool:
    return isinstance(value, dict | EntityView)


_KINDS = {str: "a text", bool: "a boolean", list: "a list", dict: "an object", EntityView: "a reference"}
_OBJECT = _tested(_is_object, "an object")
_SCALARS: dict[Any, Fit] = {
    str: _tested(_is_text, "a text"),
    bool: _tested(_is_truth, "a boolean"),
    int: _tested(_is_int, "a whole number of 32 bits"),
    Long: _tested(_is_whole, "a whole number"),
    float: _float,
    JSON: _anything,
}
_LISTS: dict[Any, Fit] = {Optional[scalar]: _list(fitting) for scalar, fitting in _SCALARS.items()}  # noqa: UP045

"""Functions in Python as the CEL library takes them."""

from collections.abc import Callable
from typing import Any

from cel_expr_python import cel

BOOL, INT, DOUBLE, TEXT = cel.Type.BOOL, cel.Type.INT, cel.Type.DOUBLE, cel.Type.STRING
LIST, MAP, DYN = cel.Type.LIST, cel.Type.MAP, cel.Type.DYN


def readable(read: Callable[..., Any]) -> Callable[..., bool]:
    """Whether `read` can read it, instead of the ValueError that it raises otherwise."""

    def is_readable(*given: Any) -> bool:
        try:
            read(*given)
        except ValueError:
            return False
        return True

    return is_readable


def function(
    name: str, implementation: Callable[..., Any], returns: cel.Type, *parameters: cel.Type, member: bool = True
) -> cel.FunctionDecl:
    return overloaded(name, overload(name, implementation, returns, *parameters, member=member))


def overloaded(name: str, *overloads: cel.Overload) -> cel.FunctionDecl:
    """One name for several functions and methods."""
    return cel.FunctionDecl(name, list(overloads))


def overload(
    key: str, implementation: Callable[..., Any], returns: cel.Type, *parameters: cel.Type, member: bool = True
) -> cel.Overload:
    """One meaning of a name, under a key of its own."""
    return cel.Overload(
        f"kubernetes_{key}", return_type=returns, parameters=parameters, is_member=member, impl=implementation
    )

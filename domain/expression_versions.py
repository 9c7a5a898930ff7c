"""Semantic versions in rules: `semver(self).isGreaterThan(semver('1.4.0'))`.

A version is its text without what was built (`+…`), which says nothing of the order. See https://semver.org and
https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library
"""

import re
from collections.abc import Callable
from typing import Any

from cel_expr_python import cel

from domain.expression_function import BOOL, INT, TEXT, function, overload, overloaded, readable

_NUMBER = "(?:0|[1-9][0-9]{0,19})"
_BEFORE = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_BEFORE}(?:\.{_BEFORE})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_SHORT = re.compile(r"\s*v?([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+)([-+]\S*)?)?)?\s*")
_LONGEST = 256


def functions() -> list[cel.FunctionDecl]:
    return [
        _either("semver", _canonical, TEXT),
        _either("isSemver", readable(_canonical), BOOL),
        *(function(name, _number(at), INT, TEXT) for at, name in enumerate(("major", "minor", "patch"), 1)),
    ]


def is_version(text: str) -> bool:
    return _match(text) is not None


def compared(one: str, other: str) -> int:
    """-1, 0 or 1."""
    first, second = _key(one), _key(other)
    return (first > second) - (first < second)


def _either(name: str, implementation: Callable[..., Any], returns: cel.Type) -> cel.FunctionDecl:
    """Of a text alone, or with whether it is to be normalized."""
    return overloaded(
        name,
        overload(name, implementation, returns, TEXT, member=False),
        overload(f"{name}_normalized", implementation, returns, TEXT, BOOL, member=False),
    )


def _canonical(text: str, normalize: bool = False) -> str:
    return _read(_normalized(text) if normalize else text)[0].partition("+")[0]


def _normalized(text: str) -> str:
    """v1.02 is 1.2.0."""
    match = _SHORT.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return text
    numbers = (each.lstrip("0") or "0" for each in match.groups(default="0")[:3])
    return ".".join(numbers) + (match[4] or "")


def _number(at: int) -> Callable[[str], int]:
    return lambda text: int(_read(text)[at])


def _key(text: str) -> tuple[Any, ...]:
    """Sorts versions: one with an ending such as -rc.1 comes before the one without."""
    match = _read(text)
    parts = [(0, int(each), "") if each.isdecimal() else (1, 0, each) for each in (match[4] or "").split(".")]
    return *(int(match[at]) for at in (1, 2, 3)), match[4] is None, parts


def _read(text: str) -> re.Match[str]:
    match = _match(text)
    if match is None:
        raise ValueError(f"'{text[:80]}' is no version such as 1.4.0")
    return match


def _match(text: str) -> re.Match[str] | None:
    return _VERSION.fullmatch(text) if len(text) <= _LONGEST else None

"""Kubernetes' formats of texts: `!format.dns1123Label().validate(self).hasValue()`.

A format is its name, and what `validate` finds is a list of problems that `hasValue` and `value` take for the optional
of Kubernetes; `orValue` cannot. See https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from cel_expr_python import cel

from domain.expression_function import BOOL, DYN, LIST, TEXT, function, overload, overloaded

Read = Callable[[str], Any]
"""Raises ValueError for a text that has not the format."""

_LABEL, _OLD_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?", "[a-z]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN, _NAME = rf"{_LABEL}(\.{_LABEL})*", "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
_UUID = "(?i:[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12})"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = rf"{_DATE}[Tt][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,9}})?)?([Zz]|[+-][0-9]{{2}}:[0-9]{{2}})?"


def functions(others: Mapping[str, Read]) -> list[cel.FunctionDecl]:
    """`others` are formats that are known elsewhere."""
    formats = {**_FORMATS, **others}

    def problems(format_: str, text: str) -> list[str]:
        try:
            formats[format_](text)
        except ValueError:
            return [f"'{text[:80]}' is no {format_}"]
        return []

    return [
        *(function(f"format.{name}", partial(str, name), TEXT, member=False) for name in formats),
        function("format.named", lambda name: name if name in formats else "", TEXT, TEXT, member=False),
        function("validate", problems, DYN, TEXT, TEXT),
        overloaded("hasValue", overload("found", bool, BOOL, LIST), overload("known", bool, BOOL, TEXT)),
        overloaded("value", overload("problems", _given, LIST, LIST), overload("format", _given, TEXT, TEXT)),
    ]


def _given(value: Any) -> Any:
    if not value:
        raise ValueError("there is no value")
    return value


def _matching(pattern: str, longest: int) -> Read:
    compiled = re.compile(pattern)

    def read(text: str) -> None:
        if len(text) > longest or not compiled.fullmatch(text):
            raise ValueError(text)

    return read


def _prefix(read: Read) -> Read:
    """What other characters will follow: it may end in a hyphen."""
    return lambda text: read(f"{text[:-2]}a" if len(text) > 1 and text.endswith("-") else text)


def _qualified_name(text: str) -> None:
    domain, slash, name = text.rpartition("/")
    _matching(_NAME, 63)(name)
    if slash:
        _subdomain(domain)


def _date(text: str) -> None:
    _matching(_DATE, 10)(text)
    date.fromisoformat(text)


def _time(text: str) -> None:
    _matching(_TIME, 40)(text)
    datetime.fromisoformat(text.upper())


_label, _old_label, _subdomain = _matching(_LABEL, 63), _matching(_OLD_LABEL, 63), _matching(_SUBDOMAIN, 253)
_FORMATS: dict[str, Read] = {
    "dns1123Label": _label,
    "dns1123LabelPrefix": _prefix(_label),
    "dns1123Subdomain": _subdomain,
    "dns1123SubdomainPrefix": _prefix(_subdomain),
    "dns1035Label": _old_label,
    "dns1035LabelPrefix": _prefix(_old_label),
    "qualifiedName": _qualified_name,
    "labelValue": _matching(f"({_NAME})?", 63),
    "uuid": _matching(_UUID, 36),
    "byte": partial(base64.b64decode, validate=True),
    "date": _date,
    "datetime": _time,
}

"""The functions that Kubernetes adds to CEL and the library lacks: of texts, lists, URLs, addresses and quantities.

A URL, an address, a network, a quantity and a version are texts here, in their canonical form, so that equal ones
compare equal. Formats and versions have files of their own.
Every function raises ValueError for what it cannot read; the rule then counts as failed, as in Kubernetes.
`sum`, `min` and `max` are for numbers and texts: the library takes no time or duration back.
The library (0.1.3) never frees the arguments of a function written in Python: 130 to 280 bytes a call stay behind.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from cel_expr_python import cel

from domain import expression_formats, expression_versions
from domain.expression_function import BOOL, DOUBLE, DYN, INT, LIST, MAP, TEXT, function, overload, overloaded, readable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]{1,3})|([KMGTPE]i|[numkMGTPE]?))")
_SCALES = {"n": "1E-9", "u": "1E-6", "m": "1E-3", "": "1", "k": "1E3", "M": "1E6", "G": "1E9", "T": "1E12"}
_SCALES |= {"P": "1E15", "E": "1E18"} | {f"{unit}i": str(1024**power) for power, unit in enumerate("KMGTPE", 1)}
_LONGEST_QUANTITY = 40


def extension(found: Callable[[str, str], list[str]]) -> cel.CelExtension:
    """The functions as the library takes them. `found` gives every match of a regular expression (RE2) in a text."""
    texts = [
        function("find", lambda text, pattern: next(iter(found(text, pattern)), ""), TEXT, TEXT, TEXT),
        function("findAll", found, LIST, TEXT, TEXT),
    ]
    formats, versions = expression_formats.functions({"uri": _url}), expression_versions.functions()
    return cel.CelExtension(
        "kubernetes", [*texts, *_lists(), *_urls(), *_addresses(), *_quantities(), *formats, *versions]
    )


def _lists() -> list[cel.FunctionDecl]:
    return [
        function("sum", sum, DYN, LIST),
        function("min", min, DYN, LIST),
        function("max", max, DYN, LIST),
        function("isSorted", lambda items: items == sorted(items), BOOL, LIST),
        function("indexOf", _index, INT, LIST, DYN),
        function("lastIndexOf", _last_index, INT, LIST, DYN),
    ]


def _index(items: Sequence[Any], item: Any) -> int:
    return next((index for index, each in enumerate(items) if each == item), -1)


def _last_index(items: Sequence[Any], item: Any) -> int:
    return next((index for index in range(len(items) - 1, -1, -1) if items[index] == item), -1)


def _urls() -> list[cel.FunctionDecl]:
    return [
        function("url", lambda text: _url(text).geturl(), TEXT, TEXT, member=False),
        function("isURL", readable(_url), BOOL, TEXT, member=False),
        function("getScheme", lambda text: _url(text).scheme, TEXT, TEXT),
        function("getHost", lambda text: _url(text).netloc.rpartition("@")[2], TEXT, TEXT),
        function("getHostname", lambda text: _url(text).hostname or "", TEXT, TEXT),
        function("getPort", lambda text: str(_url(text).port or ""), TEXT, TEXT),
        function("getEscapedPath", lambda text: _url(text).path, TEXT, TEXT),
        function("getQuery", lambda text: parse_qs(_url(text).query, keep_blank_values=True), MAP, TEXT),
    ]


def _url(text: str) -> SplitResult:
    """An absolute URL or an absolute path, as Go's url.ParseRequestURI takes them."""
    split = urlsplit(text)
    if not (split.scheme or text.startswith("/")) or any(each <= " " for each in text):
        raise ValueError(f"'{text[:80]}' is no URL")
    _ = split.port  # raises for a port that is none
    return split


def _addresses() -> list[cel.FunctionDecl]:
    return [
        function("isIP", readable(_ip), BOOL, TEXT, member=False),
        overloaded(
            "ip",
            overload("ip", lambda text: str(_ip(text)), TEXT, TEXT, member=False),
            overload("ip_of_cidr", _first_address, TEXT, TEXT),
        ),
        function("ip.isCanonical", lambda text: str(_ip(text)) == text, BOOL, TEXT, member=False),
        function("family", lambda text: _ip(text).version, INT, TEXT),
        function("isUnspecified", lambda text: _ip(text).is_unspecified, BOOL, TEXT),
        function("isLoopback", lambda text: _ip(text).is_loopback, BOOL, TEXT),
        function("isLinkLocalUnicast", lambda text: _ip(text).is_link_local, BOOL, TEXT),
        function("isLinkLocalMulticast", lambda text: _is_link_local_multicast(_ip(text)), BOOL, TEXT),
        function("isGlobalUnicast", lambda text: _is_global_unicast(_ip(text)), BOOL, TEXT),
        function("isCIDR", readable(_network), BOOL, TEXT, member=False),
        function("cidr", lambda text: _network(text).with_prefixlen, TEXT, TEXT, member=False),
        function("containsIP", lambda text, other: _ip(other) in _network(text).network, BOOL, TEXT, TEXT),
        function("containsCIDR", _contains, BOOL, TEXT, TEXT),
        function("masked", lambda text: str(_network(text).network), TEXT, TEXT),
        function("prefixLength", lambda text: _network(text).network.prefixlen, INT, TEXT),
    ]


def _ip(text: str) -> Address:
    address = ipaddress.ip_address(text)
    if "%" in text or getattr(address, "ipv4_mapped", None):
        raise ValueError(f"'{text}' has a zone or is an IPv4 address written as IPv6")
    return address


def _is_link_local_multicast(address: Address) -> bool:
    link_local = address.packed[:3] == b"\xe0\0\0" if address.version == 4 else address.packed[1] & 15 == 2
    return address.is_multicast and link_local


def _is_global_unicast(address: Address) -> bool:
    """As Go has it: private addresses are global too."""
    special = address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    return not special and address.packed != b"\xff" * 4


def _network(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    address, slash, length = text.partition("/")
    if not (slash and length.isdecimal() and length == str(int(length))):
        raise ValueError(f"'{text[:80]}' is no CIDR such as 10.0.0.0/8")
    return ipaddress.ip_interface(f"{_ip(address)}/{length}")


def _first_address(text: str) -> str:
    return str(_network(text).ip)


def _contains(text: str, other: str) -> bool:
    outer, inner = _network(text).network, _network(other).network
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type] # the same family


def _quantities() -> list[cel.FunctionDecl]:
    return [
        function("isQuantity", readable(_quantity), BOOL, TEXT, member=False),
        function("quantity", lambda text: _written(_quantity(text)), TEXT, TEXT, member=False),
        function("isInteger", lambda text: _quantity(text) % 1 == 0, BOOL, TEXT),
        function("asInteger", _whole, INT, TEXT),
        function("asApproximateFloat", lambda text: float(_quantity(text)), DOUBLE, TEXT),
        function("sign", lambda text: int(_quantity(text).compare(Decimal(0))), INT, TEXT),
        function("isLessThan", lambda one, other: _compared(one, other) < 0, BOOL, TEXT, TEXT),
        function("isGreaterThan", lambda one, other: _compared(one, other) > 0, BOOL, TEXT, TEXT),
        function("compareTo", _compared, INT, TEXT, TEXT),
        function("add", lambda one, other: _written(_quantity(one) + _quantity(str(other))), TEXT, TEXT, DYN),
        function("sub", lambda one, other: _written(_quantity(one) - _quantity(str(other))), TEXT, TEXT, DYN),
    ]


def _quantity(text: str) -> Decimal:
    """The number that a Kubernetes quantity such as 500m or 1.5Gi stands for."""
    match = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST_QUANTITY else None
    if match is None:
        raise ValueError(f"'{text[:80]}' is no quantity such as 500m or 2Gi")
    number, exponent, unit = match.groups()
    return Decimal(number + exponent) if exponent else Decimal(number) * Decimal(_SCALES[unit])


def _compared(one: str, other: str) -> int:
    """-1, 0 or 1, of two versions or two quantities: no text is both."""
    if expression_versions.is_version(one) and expression_versions.is_version(other):
        return expression_versions.compared(one, other)
    return int(_quantity(one).compare(_quantity(other)))


def _written(number: Decimal) -> str:
    return str(number.normalize())


def _whole(text: str) -> int:
    number = _quantity(text)
    if number % 1:
        raise ValueError(f"{text} is no integer")
    return int(number)

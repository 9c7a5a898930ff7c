"""The functions that Kubernetes adds to CEL and the library lacks: of texts, lists, URLs, addresses and quantities.

A URL, an address, a network and a quantity are texts here, in their canonical form, so that equal ones compare equal.
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

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_BOOL, _INT, _DOUBLE, _TEXT = cel.Type.BOOL, cel.Type.INT, cel.Type.DOUBLE, cel.Type.STRING
_LIST, _MAP, _DYN = cel.Type.LIST, cel.Type.MAP, cel.Type.DYN
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]{1,3})|([KMGTPE]i|[numkMGTPE]?))")
_SCALES = {"n": "1E-9", "u": "1E-6", "m": "1E-3", "": "1", "k": "1E3", "M": "1E6", "G": "1E9", "T": "1E12"}
_SCALES |= {"P": "1E15", "E": "1E18"} | {f"{unit}i": str(1024**power) for power, unit in enumerate("KMGTPE", 1)}
_LONGEST_QUANTITY = 40


def extension(found: Callable[[str, str], list[str]]) -> cel.CelExtension:
    """The functions as the library takes them. `found` gives every match of a regular expression (RE2) in a text."""
    texts = [
        _function("find", lambda text, pattern: next(iter(found(text, pattern)), ""), _TEXT, _TEXT, _TEXT),
        _function("findAll", found, _LIST, _TEXT, _TEXT),
    ]
    return cel.CelExtension("kubernetes", [*texts, *_lists(), *_urls(), *_addresses(), *_quantities()])


def _lists() -> list[cel.FunctionDecl]:
    return [
        _function("sum", sum, _DYN, _LIST),
        _function("min", min, _DYN, _LIST),
        _function("max", max, _DYN, _LIST),
        _function("isSorted", lambda items: items == sorted(items), _BOOL, _LIST),
        _function("indexOf", _index, _INT, _LIST, _DYN),
        _function("lastIndexOf", _last_index, _INT, _LIST, _DYN),
    ]


def _index(items: Sequence[Any], item: Any) -> int:
    return next((index for index, each in enumerate(items) if each == item), -1)


def _last_index(items: Sequence[Any], item: Any) -> int:
    return next((index for index in range(len(items) - 1, -1, -1) if items[index] == item), -1)


def _urls() -> list[cel.FunctionDecl]:
    return [
        _function("url", lambda text: _url(text).geturl(), _TEXT, _TEXT, member=False),
        _function("isURL", _reads(_url), _BOOL, _TEXT, member=False),
        _function("getScheme", lambda text: _url(text).scheme, _TEXT, _TEXT),
        _function("getHost", lambda text: _url(text).netloc.rpartition("@")[2], _TEXT, _TEXT),
        _function("getHostname", lambda text: _url(text).hostname or "", _TEXT, _TEXT),
        _function("getPort", lambda text: str(_url(text).port or ""), _TEXT, _TEXT),
        _function("getEscapedPath", lambda text: _url(text).path, _TEXT, _TEXT),
        _function("getQuery", lambda text: parse_qs(_url(text).query, keep_blank_values=True), _MAP, _TEXT),
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
        _function("isIP", _reads(_ip), _BOOL, _TEXT, member=False),
        _overloaded("ip", ("ip_string", False, lambda text: str(_ip(text))), ("cidr_ip", True, _first_address)),
        _function("ip.isCanonical", lambda text: str(_ip(text)) == text, _BOOL, _TEXT, member=False),
        _function("family", lambda text: _ip(text).version, _INT, _TEXT),
        _function("isUnspecified", lambda text: _ip(text).is_unspecified, _BOOL, _TEXT),
        _function("isLoopback", lambda text: _ip(text).is_loopback, _BOOL, _TEXT),
        _function("isLinkLocalUnicast", lambda text: _ip(text).is_link_local, _BOOL, _TEXT),
        _function("isLinkLocalMulticast", lambda text: _is_link_local_multicast(_ip(text)), _BOOL, _TEXT),
        _function("isGlobalUnicast", lambda text: _is_global_unicast(_ip(text)), _BOOL, _TEXT),
        _function("isCIDR", _reads(_network), _BOOL, _TEXT, member=False),
        _function("cidr", lambda text: _network(text).with_prefixlen, _TEXT, _TEXT, member=False),
        _function("containsIP", lambda text, other: _ip(other) in _network(text).network, _BOOL, _TEXT, _TEXT),
        _function("containsCIDR", _contains, _BOOL, _TEXT, _TEXT),
        _function("masked", lambda text: str(_network(text).network), _TEXT, _TEXT),
        _function("prefixLength", lambda text: _network(text).network.prefixlen, _INT, _TEXT),
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
        _function("isQuantity", _reads(_quantity), _BOOL, _TEXT, member=False),
        _function("quantity", lambda text: _written(_quantity(text)), _TEXT, _TEXT, member=False),
        _function("isInteger", lambda text: _quantity(text) % 1 == 0, _BOOL, _TEXT),
        _function("asInteger", _whole, _INT, _TEXT),
        _function("asApproximateFloat", lambda text: float(_quantity(text)), _DOUBLE, _TEXT),
        _function("sign", lambda text: int(_quantity(text).compare(Decimal(0))), _INT, _TEXT),
        _function("isLessThan", lambda one, other: _quantity(one) < _quantity(other), _BOOL, _TEXT, _TEXT),
        _function("isGreaterThan", lambda one, other: _quantity(one) > _quantity(other), _BOOL, _TEXT, _TEXT),
        _function("compareTo", lambda one, other: int(_quantity(one).compare(_quantity(other))), _INT, _TEXT, _TEXT),
        _function("add", lambda one, other: _written(_quantity(one) + _quantity(str(other))), _TEXT, _TEXT, _DYN),
        _function("sub", lambda one, other: _written(_quantity(one) - _quantity(str(other))), _TEXT, _TEXT, _DYN),
    ]


def _quantity(text: str) -> Decimal:
    """The number that a Kubernetes quantity such as 500m or 1.5Gi stands for."""
    match = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST_QUANTITY else None
    if match is None:
        raise ValueError(f"'{text[:80]}' is no quantity such as 500m or 2Gi")
    number, exponent, unit = match.groups()
    return Decimal(number + exponent) if exponent else Decimal(number) * Decimal(_SCALES[unit])


def _written(number: Decimal) -> str:
    return str(number.normalize())


def _whole(text: str) -> int:
    number = _quantity(text)
    if number % 1:
        raise ValueError(f"{text} is no integer")
    return int(number)


def _reads(read: Callable[[str], Any]) -> Callable[[str], bool]:
    def readable(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return readable


def _function(
    name: str, implementation: Callable[..., Any], returns: cel.Type, *parameters: cel.Type, member: bool = True
) -> cel.FunctionDecl:
    overload = cel.Overload(
        f"kubernetes_{name}", return_type=returns, parameters=parameters, is_member=member, impl=implementation
    )
    return cel.FunctionDecl(name, [overload])


def _overloaded(name: str, *overloads: tuple[str, bool, Callable[[str], str]]) -> cel.FunctionDecl:
    """One name for a function and a method, both from text to text."""
    made = [
        cel.Overload(key, return_type=_TEXT, parameters=[_TEXT], is_member=member, impl=implementation)
        for key, member, implementation in overloads
    ]
    return cel.FunctionDecl(name, made)

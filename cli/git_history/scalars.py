"""Plain scalars as Kubernetes reads them: the rules of go-yaml v2, with every digit of a number kept."""

import base64
import binascii
import re
import struct
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import TypeAlias

from domain.values import MOST_DIGITS

Scalar: TypeAlias = str | int | float | Decimal | bool | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys("y Y yes Yes YES true True TRUE on On ON".split(), True),
    **dict.fromkeys("n N no No NO false False FALSE off Off OFF".split(), False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"], None),
    **dict.fromkeys(".nan .NaN .NAN".split(), float("nan")),
    **dict.fromkeys(".inf .Inf .INF +.inf +.Inf +.INF".split(), float("inf")),
    **dict.fromkeys("-.inf -.Inf -.INF".split(), float("-inf")),
}
# What anything but a text begins with.
STARTS = frozenset("+-.0123456789~" + "".join(word[0] for word in _WORDS if word))

_INTEGER = re.compile(
    r"(?P<sign>[+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))",
    re.ASCII,
)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,9})?", re.ASCII)
_SEPARATOR = re.compile(r"(?<=[0-9])_(?=[0-9])")
_LONGEST_NUMBER = 1_000
_TAGS = "tag:yaml.org,2002:"


class WrongTagError(ValueError):
    """A scalar that is not what its tag says."""


@lru_cache(maxsize=4096)
def resolve(text: str) -> Scalar:
    """The value of a plain scalar without a tag. `.inf` and `.nan` come out as floats."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or len(text) > _LONGEST_NUMBER:
        return text
    plain = _SEPARATOR.sub("", text) if text[0] == "." else text.replace("_", "")
    integer = _INTEGER.fullmatch(plain)
    if integer is not None:
        return _integer(integer, text)
    return number(plain) if _FLOAT.fullmatch(plain) and isfinite(float(plain)) else text


def resolve_tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with a tag; of a tag that YAML does not define, its text. Raises WrongTagError."""
    name = tag.removeprefix(_TAGS)
    if name == "binary":
        return _binary(text)
    if name not in ("bool", "int", "float", "null"):
        return text
    value = resolve(text)
    if name == "float" and type(value) is int:
        return float(value)
    if _type_name(value) != name:
        raise WrongTagError(f"'{text[:40]}' is no {name}")
    return value


def number(literal: str) -> float | Decimal:
    """A decimal literal: a float where it is exact, otherwise a Decimal as far as one can be stored."""
    value = float(literal)
    if repr(value) == literal:
        return value
    exact = Decimal(literal)
    same = isfinite(value) and Decimal(repr(value)) == exact
    return value if same or not _is_storable(exact) else exact


def key_text(value: Scalar) -> str | None:
    """The key of a JSON object that a scalar key becomes; None for null, which is no key."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return None if value is None else _short_float(float(value))


def _integer(match: re.Match[str], text: str) -> Scalar:
    base = match.lastgroup or "dec"
    value = int(match["sign"] + match[base], _BASES[base])
    if value.bit_length() <= 64 or len(str(abs(value))) <= MOST_DIGITS:
        return value
    return number(match[0]) if base == "dec" and isfinite(float(match[0])) else text


def _is_storable(value: Decimal) -> bool:
    _, digits, exponent = value.as_tuple()
    return len(digits) <= MOST_DIGITS and isinstance(exponent, int) and -6176 <= exponent <= 6111


def _binary(text: str) -> str:
    try:
        return base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True).decode(errors="replace")
    except binascii.Error:
        raise WrongTagError(f"'{text[:40]}' is no base64") from None


def _type_name(value: Scalar) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "int"
        case str():
            return "str"
        case _:
            return "float"


def _short_float(value: float) -> str:
    """As Go writes a 32-bit float: the fewest digits that tell it from its neighbours."""
    if not isfinite(value):
        return ".nan" if value != value else ".inf" if value > 0 else "-.inf"
    try:
        packed = struct.pack("<f", value)
    except OverflowError:
        return ".inf" if value > 0 else "-.inf"
    single = struct.unpack("<f", packed)[0]
    texts = (f"{single:.{digits}e}" for digits in range(9))
    shortest = next(text for text in texts if struct.pack("<f", float(text)) == packed)
    mantissa, _, exponent = shortest.partition("e")
    if -4 <= int(exponent) < 6:
        return f"{Decimal(shortest):f}"
    return f"{mantissa}e{exponent}"

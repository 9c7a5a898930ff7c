"""JSON in and out without changing a number: a float where it is exact, otherwise an int of any size or a Decimal."""

import json
import re
from array import array
from decimal import Decimal
from itertools import accumulate
from math import isfinite
from typing import Any, NoReturn

import orjson

MAX_DEPTH = 200
MAX_DIGITS = 4_300  # what Python itself turns from text into int
MAX_EXPONENT = 9_999

# The shape of a text has 0 for every digit and point and + for every sign. A number that a double or a 64-bit
# integer cannot hold has one of the risky shapes; so have a few strings, which costs only time.
_SHAPE = bytes.maketrans(b"0123456789.E-", b"00000000000e+")
_RISKY_SHAPES = (b"0" * 17, b"0" * 16 + b"e", b"0e000", b"0e+000")

# Where such a shape stands at the place of a number, and not within a word such as a checksum.
_RISKY_NUMBER = re.compile(rb"(?<![^\s\[{:,])-?(?:[0-9][0-9.]{16}|[0-9][0-9.]{15}[eE]|[0-9.]+[eE][+-]?[0-9]{3})")

_RISKY_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# Where each backslash that is left begins an escape: a NUL, or a surrogate without its partner.
_BAD_ESCAPE = re.compile(
    rb"\\u(?:0000|[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)[dD][c-fC-F])"
)

_NO_MARK = bytes(set(range(256)) - set(b'[]{}"'))
_STEP = bytes.maketrans(b'[{]}"', b"\x01\x01\xff\xff\x00")  # 0xff is -1 in a signed byte

_DUMP_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME  # a datetime that no scalar has formatted is a mistake


class JsonError(ValueError):
    """Text that is no JSON, or JSON that we do not take. `position` is a byte offset, where it is known."""

    def __init__(self, problem: str, position: int | None = None) -> None:
        super().__init__(problem if position is None else f"{problem} at byte {position}")
        self.position = position


def loads(data: bytes | str) -> Any:
    """The value of a JSON text; numbers are int, float, or Decimal where a float would differ. Raises JsonError.

    Refused beside malformed text: NUL characters, nesting deeper than 200, numbers longer than 4,300 digits or with an
    exponent beyond ±9,999.
    """
    text = data if isinstance(data, bytes) else _encoded(data)
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise JsonError(f"JSON nested deeper than {MAX_DEPTH} levels")
    if _RISKY_ESCAPE.search(text):
        _refuse_escapes(text)
    shape = text.translate(_SHAPE)
    if any(risky in shape for risky in _RISKY_SHAPES) and _RISKY_NUMBER.search(text):
        return _loads_exactly(text)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _malformed(text, error) from None


def dumps(value: Any) -> bytes:
    """Compact UTF-8 JSON. Decimals and integers keep every digit; a float that is NaN or infinite comes out as null.

    Raises TypeError for what is no JSON value, and for nesting deeper than 254.
    """
    try:
        return orjson.dumps(value, _fragment, _DUMP_OPTIONS)
    except TypeError as error:
        if "64-bit" not in str(error):
            raise
    return orjson.dumps(_with_fragments(value), _fragment, _DUMP_OPTIONS)


def _loads_exactly(text: bytes) -> Any:
    decoded = _decoded(text)
    try:
        return json.loads(decoded, parse_float=_number, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _malformed(text, error) from None
    except _RefusedNumberError as error:
        raise JsonError(str(error), text.find(error.literal.encode())) from None
    except ValueError:  # Python's own limit on the digits of an int
        too_long = re.search(rb"[0-9]{%d}" % (MAX_DIGITS + 1), text)
        position = too_long.start() if too_long else None
        raise JsonError(f"a number of more than {MAX_DIGITS} digits", position) from None


class _RefusedNumberError(ValueError):
    def __init__(self, problem: str, literal: str) -> None:
        super().__init__(problem)
        self.literal = literal


def _number(literal: str) -> float | Decimal:
    if len(literal) > MAX_DIGITS:
        raise _RefusedNumberError(f"a number of more than {MAX_DIGITS} digits", literal)
    value = float(literal)
    if repr(value) == literal:
        return value
    _, _, exponent = literal.lower().partition("e")
    if abs(int(exponent or "0")) > MAX_EXPONENT:
        raise _RefusedNumberError(f"a number with an exponent beyond ±{MAX_EXPONENT}", literal)
    exact = Decimal(literal)
    return value if isfinite(value) and Decimal(repr(value)) == exact else exact


def _refuse_constant(literal: str) -> NoReturn:
    raise _RefusedNumberError(f"{literal} is no JSON number", literal)


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} {value!r} is no JSON value")


def _with_fragments(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_fragments(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_fragments(item) for item in value]
    return orjson.Fragment(str(value)) if type(value) is int else value


def _depth(text: bytes) -> int:
    """How deep arrays and objects nest, in linear time and without recursion."""
    text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = text.translate(None, _NO_MARK)
    brackets = marks.replace(b'""', b"")
    if b'"' in brackets:  # some string contains brackets
        brackets = re.sub(rb'"[^"]*"', b"", marks)
    return max(accumulate(array("b", brackets.translate(_STEP))), default=0)


def _refuse_escapes(text: bytes) -> None:
    bad = _BAD_ESCAPE.search(text.replace(rb"\\", b".."))
    if bad is not None and bad[0] == rb"\u0000":
        raise JsonError("a NUL character (\\u0000), which cannot be stored,", bad.start())
    if bad is not None:
        raise JsonError("half of a surrogate pair, which is no character,", bad.start())


def _malformed(text: bytes, error: json.JSONDecodeError) -> JsonError:
    _decoded(text)
    return JsonError(f"malformed JSON: {error.msg}", len(error.doc[: error.pos].encode()))


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise JsonError("half of a surrogate pair, which is no character,", len(text[: error.start].encode())) from None


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise JsonError("invalid UTF-8", error.start) from None

"""What a domain object may consist of, so that what came in can come out: JSON without a loss."""

import difflib
import json
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import orjson

from domain.errors import InvalidArgument, InvalidDocument

DEEPEST = 80
MOST_DIGITS = 34
_MOST_TOLD = 20
_INT64 = 2**63
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS


def check(value: Any) -> None:
    """Raises InvalidDocument with a JSON Pointer for the first value that cannot be kept exactly."""
    if not _is_plain(value):
        _check(value, "", 0)


def canonical(value: Any) -> bytes:
    """One text for equal values as a parser gives them, whatever the order of keys. Raises what `check` raises."""
    try:
        text = orjson.dumps(value, option=_STRICT | orjson.OPT_SORT_KEYS)
    except TypeError:  # numbers that orjson cannot write, or what is no JSON
        check(value)
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=_marked).encode()
    # orjson writes null for what is no number, too.
    if b"null" in text or b"\\u0000" in text or text.count(b"{") + text.count(b"[") > DEEPEST:
        check(value)
    return text


def _marked(number: Decimal) -> str:
    """No text that was checked holds a NUL, so a number never looks like a text."""
    return f"\0{number}"


def _is_plain(value: Any) -> bool:
    """A quick look that settles nearly everything: what orjson can write, without a NUL and not too deep."""
    try:
        text = orjson.dumps(value, option=_STRICT)
    except TypeError:
        return False
    return b"\\u0000" not in text and _is_shallow_and_finite(value)


def _is_shallow_and_finite(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        below = []
        for container in level:
            for item in container.values() if type(container) is dict else container:
                kind = type(item)
                if kind is dict or kind is list:
                    below.append(item)
                elif kind is tuple or (kind is float and not math.isfinite(item)):
                    return False
        if not below:
            return True
        level = below
    return False


def _check(value: Any, path: str, depth: int) -> None:
    if depth > DEEPEST:
        raise InvalidDocument(path, f"it is nested deeper than {DEEPEST} levels")
    match value:
        case str():
            check_text(value, path)
        case bool() | None:
            return
        case int():
            _check_integer(value, path)
        case float():
            if not math.isfinite(value):
                raise InvalidDocument(path, f"{value} is no JSON number")
        case Decimal():
            _check_decimal(value, path)
        case dict():
            for key, item in value.items():
                _check_key(key, path)
                _check(item, f"{path}/{pointer_part(key)}", depth + 1)
        case list():
            for index, item in enumerate(value):
                _check(item, f"{path}/{index}", depth + 1)
        case _:
            raise InvalidDocument(path, f"{type(value).__name__} is no JSON type")


def pointer_part(key: str) -> str:
    """One step of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def pointer_parts(pointer: str) -> list[str]:
    """The steps of a JSON Pointer. Raises InvalidArgument for a text that is none."""
    if not _POINTER.fullmatch(pointer):
        raise InvalidArgument(f"{quoted(pointer)} is no JSON Pointer", hint="Write it like /spec/bundles/0/name.")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def quoted(value: Any) -> str:
    """A value for a message, a large one in part."""
    return shortened(repr(value), 80)


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def told(names: Iterable[str], sought: str) -> str:
    """Names for a message: all of them or, of very many, those that are most like the one that was sought."""
    known = sorted(names)
    if len(known) <= _MOST_TOLD:
        return ", ".join(known) or "none"
    spelled = {each.lower(): each for each in known}
    alike = difflib.get_close_matches(sought.lower(), spelled, n=5, cutoff=0.5)
    shown = [spelled[each] for each in alike] or known[:5]
    return f"{', '.join(shown)} and {len(known) - len(shown):,} more"


def exact(value: Any) -> Any:
    """A JSON value for orjson, with every digit of the numbers that it does not know itself."""
    match value:
        case dict():
            return {key: exact(item) for key, item in value.items()}
        case list():
            return [exact(item) for item in value]
        case Decimal():
            return orjson.Fragment(str(value))
        case int() if is_wide(value):
            return orjson.Fragment(str(value))
        case _:
            return value


def is_wide(value: int) -> bool:
    """Whether an integer needs more than 64 bits."""
    return not -_INT64 <= value < _INT64


def _check_key(key: Any, path: str) -> None:
    if not isinstance(key, str):
        raise InvalidDocument(path, f"the key {key!r} is no text", hint="Quote it.")
    check_text(key, f"{path}/{pointer_part(key)[:80]}")


def check_text(text: str, path: str) -> None:
    """Raises InvalidDocument for a text at `path` that cannot be kept exactly."""
    if "\0" in text:
        raise InvalidDocument(
            path.replace("\0", "\\0"), "it holds the character NUL", hint="Remove it or encode it, as base64 say."
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        shown = path.encode(errors="replace").decode()
        raise InvalidDocument(shown, f"half a surrogate pair at character {error.start} is no Unicode text") from None


def _check_integer(value: int, path: str) -> None:
    # The bit length first: writing out a huge integer takes quadratic time.
    if value.bit_length() > 120 or len(str(abs(value))) > MOST_DIGITS:
        raise InvalidDocument(path, f"an integer of more than {MOST_DIGITS} digits", hint="Send it as a text.")


def _check_decimal(value: Decimal, path: str) -> None:
    if not value.is_finite():
        raise InvalidDocument(path, f"{value} is no JSON number")
    digits, exponent = value.as_tuple().digits, value.as_tuple().exponent
    if len(digits) > MOST_DIGITS or not isinstance(exponent, int) or not -6176 <= exponent <= 6111:
        raise InvalidDocument(
            path, f"a number beyond {MOST_DIGITS} digits or exponents of ±6111", hint="Send it as a text."
        )

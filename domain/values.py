"""What a domain object may consist of, so that what came in can come out: JSON without a loss."""

import math
from decimal import Decimal
from typing import Any

from domain.errors import InvalidDocument

DEEPEST = 80
MOST_DIGITS = 34
_INT64 = 2**63


def check(value: Any, path: str = "", depth: int = 0) -> None:
    """Raises InvalidDocument with a JSON Pointer for the first value that cannot be kept exactly."""
    if depth > DEEPEST:
        raise InvalidDocument(path, f"it is nested deeper than {DEEPEST} levels")
    match value:
        case str():
            _check_text(value, path)
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
                check(item, f"{path}/{pointer_part(key)}", depth + 1)
        case list():
            for index, item in enumerate(value):
                check(item, f"{path}/{index}", depth + 1)
        case _:
            raise InvalidDocument(path, f"{type(value).__name__} is no JSON type")


def pointer_part(key: str) -> str:
    """One step of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def quoted(value: Any) -> str:
    """A value for a message, a large one in part."""
    return shortened(repr(value), 80)


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def is_wide(value: int) -> bool:
    """Whether an integer needs more than 64 bits."""
    return not -_INT64 <= value < _INT64


def _check_key(key: Any, path: str) -> None:
    if not isinstance(key, str):
        raise InvalidDocument(path, f"the key {key!r} is no text", hint="Quote it.")
    _check_text(key, f"{path}/{pointer_part(key)[:80]}")


def _check_text(text: str, path: str) -> None:
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

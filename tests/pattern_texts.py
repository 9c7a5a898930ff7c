"""Texts that a regular expression matches."""

import re
import sys
import warnings
from collections.abc import Iterable
from importlib import import_module
from random import Random
from typing import Any

# Python's own reader of expressions, as hypothesis takes it.
said: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

PRINTABLE = [chr(code) for code in range(33, 127)]
_UNICODE = re.compile(r"\\[pP]\{?([A-Z])[a-z]?\}?")
_MORE = 4  # times that something without a bound is repeated at most
_CATEGORIES = {
    said.CATEGORY_DIGIT: "0123456789",
    said.CATEGORY_WORD: "abcxyzAZ019_",
    said.CATEGORY_SPACE: " ",
    said.CATEGORY_NOT_DIGIT: "abZ-",
    said.CATEGORY_NOT_WORD: "-./ ",
    said.CATEGORY_NOT_SPACE: "abZ0-",
}


def matching(pattern: str, random: Random) -> str:
    """A text that an expression of ECMA 262 matches from its first character to its last one, most likely."""
    flags = re.IGNORECASE if "(?i)" in pattern else 0
    plain = _UNICODE.sub(lambda found: "a-zA-Zäß€" if found[1] in "LN" else "-", pattern)
    with warnings.catch_warnings():  # of what the next Python may read differently
        warnings.simplefilter("ignore", FutureWarning)
        parsed = parser.parse(plain.replace("(?i)", "").replace("\\/", "/"), flags)
    return "".join(_all(parsed, random))


def _all(parts: Iterable[Any], random: Random) -> Iterable[str]:
    for operation, given in parts:
        yield _one(operation, given, random)


def _one(operation: Any, given: Any, random: Random) -> str:
    match operation:
        case said.LITERAL:
            return chr(given)
        case said.NOT_LITERAL:
            return random.choice([each for each in "ab0" if ord(each) != given])
        case said.ANY:
            return random.choice("ab0-")
        case said.IN:
            return random.choice(_members(given))
        case said.BRANCH:
            return "".join(_all(random.choice(given[1]), random))
        case said.SUBPATTERN:
            return "".join(_all(given[-1], random))
        case said.MAX_REPEAT | said.MIN_REPEAT:
            low, high, repeated = given
            times = random.randint(low, min(high, low + _MORE))
            return "".join("".join(_all(repeated, random)) for _ in range(times))
        case said.CATEGORY:
            return random.choice(_CATEGORIES[given])
        case _:  # anchors and what looks ahead
            return ""


def _members(given: list[Any]) -> list[str]:
    found: set[str] = set()
    negated = False
    for operation, member in given:
        match operation:
            case said.NEGATE:
                negated = True
            case said.LITERAL:
                found.add(chr(member))
            case said.RANGE:
                found.update(map(chr, range(member[0], min(member[1], member[0] + 200, sys.maxunicode) + 1)))
            case said.CATEGORY:
                found.update(_CATEGORIES[member])
    return sorted(set(PRINTABLE) - found if negated else found) or ["a"]

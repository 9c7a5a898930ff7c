"""Regular expressions as Go reads them (RE2), which is what Kubernetes checks a `pattern` with.

The validator reads those of ECMA 262. Both agree on nearly everything; this spells out the rest.
"""

import re
from functools import cache

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": "\\x00-\\x7F",
    "blank": "\\t ",
    "cntrl": "\\x00-\\x1F\\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-\\/:-@\\[-`{-~",
    "space": "\\t\\n\\v\\f\\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
}
_TOKEN = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|$)"
    r"|(?P<escape>\\(?:[pP]\{[^}]*\}|[pP].|x\{[0-9A-Fa-f]+\}|0[0-7]{0,2}|[1-7][0-7]{1,2}|.))"
    r"|\[:(?P<negated>\^?)(?P<posix>[a-z]+):\]"
    r"|(?P<repeat>\{[0-9]+(?:,[0-9]*)?\})"
    r"|(?P<plain>.)",
    re.DOTALL,
)
_OCTAL = re.compile(r"\\[0-7]{1,3}")
_SYNTAX = frozenset("^$\\.*+?()[]{}|/-")
_CLASS_ESCAPES = frozenset("dDsSwWpP")


def translated(pattern: str) -> str:
    """The pattern as ECMA 262 writes it; a pattern that is none of Go's comes out as another one that is none."""
    made: list[str] = []
    first: int | None = None  # where the first member of the class stands that is being read
    after_class = False
    for token in _TOKEN.finditer(pattern):
        text = _spelled(token, first is not None)
        if first is not None and after_class and text == "-" and not pattern.startswith("]", token.end()):
            text = "\\-"  # a class is no end of a range
        after_class = token["escape"] is not None and token["escape"][1] in _CLASS_ESCAPES
        if token["plain"] == "[" and first is None:
            first = token.end() + pattern.startswith("^", token.end())
        elif token["plain"] == "]" and token.start() != first:
            first = None
        made.append(text)
    return "".join(made)


def _spelled(token: re.Match[str], inside: bool) -> str:
    if token["quoted"] is not None:
        return re.sub(r"[\\^$.*+?()\[\]{}|/-]", r"\\\g<0>", token["quoted"])
    if token["posix"] is not None:
        return _posix(token) if inside else token[0]
    if token["escape"] in ("\\z", "\\A") and not inside:
        return "$" if token["escape"] == "\\z" else "^"
    if token["escape"] is not None:
        return _escape(token["escape"])
    if token["plain"] in ("{", "[") and (inside or token["plain"] == "{"):
        return f"\\{token['plain']}"  # a brace that repeats nothing is itself
    return token[0]


def _escape(text: str) -> str:
    """Go takes a backslash before any sign, \\a for the bell, and octal digits."""
    sign = text[1]
    if text == "\\a" or (_OCTAL.fullmatch(text) and len(text) + (sign == "0") > 2):
        return f"\\x{7 if sign == 'a' else int(text[1:], 8):02X}"
    is_plain = sign.isascii() and not sign.isalnum() and sign not in _SYNTAX
    return sign if is_plain else text


def _posix(token: re.Match[str]) -> str:
    members = _POSIX.get(token["posix"])
    if members is None:
        return token[0]
    return _others(members) if token["negated"] else members


@cache
def _others(members: str) -> str:
    """What a class has not: it may stand inside another one, where nothing can be negated."""
    others = [code for code in range(128) if not re.fullmatch(f"[{members}]", chr(code))]
    return "".join(f"\\x{code:02X}" for code in others) + "\\x{80}-\\x{10FFFF}"

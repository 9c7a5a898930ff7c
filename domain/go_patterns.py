"""Regular expressions as Go reads them (RE2), which is what Kubernetes checks a `pattern` with.

The validator reads those of ECMA 262. Both agree on nearly everything; this spells out the rest.
"""

import re

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
    r"|(?P<escape>\\(?:[pP]\{[^}]*\}|[pP].|x\{[0-9A-Fa-f]+\}|.))"
    r"|\[:(?P<negated>\^?)(?P<posix>[a-z]+):\]"
    r"|(?P<repeat>\{[0-9]+(?:,[0-9]*)?\})"
    r"|(?P<plain>.)",
    re.DOTALL,
)
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
    if token["plain"] in ("{", "[") and (inside or token["plain"] == "{"):
        return f"\\{token['plain']}"  # a brace that repeats nothing is itself
    return token[0]


def _posix(token: re.Match[str]) -> str:
    members = _POSIX.get(token["posix"])
    return token[0] if members is None or token["negated"] else members

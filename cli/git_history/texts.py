"""Texts of a repository as they can be shown and stored."""

_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(path: str) -> str:
    r"""A path without a loss: `\xff` for a byte that is no UTF-8, `\n`, `\u0007`, `\\`, everything else as it is."""
    if path.isprintable() and "\\" not in path:
        return path
    return "".join(map(_escaped, path))


def storable(text: str) -> str:
    r"""Any text of a commit: bytes that are no UTF-8 are written `\xff`."""
    return text.encode(errors="surrogateescape").decode(errors="backslashreplace")


def bounded(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable():
        return character
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

"""The words of a comment, by which it is found."""

import re
from collections.abc import Mapping
from typing import Any

_WORD = re.compile(r"\w+")
_MOST = 64
_LONGEST = 64


def words(text: str) -> list[str]:
    """Each word once, in small letters: `INC-1042 rolled back` → inc, 1042, rolled, back"""
    return list(dict.fromkeys(word[:_LONGEST] for word in _WORD.findall(text.casefold())))


def comment_of(spec: Mapping[str, Any]) -> str:
    """Why, as far as an envelope's spec says: an intent in its comment, an import in the message of its commit."""
    metadata = spec.get("metadata")
    told = spec.get("comment") or (metadata.get("message") if isinstance(metadata, dict) else None)
    return told if isinstance(told, str) else ""


def comment_words(spec: Mapping[str, Any]) -> list[str]:
    """The first 64 words of the comment."""
    return words(comment_of(spec))[:_MOST]

"""Counters as aggregates tell them."""

from collections import Counter
from typing import Any

from domain.event import Document


def counted(counter: Counter[str], name: str) -> list[Document]:
    """By name, in the order of names."""
    return [{name: key, "count": counter[key]} for key in sorted(counter)]


def text_at(document: Any, *path: str) -> str | None:
    """The text at a path of keys, when there is one."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, str) and document else None

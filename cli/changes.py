"""What differs between two states, for people: what an event changed, and two states line by line."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.text import Text

from cli import console, yaml_text
from graph import json_text

_STYLES = {"+": "green", "-": "red", "~": "yellow", "@": "cyan"}


def told(changes: Iterable[Mapping[str, Any]]) -> Iterator[Text]:
    """A line for each change: `~ /spec/version: "2.0.0" → "2.1.0"`"""
    for each in changes:
        before, after = each["from"], each["to"]
        sign = "+" if before is None else "-" if after is None else "~"
        values = " → ".join(one_line(value) for value in (before, after) if value is not None)
        yield Text(console.printable(f"{sign} {each['path'] or '/'}: {values}"), style=_STYLES[sign])


def one_line(value: Any) -> str:
    """JSON on one line, every digit of a number kept."""
    return json_text.dumps(value).decode()


def unified(before: Any, after: Any, before_name: str, after_name: str) -> list[str]:
    """A unified diff of two states as YAML, without line breaks; empty if they are equal. None is no state."""
    return list(difflib.unified_diff(_lines(before), _lines(after), before_name, after_name, lineterm=""))


def show(diff: Iterable[str]) -> None:
    """Coloured in a terminal."""
    for index, line in enumerate(diff):
        style = "bold" if index < 2 else _STYLES.get(line[:1], "")
        console.out.print(Text(line.expandtabs(), style=style))


def _lines(value: Any) -> list[str]:
    return [] if value is None else yaml_text.dumps(value).rstrip("\n").split("\n")

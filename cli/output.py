"""Answers for people and for programs: tables, names, YAML and JSON."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

import orjson
from rich.cells import cell_len
from rich.text import Text

from cli import console
from domain.values import exact


class Format(StrEnum):
    TABLE = "table"
    WIDE = "wide"
    YAML = "yaml"
    JSON = "json"
    NAME = "name"

    @property
    def is_table(self) -> bool:
        return self in (Format.TABLE, Format.WIDE)

    @property
    def is_whole(self) -> bool:
        """Whether it writes everything there is."""
        return self in (Format.YAML, Format.JSON)


_STYLES = {"NAME": "bold", "OBJECT": "bold", "KIND": "cyan", "EVENT": "cyan", "ACTOR": "magenta", "AGE": "green"}


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need, so that nothing is broken or cut; coloured in a terminal."""
    cells = [[console.printable(cell) or "-" for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(headers, *cells, strict=True)]
    if not console.out.is_terminal:
        for row in (headers, *cells):
            write("".join(_padded(row, widths)).rstrip())
        return
    console.say(Text("".join(_padded(headers, widths)).rstrip(), style="dim"))
    styles = [_STYLES.get(header, "") for header in headers]
    for row in cells:
        line = Text.assemble(*zip(_padded(row, widths), styles, strict=True))
        line.rstrip()
        console.say(line)


def pairs(lines: Iterable[tuple[str, str]]) -> None:
    """Names and what they stand for, one on a line."""
    told = [(name, console.printable(value)) for name, value in lines]
    width = max((len(name) for name, _ in told), default=0)
    for name, value in told:
        console.out.print(Text(f"{name:<{width}}", style="dim"), Text(f"  {value}"), sep="")


def document(value: Any, format_: Format) -> None:
    """One value, or a list of them, as YAML or JSON."""
    from cli import yaml_text

    write(yaml_text.dumps(value) if format_ is Format.YAML else json_text(value))


def listed(items: Sequence[Any]) -> dict[str, Any]:
    """Several objects as one, as kubectl writes them."""
    return {"apiVersion": "v1", "items": list(items), "kind": "List"}


def json_text(value: Any) -> str:
    """JSON for people, every digit of a number kept."""
    return orjson.dumps(exact(value), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()


def write(text: str) -> None:
    """A text as it is, however wide, and a line break unless it ends with one."""
    console.out.file.write(text if text.endswith("\n") else f"{text}\n")


def _padded(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    return (cell + " " * (width - cell_len(cell) + 3) for cell, width in zip(row, widths, strict=True))

"""The objects of files, folders and standard input, in order."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.failure import Failure

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object stands: a file, the number of the document in it from 1, and a JSON Pointer to a List's item."""

    file: Path
    document: int
    item: str = ""

    def __str__(self) -> str:
        return f"{self._document}: {self.item}" if self.item else self._document

    def at(self, path: str) -> str:
        """A place inside the object, by a JSON Pointer."""
        return f"{self._document}: {self.item + path or '/'}"

    @property
    def _document(self) -> str:
        return f"{'standard input' if self.file == STDIN else self.file}: document {self.document}"


@dataclass(frozen=True, slots=True)
class Manifest:
    place: Place
    object: dict[str, Any]


class Faulty(Failure):
    """A file or a document that holds no object."""


class Other(Faulty):
    """A document that can be read and is something else, such as the values of a chart."""


def read(paths: Iterable[Path], *, recursive: bool = False) -> Iterator[Manifest | Faulty]:
    """Every object; a fault stands in the place of what could not be read, and reading goes on."""
    for path in paths:
        if path.is_dir():
            yield from _folder(path, recursive)
        else:
            yield from _file(path)


def _folder(path: Path, recursive: bool) -> Iterator[Manifest | Faulty]:
    entries = sorted(path.rglob("*") if recursive else path.iterdir())
    files = [each for each in entries if each.suffix.lower() in SUFFIXES and each.is_file()]
    if not files:
        hint = None if recursive else "--recursive reads the folders in it too."
        yield Faulty(f"the folder {path} holds no {', '.join(SUFFIXES)} files", hint=hint)
    for file in files:
        yield from _file(file)


def _file(path: Path) -> Iterator[Manifest | Faulty]:
    from cli.git_history.composer import UnreadableError  # takes a while
    from cli.git_history.documents import documents

    number = 0
    try:
        data = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
        for number, value in enumerate(documents(data), 1):
            yield from _objects(value, Place(path, number))
    except OSError as error:
        yield Faulty(f"{path} cannot be read: {error.strerror}")
    except UnreadableError as error:
        yield Faulty(f"{Place(path, number + 1)}: {error}", hint="Nothing from there on was read.")


def _objects(value: Any, place: Place) -> Iterator[Manifest | Faulty]:
    match value:
        case None:
            return
        case Exception():
            yield Faulty(f"{place}: {str(value).removeprefix('/spec/object')}")  # where it will stand in an envelope
        case {"kind": "List", "items": list(items)}:
            for index, item in enumerate(items):
                yield from _objects(item, Place(place.file, place.document, f"{place.item}/items/{index}"))
        case {"kind": str(kind)} if kind:
            yield Manifest(place, value)
        case dict():
            yield Other(f"{place.at('/kind')}: the object does not say its kind")
        case _:
            yield Other(f"{place}: it holds {_named(value)}, not an object")


def _named(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "a truth value"}.get(type(value), "a number")

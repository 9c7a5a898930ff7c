"""What an index of a type answers: what its schema or manifest marks, and the names that its references give."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.places import Place, is_map, kinds_at, marked, place, schema_at
from domain.reference import Path, Reference

KEYWORD = "x-dsel-index"


def indexed(schema: Mapping[str, Any], pointers: Iterable[str], references: Iterable[Reference]) -> tuple[Path, ...]:
    """Paths into the objects of a schema, without the lists on the way."""
    marks = (at for at, wanted in marked(schema, KEYWORD) if wanted is True)
    given = (*marks, *map(place, pointers))
    declared = [_keys(at) for at in given if not _leads_through_a_map(schema, at)]
    names = (path for each in references for path in name_paths(schema, each))
    return tuple(dict.fromkeys(path for path in (*declared, *names) if path and all(map(_is_nameable, path))))


def name_paths(schema: Mapping[str, Any], reference: Reference) -> Iterator[Path]:
    """Where objects hold the names that a reference gives; nowhere when a map stands on the way."""
    if _leads_through_a_map(schema, reference.place):
        return
    at, kinds = _keys(reference.place), kinds_at(schema, reference.place)
    if "string" in kinds:
        yield at
    if "object" in kinds:
        yield (*at, *_keys(place(reference.name)))


def _leads_through_a_map(schema: Mapping[str, Any], at: Place) -> bool:
    return any(step is None and is_map(schema_at(schema, at[:length])) for length, step in enumerate(at))


def _keys(at: Place) -> Path:
    return tuple(step for step in at if step is not None)


def _is_nameable(key: str) -> bool:
    """Whether a path of MongoDB, and so an index, can hold the key."""
    return bool(key) and "." not in key

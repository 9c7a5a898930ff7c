"""Properties that a type no longer has and keeps all the same, deprecated, until its next version: for its clients."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.errors import InvalidManifest
from domain.event import Document
from domain.values import pointer_part, quoted

Schema = Mapping[str, Any]
Path = tuple[str | None, ...]
"""Keys down to the property; None stands for every element of a list."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A property with the schema that it had."""

    path: Path
    schema: Schema

    @property
    def pointer(self) -> str:
        """The path as a JSON Pointer, with `*` for every element."""
        return "".join(f"/{'*' if each is None else pointer_part(each)}" for each in self.path)

    def as_document(self) -> Document:
        return {"path": list(self.path), "schema": dict(self.schema)}

    @property
    def keys(self) -> tuple[str, ...]:
        """The path without the lists on the way."""
        return tuple(each for each in self.path if each is not None)


def from_document(document: Any) -> Kept:
    """The inverse of `Kept.as_document`. Raises InvalidManifest."""
    match document:
        case {"path": list(path), "schema": dict(schema)} if path and all(
            isinstance(each, str | None) for each in path
        ):
            return Kept(tuple(path), schema)
        case _:
            raise InvalidManifest("/spec/kept", f"{quoted(document)} is no property")


def removed(before: Schema, after: Schema, path: Path = ()) -> Iterator[Kept]:
    """The properties of `before` that are not in `after`, where their object still has properties of its own."""
    old, new = before.get("properties"), after.get("properties")
    if isinstance(old, Mapping) and isinstance(new, Mapping) and new:
        for key, schema in old.items():
            if key not in new:
                yield Kept((*path, key), schema if isinstance(schema, Mapping) else {})
            elif isinstance(schema, Mapping) and isinstance(new[key], Mapping):
                yield from removed(schema, new[key], (*path, key))
    elif isinstance(before.get("items"), Mapping) and isinstance(after.get("items"), Mapping):
        yield from removed(before["items"], after["items"], (*path, None))


def with_kept(schema: Schema, kept: Iterable[Kept]) -> Schema:
    """The schema with these properties, marked as deprecated."""
    for each in kept:
        schema = _with(schema, each.path, {**each.schema, "deprecated": True})
    return schema


def graft(target: Document, source: Any, path: Path) -> Document:
    """`target` with the value that `source` has at the path. Only what changes is copied."""
    grafted: Document = _graft(target, source, path)
    return grafted


def _with(schema: Schema, path: Path, property_: Schema) -> Schema:
    key, *rest = path
    if key is None:
        return {**schema, "items": _with(schema["items"], tuple(rest), property_)}
    properties = schema["properties"]
    inner = _with(properties[key], tuple(rest), property_) if rest else property_
    return {**schema, "properties": {**properties, key: inner}}


def _graft(target: Any, source: Any, path: Path) -> Any:
    key, *rest = path
    if key is None:
        alike = isinstance(target, list) and isinstance(source, list) and len(target) == len(source)
        return [_graft(*pair, tuple(rest)) for pair in zip(target, source, strict=True)] if alike else target
    if not isinstance(target, dict) or not isinstance(source, dict) or key not in source:
        return target
    if rest:
        return {**target, key: _graft(target[key], source[key], tuple(rest))} if key in target else target
    return target if key in target else {**target, key: source[key]}

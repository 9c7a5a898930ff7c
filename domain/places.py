"""Places in the objects of a type: what a schema says of them, and how a manifest names them."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from domain.errors import InvalidManifest
from domain.values import pointer_part

Place = tuple[str | None, ...]
"""Keys down from the object; None stands for every member of a list or map, `*` in a pointer."""

_MOST_SCHEMAS, _MOST_MARKS = 200_000, 1_000
_BRANCHES = ("allOf", "anyOf", "oneOf")


def place(pointer: str) -> Place:
    """The place of a JSON Pointer (RFC 6901). Raises ValueError."""
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"'{pointer}' is no JSON Pointer such as /spec/bundles/*/name")
    steps = pointer.split("/")[1:]
    return tuple(None if step == "*" else step.replace("~1", "/").replace("~0", "~") for step in steps)


def _checked(pointer: str) -> str:
    place(pointer)
    return pointer


Pointer = Annotated[str, AfterValidator(_checked)]


def marked(schema: Any, keyword: str) -> Iterator[tuple[Place, Any]]:
    """The places whose schema has the keyword, each with what it says. No `$ref` is followed into itself.

    Raises InvalidManifest when definitions refer to each other so much that the places cannot be written out.
    """
    if _holds(schema, keyword):
        yield from _Marks(schema, keyword).at(schema, (), frozenset())


class _Marks:
    def __init__(self, root: Any, keyword: str) -> None:
        self._root = root
        self._keyword = keyword
        self._looked = self._found = 0

    def at(self, schema: Any, place: Place, seen: frozenset[str]) -> Iterator[tuple[Place, Any]]:
        if not isinstance(schema, Mapping):
            return
        self._count(is_marked=self._keyword in schema)
        if self._keyword in schema:
            yield place, schema[self._keyword]
        for inner, step in _below(schema):
            yield from self.at(inner, (*place, *step), seen)
        referred = schema.get("$ref")
        if isinstance(referred, str) and referred.startswith("#/") and referred not in seen:
            yield from self.at(_resolved(self._root, referred), place, seen | {referred})

    def _count(self, *, is_marked: bool) -> None:
        self._looked, self._found = self._looked + 1, self._found + is_marked
        if self._looked > _MOST_SCHEMAS or self._found > _MOST_MARKS:
            problem = f"{self._keyword} stands at too many places, with what the schema refers to written out"
            raise InvalidManifest("/spec/versions", problem, hint="Mark it at fewer, or declare it beside the schema.")


def _holds(schema: Any, keyword: str) -> bool:
    """Whether the keyword stands anywhere in the document."""
    match schema:
        case dict():
            return keyword in schema or any(_holds(each, keyword) for each in schema.values())
        case list():
            return any(_holds(each, keyword) for each in schema)
        case _:
            return False


def _below(schema: Mapping[str, Any]) -> Iterator[tuple[Any, Place]]:
    properties = schema.get("properties")
    for key, inner in properties.items() if isinstance(properties, Mapping) else ():
        yield inner, (key,)
    for member in ("items", "additionalProperties"):
        if isinstance(schema.get(member), Mapping):
            yield schema[member], (None,)
    for branch in _BRANCHES:
        members = schema.get(branch)
        yield from ((inner, ()) for inner in (members if isinstance(members, list) else ()))


def _resolved(root: Any, reference: str) -> Any:
    found = root
    for key in reference.split("/")[1:]:
        key = key.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def pointer(at: Place) -> str:
    """The inverse of `place`."""
    return "".join(f"/{'*' if step is None else pointer_part(step)}" for step in at)


def values(document: Any, at: Place) -> Iterator[Any]:
    """What stands at a place of a document; several values where the place says every member."""
    if not at:
        yield document
        return
    step, *rest = at
    members: Any = ()
    if step is None:
        members = document.values() if isinstance(document, Mapping) else document if isinstance(document, list) else ()
    elif isinstance(document, Mapping) and step in document:
        members = (document[step],)
    for member in members:
        yield from values(member, tuple(rest))


def schema_at(schema: Any, at: Place) -> Any:
    """The schema of what stands at a place; None where the schema does not say."""
    found = schema
    for step in at:
        found = next((inner for inner, below in _steps(found, schema) if below == (step,)), None)
    return found


def _steps(schema: Any, root: Any, seen: frozenset[str] = frozenset()) -> Iterator[tuple[Any, Place]]:
    if not isinstance(schema, Mapping):
        return
    for inner, step in _below(schema):
        if step:
            yield inner, step
        else:
            yield from _steps(inner, root, seen)
    referred = schema.get("$ref")
    if isinstance(referred, str) and referred.startswith("#/") and referred not in seen:
        yield from _steps(_resolved(root, referred), root, seen | {referred})


def is_map(schema: Any) -> bool:
    """Whether its members stand under keys that no schema knows."""
    return isinstance(schema, Mapping) and isinstance(schema.get("additionalProperties"), Mapping)


def kinds_at(schema: Any, at: Place) -> frozenset[str]:
    """Which of text and object may stand at a place, alone or in a list: both where the schema does not say."""
    found = schema_at(schema, at)
    kind = found.get("type") if isinstance(found, Mapping) else None
    if kind == "array" and isinstance(found, Mapping):
        return kinds_at(found, (None,))
    return frozenset({kind}) if kind in ("string", "object") else frozenset({"string", "object"})


def is_list(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "array"

"""JSON Schema → shapes. docs/schema-mapping.md says what becomes what, and why."""

from collections.abc import Mapping
from typing import Any

from domain.errors import InvalidManifest
from graph.names import field_names
from graph.scalars import JSON, Long
from graph.schema_view import Schema, View, Viewer
from graph.shapes import ListOf, Object, Place, Property, Reference, Scalar, Shape

MOST_OBJECTS = 20_000
_LONGEST_LIST = 50  # options in a description

TEXT, TRUTH, NUMBER, INT, LONG, ANYTHING = map(Scalar, (str, bool, float, int, Long, JSON))


class ShapeReader:
    """Reads one document. Equal shapes come out as one object.

    A definition (`$ref`) is one shape wherever it is used, so that it may be recursive. Raises InvalidManifest for a
    document that is too large.
    """

    def __init__(self, document: Schema) -> None:
        self._viewer = Viewer(document)
        self._known: dict[Any, Shape] = {}
        self._definitions: dict[str, Shape] = {}
        self._opened: set[str] = set()
        self._inlined: frozenset[str] = frozenset()
        self._objects = 0

    def properties(self, schema: Schema, place: Place = ()) -> tuple[Property, ...]:
        """The properties of an object that may be any number of references and alternatives away."""
        return self._properties(self._viewer.view(schema), place)

    def shape(self, schema: Any, place: Place) -> Shape:
        referred = schema.get("x-dsel-ref") if isinstance(schema, Mapping) else None
        if isinstance(referred, str):
            written = self._plain(schema, place)
            return self._one(("reference", referred, id(written)), Reference(referred, written))
        return self._plain(schema, place)

    def _plain(self, schema: Any, place: Place) -> Shape:
        pointer = self._viewer.definition(schema)
        if pointer is not None:
            return self._definition(pointer)
        return self._viewed(self._viewer.view(schema), schema, place)

    def _definition(self, pointer: str) -> Shape:
        if pointer in self._definitions:
            return self._definitions[pointer]
        if pointer in self._opened:  # it refers to itself without an object in between
            return ANYTHING
        self._opened.add(pointer)
        schema = self._viewer.resolved(pointer)
        view, place = self._viewer.view(schema), _place(pointer)
        if self._viewer.definition(schema) is None and view.kind == "object" and view.properties:
            made = Object([place], is_open=view.is_open, description=description_of(schema))
            self._definitions[pointer] = made
            made.properties = self._properties(view, place)
        else:
            self._definitions[pointer] = self.shape(schema, place)
        return self._definitions[pointer]

    def _viewed(self, view: View, schema: Any, place: Place) -> Shape:
        match view.kind:
            case "object" if view.properties:
                return self._object(view, place, description_of(schema))
            case "array" if view.items is not None:
                item, nullable = self.shape(view.items, place), self._viewer.view(view.items).is_nullable
                return self._one(("list", id(item), nullable), ListOf(item, nullable))
            case "string":
                return TEXT
            case "boolean":
                return TRUTH
            case "number":
                return NUMBER
            case "integer":
                return INT if view.is_small else LONG
            case _:
                return ANYTHING

    def _object(self, view: View, place: Place, description: str) -> Shape:
        if view.inlined & self._inlined:  # a definition, with something added, inside itself
            return ANYTHING
        outside, self._inlined = self._inlined, self._inlined | view.inlined
        properties = self._properties(view, place)
        self._inlined = outside
        told = sorted((each.key, id(each.shape), *each[3:]) for each in properties)
        made = self._one((view.is_open, *told), Object([], properties, view.is_open, description))
        if isinstance(made, Object):
            made.places.append(place)
        return made

    def _properties(self, view: View, place: Place) -> tuple[Property, ...]:
        self._objects += 1
        if self._objects > MOST_OBJECTS:
            problem = f"its schema has more than {MOST_OBJECTS:,} objects, with what it refers to written out"
            raise InvalidManifest("/spec/versions", problem, hint="Leave out properties where any object will do.")
        names = field_names(view.properties)
        return tuple(
            self._property(key, names[key], schema, place, required=key in view.required)
            for key, schema in view.properties.items()
        )

    def _property(self, key: str, name: str, schema: Any, place: Place, *, required: bool) -> Property:
        view = self._viewer.view(schema)
        text = described(schema, view, f"The property `{key}`.")
        deprecated = isinstance(schema, Mapping) and schema.get("deprecated") is True
        return Property(key, name, self.shape(schema, (*place, key)), text, required, view.is_nullable, deprecated)

    def _one(self, identity: Any, made: Shape) -> Shape:
        """The one that was there first."""
        return self._known.setdefault(identity, made)


def described(schema: Any, view: View, fallback: str) -> str:
    """What the schema says of a value, and the options of an enum: they are no GraphQL enum."""
    text = description_of(schema) or fallback
    if not view.options or view.kind not in ("string", "integer", "number"):
        return text
    shown = [f"`{option}`" for option in view.options if option is not None]
    more = [f"and {len(shown) - _LONGEST_LIST} more"] if len(shown) > _LONGEST_LIST else []
    return f"{text} One of: {', '.join([*shown[:_LONGEST_LIST], *more])}."


def description_of(schema: Any) -> str:
    text = schema.get("description") if isinstance(schema, Mapping) else None
    return text.strip() if isinstance(text, str) else ""


def _place(pointer: str) -> Place:
    """What a definition is named after: its pointer without keywords; `Root` for the whole document."""
    parts = [part for part in pointer.split("/")[1:] if part not in ("$defs", "definitions", "properties", "items")]
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts) or ("Root",)

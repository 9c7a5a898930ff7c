"""Shapes → GraphQL types. docs/schema-mapping.md says what becomes what, and why."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.backlink import Home, Link
from domain.reference import Reference as Declared
from graph.definitions import DocumentField, fields_of, input_type, list_of, nullable, object_type
from graph.scalars import JSON
from graph.shapes import ListOf, Object, Property, Reference, Scalar, Shape

References = Mapping[str, Any] | Link
"""By key down to the reference that stands there; lists do not count as a level."""


class OutputTypes:
    """Output types of the objects with these names. Nothing in them is non-null: a history need not conform."""

    def __init__(
        self,
        names: Mapping[Object, str],
        entity_type: Callable[[str], Any] = lambda _: None,
        link: Callable[[str], Link] = lambda to: Link(Declared(path="", type=to), Home.BARE),
    ) -> None:
        """`entity_type` gives the GraphQL type of the entities of a domain type, None when there is no such type.

        `link` says what a reference to the type means.
        """
        self._link = link
        self._names = names
        self._entity_type = entity_type
        self._made: dict[Object, type] = {}
        self.levels: dict[type, int] = {}
        """How many keys lead to the home of each type."""
        self._referring = self._all_referring()
        self._references: dict[Object, dict[str, References]] = {}

    def type_of(self, shape: Shape) -> Any:
        match shape:
            case Scalar(type_):
                return type_
            case ListOf(item, _):
                return list_of(nullable(self.type_of(item)))
            case Reference(to, written):
                return self._entity_type(to) or self.type_of(written)
            case Object():
                return self._made.get(shape) or self._object(shape)

    def written(self, shape: Shape) -> Any:
        """The type of the value as it stands in the object, where references are names."""
        match shape:
            case ListOf(item, _):
                return list_of(nullable(self.written(item)))
            case Reference(_, written):
                return self.type_of(written)
            case _:
                return self.type_of(shape)

    def references(self, shape: Shape) -> References | None:
        """Which entities a value refers to."""
        match shape:
            case ListOf(item, _):
                return self.references(item)
            case Reference(to, written):
                return self._link(to) if self._entity_type(to) else self.references(written)
            case Object() if shape in self._referring:
                return self._below(shape)
            case _:
                return None

    def _object(self, shape: Object) -> type:
        name = self._names[shape]
        made = self._made[shape] = object_type(name, _what(shape))
        self.levels[made] = len(shape.home)
        fields_of(made).extend(map(self._field, shape.properties))
        return made

    def _field(self, each: Property) -> DocumentField:
        type_, written = nullable(self.type_of(each.shape)), nullable(self.written(each.shape))
        return DocumentField(
            each.key,
            type_,
            name=each.name,
            description=each.description,
            written_type=written,
            deprecation=deprecation(each),
        )

    def _below(self, shape: Object) -> References:
        if shape not in self._references:
            found = self._references[shape] = {}
            for each in shape.properties:
                if (below := self.references(each.shape)) is not None:
                    found[each.key] = below
        return self._references[shape]

    def _all_referring(self) -> set[Object]:
        """The objects that lead to a reference, however deep: they may be recursive."""
        found: set[Object] = set()
        grown = True
        while grown:
            more = {each for each in self._names if each not in found and self._refers(each, found)}
            found |= more
            grown = bool(more)
        return found

    def _refers(self, shape: Object, referring: set[Object]) -> bool:
        def leads(inner: Shape) -> bool:
            match inner:
                case ListOf(item, _):
                    return leads(item)
                case Reference(to, written):
                    return self._entity_type(to) is not None or leads(written)
                case _:
                    return inner in referring

        return any(leads(each.shape) for each in shape.properties)


class InputTypes:
    """Input types of the objects with these names. What a schema requires is non-null, unless null may stand there."""

    def __init__(self, names: Mapping[Object, str]) -> None:
        self._names = names
        self._made: dict[Object, type] = {}

    def field(self, each: Property) -> DocumentField:
        type_ = self.type_of(each.shape)
        needed = each.required and not each.nullable
        return DocumentField(
            each.key,
            type_ if needed else nullable(type_),
            name=each.name,
            description=each.description,
            deprecation=None if needed else deprecation(each),
        )

    def type_of(self, shape: Shape) -> Any:
        match shape:
            case Scalar(type_):
                return type_
            case ListOf(item, may_be_null):
                inner = self.type_of(item)
                return list_of(nullable(inner) if may_be_null else inner)
            case Reference(_, written):
                return self.type_of(written)
            case Object(is_open=True):  # an input must be able to say everything
                return JSON
            case Object():
                return self._made.get(shape) or self._object(shape)

    def _object(self, shape: Object) -> type:
        name = self._names[shape]
        made = self._made[shape] = input_type(f"{name}Input", _what(shape), [])
        fields_of(made).extend(map(self.field, shape.properties))
        return made


def deprecation(each: Property) -> str | None:
    """Why a property should no longer be used: its schema says no more than that."""
    return "It is going away: its schema calls it deprecated." if each.deprecated else None


def _what(shape: Object) -> str:
    if shape.description and len(shape.places) == 1:
        return shape.description
    return f"What stands at `{'.'.join(shape.home)}`{' and elsewhere' if len(shape.places) > 1 else ''}."

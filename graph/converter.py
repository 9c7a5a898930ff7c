"""Strawberry's types as graphql-core's."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLOutputType,
    Undefined,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from graph.definitions import DocumentField, TypedField

_ANSWERING = "answering"


class Converter(GraphQLCoreConverter):
    """Strawberry's converter, quick with the properties of documents: there are tens of thousands.

    It begins with the types of another one, which it shares.
    """

    def __init__(self, base: GraphQLCoreConverter) -> None:
        super().__init__(base.config, {}, base.config.scalar_map, base.get_fields)
        self._shared = base.type_map
        self.type_map = dict(base.type_map)

    def finish(self) -> dict[str, GraphQLNamedType]:
        """The types that are its own, complete with those that they lead to. Nothing can be converted after it."""
        found: dict[str, GraphQLNamedType] = {}
        while len(found) < len(self.type_map) - len(self._shared):
            for name in self.type_map.keys() - self._shared.keys() - found.keys():
                type_ = found[name] = cast(GraphQLNamedType, self.type_map[name].implementation)
                forget_null_defaults(getattr(type_, "fields", {}).values())
        self.type_map = {}  # resolvers keep the converter, and need no type
        return found

    def get_graphql_fields(self, type_definition: StrawberryObjectDefinition) -> dict[str, GraphQLField]:
        name_of = self.config.name_converter.from_field
        return {name_of(each): self.from_field(each) for each in type_definition.fields}

    def get_graphql_input_fields(self, type_definition: StrawberryObjectDefinition) -> dict[str, GraphQLInputField]:
        name_of = self.config.name_converter.from_field
        return {name_of(each): self.from_input_field(each) for each in type_definition.fields}

    def from_field(
        self, field: StrawberryField, *, type_definition: StrawberryObjectDefinition | None = None
    ) -> GraphQLField:
        if field.is_subscription or not isinstance(field, TypedField):
            return super().from_field(field, type_definition=type_definition)
        resolve, arguments = (field.shown, {}) if isinstance(field, DocumentField) else self._answering(field)
        return GraphQLField(
            cast(GraphQLOutputType, self.from_maybe_optional(field.known_type)),
            arguments,
            resolve,
            description=field.description,
            deprecation_reason=field.deprecation_reason,
            extensions={self.DEFINITION_BACKREF: field},
        )

    def _answering(self, field: TypedField) -> tuple[Callable[..., Any], dict[str, GraphQLArgument]]:
        """How the field is answered, which it has in common with all fields of the same resolver."""
        resolver = field.base_resolver
        known = getattr(resolver, _ANSWERING, None)
        if known is None:
            alike = TypedField(str, base_resolver=resolver)  # none that leads to the types of the field
            converted = super().from_field(alike)
            forget_null_defaults([converted])
            known = converted.resolve, converted.args
            setattr(resolver, _ANSWERING, known)
        return cast(tuple[Callable[..., Any], dict[str, GraphQLArgument]], known)

    def from_input_field(
        self, field: StrawberryField, *, type_definition: StrawberryObjectDefinition | None = None
    ) -> GraphQLInputField:
        if not isinstance(field, DocumentField):
            return super().from_input_field(field, type_definition=type_definition)
        return GraphQLInputField(
            cast(GraphQLInputType, self.from_maybe_optional(field.known_type)),
            description=field.description,
            deprecation_reason=field.deprecation_reason,
        )


def take_apart(fields: Iterable[GraphQLField]) -> None:
    """Frees what Strawberry and the converter have made of the resolvers of these fields. They answer no more."""
    for each in fields:
        definition = (each.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if isinstance(definition, TypedField) and definition.base_resolver is not None:
            vars(definition.base_resolver).clear()


def forget_null_defaults(fields: Iterable[GraphQLField | GraphQLInputField]) -> None:
    """Null says nothing as a default: without it the printed schema shows what matters."""
    for field in fields:
        for each in (field, *getattr(field, "args", {}).values()):
            if getattr(each, "default_value", Undefined) is None:
                each.default_value = Undefined

"""Strawberry types made from data: its decorators read classes, and a registry has none."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Optional, cast

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from graph.fitting import fit

READS = "reads"


class Reads(StrEnum):
    """What a field needs of the event behind it, so that nothing else is fetched."""

    STATE = "the whole state"
    META = "the meta of the state"
    BODY = "the envelope without the state"
    WHOLE = "the whole envelope"
    THROUGH = "whatever is selected below"


class DocumentField(StrawberryField):
    """A property of a JSON object, under its own key. `written_type` is that of its value as it is stored."""

    def __init__(
        self,
        key: str,
        type_: Any,
        *,
        name: str | None = None,
        description: str | None = None,
        written_type: Any = None,
        deprecation: str | None = None,
    ) -> None:
        super().__init__(
            python_name=key,
            graphql_name=name or key,
            type_annotation=StrawberryAnnotation(type_),
            description=description,
            deprecation_reason=deprecation,
        )
        self.written_type = written_type or type_
        self.shape = type_
        self.fit = fit(type_)

    @property
    def key(self) -> str:
        return self.name  # python_name takes an empty key for none

    def read(self, source: Any) -> Any:
        """The value as it stands in the object, whether it fits or not."""
        return source.get(self.name)

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:  # noqa: ARG002 - Strawberry's
        return self.fit(self.read(source))


def field(
    resolver: Callable[..., Any],
    type_: Any,
    description: str,
    *,
    name: str | None = None,
    reads: Reads | None = None,
    subscribes: bool = False,
) -> StrawberryField:
    """A field that a resolver answers, of whatever type the registry asks for; or that subscribes to its answers."""
    metadata = {READS: reads} if reads else {}
    made = cast(
        StrawberryField,
        strawberry.field(resolver=resolver, graphql_type=type_, description=description, name=name, metadata=metadata),
    )
    made.is_subscription = subscribes
    return made


def object_type(
    name: str,
    description: str,
    fields: Iterable[StrawberryField] = (),
    *,
    interfaces: Iterable[type] = (),
    resolve_type: Callable[..., str] | None = None,
) -> type:
    """A GraphQL object type, or with `resolve_type` an interface. Its fields may be added later: `fields_of(type)`."""
    return _define(
        name,
        description,
        list(fields),
        interfaces=[definition_of(each) for each in interfaces],
        is_interface=resolve_type is not None,
        # What a resolver returns for a field of this type is of this type: nothing to ask.
        is_type_of=None if resolve_type else always,
        resolve_type=resolve_type,
    )


def input_type(
    name: str, description: str, fields: Iterable[StrawberryField], read: Callable[[dict[str, Any]], Any] | None = None
) -> type:
    """A GraphQL input type whose value is the JSON object under its own keys, without what was left out.

    `read` makes something else of that object. Fields may be added later: `fields_of(type)`.
    """
    members = list(fields)

    def from_input(_: type, values: Mapping[str, Any], __: Any) -> Any:
        keys = {member.graphql_name or member.name: member for member in members}
        found = {keys[name].name: plain(value, keys[name]) for name, value in values.items()}
        return read(found) if read else found

    return _define(name, description, members, is_input=True, from_input=from_input)


def plain(value: Any, member: StrawberryField) -> Any:
    """An input value with the keys of the JSON object that it stands for, at every level."""
    if isinstance(value, list):
        return [plain(item, member) for item in value]
    if isinstance(value, dict):
        definition = _innermost(member.type)
        if definition is not None and definition.from_input is not None:
            return definition.from_input(definition.origin, value, cast(Any, None))
    return value


def nullable(type_: Any) -> Any:
    return Optional[type_]  # noqa: UP045 - the type is made at run time


def list_of(type_: Any) -> Any:
    return list[type_]


def definition_of(type_: type) -> StrawberryObjectDefinition:
    return cast(StrawberryObjectDefinition, type_.__strawberry_definition__)  # type: ignore[attr-defined]


def fields_of(type_: type) -> list[StrawberryField]:
    return definition_of(type_).fields


def _define(name: str, description: str, fields: list[StrawberryField], **options: Any) -> type:
    made = type(name, (), {})
    settings: dict[str, Any] = {
        "is_input": False,
        "is_interface": False,
        "interfaces": [],
        "is_type_of": None,
        "resolve_type": None,
        **options,
    }
    made.__strawberry_definition__ = StrawberryObjectDefinition(  # type: ignore[attr-defined]
        name=name, description=description, origin=made, extend=False, directives=(), fields=fields, **settings
    )
    return made


def _innermost(type_: Any) -> StrawberryObjectDefinition | None:
    while hasattr(type_, "of_type"):
        type_ = type_.of_type
    return getattr(type_, "__strawberry_definition__", None)


def always(*_: Any) -> bool:
    return True

"""Strawberry types made from data: its decorators read classes, and a registry has none."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Optional, cast, get_args, get_origin

from strawberry.types.base import StrawberryList, StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from graph.fitting import fit
from graph.scalars import JSON, Long
from repository.fields import Fields

READS = "reads"
_RESOLVER = "strawberry_resolver"


class Reads(StrEnum):
    """What a field needs of the event behind it, so that nothing else is fetched; otherwise the whole header."""

    NOTHING = "its place alone: which event it is, of which entity, when, and whether it carries or ends a state"
    LAST = "the last event of a summary"
    STATE = "the whole state"
    META = "the meta of the state"
    BODY = "the envelope without the state"
    WHOLE = "the whole envelope"
    THROUGH = "whatever is selected below"


class TypedField(StrawberryField):
    """A field whose type is known when it is made: Strawberry would evaluate it as an annotation, many times."""

    def __init__(self, type_: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self._known_type = resolved(type_)

    @property
    def known_type(self) -> Any:
        return self._known_type

    def resolve_type(self, *, type_definition: Any = None) -> Any:  # noqa: ARG002 - for generic types
        return self.known_type


class DocumentField(TypedField):
    """A property of a JSON object, under its own key. `written_type` is that of its value as it is stored."""

    # What Strawberry's constructor would give to each of them: there are tens of thousands.
    type_annotation = origin = _base_resolver = _arguments = None
    default = default_factory = default_value = MISSING
    metadata = MappingProxyType({})
    permission_classes = directives = extensions = cast(Any, ())
    is_subscription = False

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
        self.name = key
        self.graphql_name = name or key
        self.description = description
        self.deprecation_reason = deprecation
        self.written_type = written_type or type_
        self.shape = type_
        self.fit = fit(type_)

    @property
    def known_type(self) -> Any:
        return resolved(self.shape)

    @property
    def key(self) -> str:
        return self.name  # python_name takes an empty key for none

    @property
    def path(self) -> tuple[str, ...] | None:
        """The attributes that lead from the source to the object that has the property; None when that is not all."""
        return ()

    def read(self, source: Any) -> Any:
        """The value as it stands in the object, whether it fits or not."""
        return source.get(self.name)

    def shown(self, source: Any, _: Any = None) -> Any:
        """What the field shows of an object: see `fit`."""
        return self.fit(self.read(source))

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:  # noqa: ARG002 - Strawberry's
        return self.shown(source)


def field(
    resolver: Callable[..., Any],
    type_: Any,
    description: str,
    *,
    name: str | None = None,
    reads: Reads | Fields | None = None,
    subscribes: bool = False,
) -> StrawberryField:
    """A field that a resolver answers, of whatever type the registry asks for; or that subscribes to its answers."""
    metadata = {READS: reads} if reads else {}
    return TypedField(
        type_,
        base_resolver=_read(resolver),
        graphql_name=name,
        description=description,
        metadata=metadata,
        is_subscription=subscribes,
    )


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


def resolved(type_: Any) -> Any:
    """A type as Strawberry has it when it has evaluated an annotation."""
    if type_ in _RESOLVED:
        return _RESOLVED[type_]
    inner = get_args(type_)
    if get_origin(type_) is list:
        return StrawberryList(resolved(inner[0]))
    if inner:  # Optional
        return StrawberryOptional(resolved(inner[0]))
    definition = getattr(type_, "__strawberry_definition__", None)
    return definition if isinstance(definition, StrawberryEnumDefinition) else type_


def nullable(type_: Any) -> Any:
    return Optional[type_]  # noqa: UP045 - the type is made at run time


def list_of(type_: Any) -> Any:
    return list[type_]


def definition_of(type_: type) -> StrawberryObjectDefinition:
    return cast(StrawberryObjectDefinition, type_.__strawberry_definition__)  # type: ignore[attr-defined]


def fields_of(type_: type) -> list[StrawberryField]:
    return definition_of(type_).fields


def _common_types() -> dict[Any, Any]:
    """What stands for the types of most fields."""
    made: dict[Any, Any] = {}
    for scalar in (str, bool, int, float, Long, JSON):
        made[nullable(scalar)] = StrawberryOptional(scalar)
        made[nullable(list_of(nullable(scalar)))] = StrawberryOptional(StrawberryList(StrawberryOptional(scalar)))
    return made


_RESOLVED = _common_types()


def _read(function: Callable[..., Any]) -> StrawberryResolver[Any]:
    """The function as Strawberry reads it, which takes a while: once for all the types that it answers for."""
    known: StrawberryResolver[Any] | None = getattr(function, _RESOLVER, None)
    if known is None:
        known = StrawberryResolver(function)
        setattr(function, _RESOLVER, known)
    return known


def _define(name: str, description: str, fields: list[StrawberryField], **options: Any) -> type:
    made = type(name, (), {"__slots__": ()})
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

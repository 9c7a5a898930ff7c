"""JSON Schema → GraphQL. docs/schema-mapping.md says what becomes what, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from strawberry.types.field import StrawberryField

from graph.claimed_names import told_apart
from graph.definitions import DocumentField, input_type, list_of, nullable, object_type
from graph.names import field_name, type_name
from graph.scalars import JSON, Long

_INT32 = range(-(2**31), 2**31)
Schema = Mapping[str, Any]


@dataclass(slots=True)
class Shape:
    """What a schema looks like in GraphQL: the type of its value, and which entities it refers to, by key."""

    type: Any
    references: dict[str, Any] | str | None = None
    written: Any = None
    """Of a reference: the type of its value as it stands in the object."""


@dataclass(slots=True)
class OutputTypes:
    """Makes output types. Nothing in them is non-null: a history need not conform to the schema of today."""

    entity_type: Callable[[str], Any]
    """The GraphQL type of the entities of a domain type, None when there is no such type."""
    made: dict[str, type] = field(default_factory=dict)

    def shape(self, schema: Schema, name: str) -> Shape:
        referred = schema.get("x-dsel-ref")
        if isinstance(referred, str) and (entity := self.entity_type(referred)) is not None:
            return Shape(entity, referred, OutputTypes(_no_entity).shape(schema, name).type)
        match _kind(schema):
            case "object" if schema.get("properties"):
                return self._object(schema, name)
            case "array" if isinstance(schema.get("items"), Mapping):
                item = self.shape(schema["items"], name)
                written = list_of(nullable(item.written)) if item.written else None
                return Shape(list_of(nullable(item.type)), item.references, written)
            case kind:
                return Shape(_scalar(kind, schema))

    def _object(self, schema: Schema, name: str) -> Shape:
        fields, references = [], {}
        names = property_names(schema)
        for key, property_ in properties(schema).items():
            inner = self.shape(property_, type_name(name, key))
            fields.append(document_field(key, inner.type, property_, names[key], written=inner.written))
            if inner.references:
                references[key] = inner.references
        name = _unused(name, self.made)
        self.made[name] = object_type(name, described(schema, f"`{name}`, as its schema describes it."), fields)
        return Shape(self.made[name], references or None)


class InputTypes:
    """Makes input types. What a schema requires is non-null."""

    def __init__(self) -> None:
        self.made: dict[str, type] = {}

    def type(self, schema: Schema, name: str) -> Any:
        match _kind(schema):
            case "object" if schema.get("properties"):
                return self._object(schema, name)
            case "array" if isinstance(schema.get("items"), Mapping):
                return list_of(self.type(schema["items"], name))
            case kind:
                return _scalar(kind, schema)

    def _object(self, schema: Schema, name: str) -> Any:
        required = schema.get("required", ())
        names = property_names(schema)
        fields = [
            document_field(key, self.type(property_, type_name(name, key)), property_, names[key], key in required)
            for key, property_ in properties(schema).items()
        ]
        name = _unused(f"{name}Input", self.made)
        self.made[name] = input_type(name, described(schema, f"`{name}`, as its schema describes it."), fields)
        return self.made[name]


def _unused(name: str, made: Mapping[str, type]) -> str:
    """Two paths may spell one name, as `a.bC` and `aB.c` do."""
    while name in made:
        name += "_"
    return name


def properties(schema: Schema) -> dict[str, Schema]:
    """The properties with their schemas; one that says only whether there may be a value says nothing of its type."""
    found = schema.get("properties", {})
    return {key: each if isinstance(each, Mapping) else {} for key, each in found.items()}


def property_names(schema: Schema) -> dict[str, str]:
    """The GraphQL name of each property."""
    return told_apart({key: field_name(key) for key in properties(schema)})


def document_field(
    key: str, type_: Any, schema: Schema, name: str, required: bool = False, written: Any = None
) -> StrawberryField:
    return DocumentField(
        key,
        type_ if required else nullable(type_),
        name=name,
        description=described(schema, f"The property `{key}`."),
        written_type=written,
        deprecation=None if required else deprecation(schema),
    )


def _no_entity(_: str) -> None:
    return None


def _kind(schema: Schema) -> str:
    """The one JSON type that the schema allows; `json` when there is none or more than one."""
    if schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields"):
        return "json"
    declared = schema.get("type")
    if isinstance(declared, list):
        declared = [each for each in declared if each != "null"]
        return declared[0] if len(declared) == 1 else "json"
    return declared if isinstance(declared, str) else "json"


def _scalar(kind: str, schema: Schema) -> Any:
    match kind:
        case "string":
            return str
        case "boolean":
            return bool
        case "number":
            return float
        case "integer":
            return int if _fits_int(schema) else Long
        case _:
            return JSON


def _fits_int(schema: Schema) -> bool:
    if schema.get("format") == "int32":
        return True
    bounds = (schema.get("minimum"), schema.get("maximum"))
    return all(isinstance(bound, int) and bound in _INT32 for bound in bounds)


def deprecation(schema: Schema) -> str | None:
    """Why a property should no longer be used: its schema says no more than that."""
    return "It is going away: its schema calls it deprecated." if schema.get("deprecated") is True else None


def described(schema: Schema, fallback: str) -> str:
    text = str(schema.get("description") or fallback)
    options = schema.get("enum")
    if isinstance(options, list) and schema.get("type") == "string":
        return f"{text} One of: {', '.join(f'`{option}`' for option in options)}."
    return text

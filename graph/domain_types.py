"""The GraphQL types of one domain type: its entity, state, events, pages and input, all from its manifest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from strawberry.types.field import StrawberryField

from domain.backlink import link
from domain.domain_type import Called, DomainType
from domain.reference import Reference
from graph.common_types import CommonTypes, DocumentState
from graph.definitions import DocumentField, fields_of, input_type, nullable, object_type
from graph.list_inputs import ListInputs
from graph.names import field_names
from graph.object_names import kept_homes, object_names
from graph.scalars import JSON
from graph.shape_reader import ShapeReader
from graph.shapes import Object, Property
from graph.types_from_schema import InputTypes, OutputTypes, deprecation

_OWN = frozenset({"apiVersion", "kind", "meta", "metadata"})
_OWN_TYPES = frozenset("State Event Connection Edge EventConnection EventEdge Result Written Where OrderBy".split())


@dataclass(slots=True)
class DomainTypes:
    """The types of one domain type. Made empty, so that types can refer to each other, and filled afterwards."""

    domain_type: DomainType
    entity: type
    state: type
    event: type
    pages: type
    input: type | None = None
    lists: ListInputs = field(init=False)

    @property
    def name(self) -> str:
        return self.domain_type.graphql_name

    @property
    def called(self) -> Called:
        assert self.domain_type.called is not None  # a registry is named before its schema is made
        return self.domain_type.called


def declare(domain_type: DomainType, common: CommonTypes) -> DomainTypes:
    name = domain_type.graphql_name
    what = domain_type.description or f"An object of type {name}."
    entity = object_type(name, what, interfaces=[common.node, common.entity])
    return DomainTypes(
        domain_type,
        entity=entity,
        state=object_type(f"{name}State", f"The state of an object of type {name}.", interfaces=[common.state]),
        event=object_type(
            f"{name}Event", f"An event about an object of type {name}.", interfaces=[common.node, common.event]
        ),
        pages=common.entity_pages(name, entity, f"objects of type {name}"),
    )


def fill(types: DomainTypes, common: CommonTypes, declared: Mapping[str, DomainTypes], meta: type) -> None:
    """Gives the types their fields, which may refer to any declared type."""
    name, of = types.name, f"objects of type {types.name}"
    events = common.event_pages(name, types.event, of)
    fields_of(types.entity).extend(common.entity_fields(types.state, events, types.event))
    fields_of(types.event).extend(common.event_fields(types.entity, types.state, types.event))
    own = common.state_fields(types.event)
    reserved = frozenset(each.graphql_name or each.name for each in own)
    properties = _properties(types.domain_type.shown_schema, reserved)
    names = _object_names(types.domain_type, properties)
    outputs = OutputTypes(
        names,
        lambda other: declared[other].entity if other in declared else None,
        lambda other: link(Reference(path="", type=other), types.domain_type, declared[other].domain_type),
    )
    own += [_state_field(each, outputs, types.domain_type) for each in properties]
    fields_of(types.state).extend(own)
    types.lists = common.lists.of(name, own, outputs.levels)
    written = _properties(types.domain_type.newest.json_schema, reserved) if types.domain_type.kept else properties
    types.input = _input(types.domain_type, written, InputTypes(_object_names(types.domain_type, written)), meta)


def following(domain_type: DomainType, before: DomainType) -> DomainType:
    """The same, whose objects are called as those of the type before it are, as far as they can."""
    if domain_type.called is None or before.called is None or domain_type.called.type != before.called.type:
        return domain_type
    old, new = _properties(before.shown_schema), _properties(domain_type.shown_schema)
    named, shapes = _object_names(before, old), [each.shape for each in new]
    homes = kept_homes(domain_type.graphql_name, shapes, _reserved(domain_type), named)
    return domain_type.known_as(called=domain_type.called.model_copy(update={"homes": homes}))


def _object_names(domain_type: DomainType, properties: Iterable[Property]) -> dict[Object, str]:
    homes = domain_type.called.homes if domain_type.called else {}
    shapes = [each.shape for each in properties]
    return object_names(domain_type.graphql_name, shapes, _reserved(domain_type), homes)


def _reserved(domain_type: DomainType) -> frozenset[str]:
    return _OWN_TYPES | frozenset(domain_type.called.avoids if domain_type.called else ())


def _properties(schema: Mapping[str, Any], reserved: frozenset[str] = frozenset()) -> list[Property]:
    """The properties of the whole object that are not the same in every type. `reserved` are names of other fields."""
    found = [each for each in ShapeReader(schema).properties(schema) if each.key not in _OWN]
    names = field_names((each.key for each in found), reserved)
    return [each._replace(name=names[each.key]) for each in found]


def _state_field(each: Property, outputs: OutputTypes, domain_type: DomainType) -> StrawberryField:
    return DocumentState(
        each.key,
        outputs.type_of(each.shape),
        each.description,
        name=each.name,
        references=outputs.references(each.shape),
        written_type=outputs.written(each.shape),
        deprecation=deprecation(each),
        keeping=domain_type if domain_type.keeps(each.key) else None,
    )


def object_meta_input() -> type:
    return input_type(
        "ObjectMetaInput",
        "What an object says about itself.",
        [
            DocumentField("name", str, description="The name of the object."),
            DocumentField("namespace", nullable(str), description="The Kubernetes namespace."),
            DocumentField("appId", nullable(str), description="The app (tenant) that it belongs to."),
            DocumentField("labels", nullable(JSON), description="Labels by name."),
            DocumentField("annotations", nullable(JSON), description="Annotations by name."),
        ],
    )


def _input(domain_type: DomainType, properties: Iterable[Property], inputs: InputTypes, meta: type) -> type:
    name = domain_type.graphql_name
    fields: list[StrawberryField] = [
        DocumentField("apiVersion", nullable(str), description=f"`{domain_type.newest.name}` when it is left out."),
        DocumentField("kind", nullable(str), description=f"`{domain_type.kind}` when it is left out."),
        DocumentField(
            "metadata" if domain_type.scope else "meta", meta, name="meta", description="Name, app and labels."
        ),
        *map(inputs.field, properties),
    ]
    return input_type(f"{name}Input", f"A complete object of type {name}.", fields)

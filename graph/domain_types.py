"""The GraphQL types of one domain type: its entity, state, events, pages and input, all from its manifest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from strawberry.types.field import StrawberryField

from domain.domain_type import DomainType
from graph.common_types import CommonTypes, DocumentState
from graph.definitions import DocumentField, fields_of, input_type, nullable, object_type
from graph.list_inputs import ListInputs
from graph.names import field_name, type_name
from graph.scalars import JSON
from graph.types_from_schema import InputTypes, OutputTypes, deprecation, described, document_field, properties

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
        return self.domain_type.name


def declare(domain_type: DomainType, common: CommonTypes) -> DomainTypes:
    name, what = domain_type.name, domain_type.description or f"An object of type {domain_type.name}."
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


def fill(types: DomainTypes, common: CommonTypes, declared: Mapping[str, DomainTypes], meta: type) -> set[str]:
    """Gives the types their fields, which may refer to any declared type. Returns the names of the types below."""
    name, schema = types.name, types.domain_type.shown_schema
    events = common.event_pages(name, types.event, f"objects of type {name}")
    fields_of(types.entity).extend(common.entity_fields(types.state, events, types.event))
    fields_of(types.event).extend(common.event_fields(types.entity, types.state, types.event))
    own = common.state_fields(types.event)
    reserved = frozenset(each.graphql_name or each.name for each in own)
    outputs = OutputTypes(lambda other: declared[other].entity if other in declared else None)
    for key, property_ in properties(schema).items():
        if key in _OWN:
            continue
        shape = outputs.shape(property_, type_name(name, key, _OWN_TYPES))
        text = described(property_, f"The property `{key}`.")
        own.append(
            DocumentState(
                key,
                shape.type,
                text,
                name=field_name(key, reserved),
                references=shape.references,
                written_type=shape.written,
                deprecation=deprecation(property_),
            )
        )
    fields_of(types.state).extend(own)
    types.lists = common.lists.of(name, own)
    inputs = InputTypes()
    types.input = _input(types.domain_type, types.domain_type.newest.json_schema, inputs, meta)
    return {*outputs.made, *inputs.made, *types.lists.names}


def object_meta_input() -> type:
    return input_type(
        "ObjectMetaInput",
        "What an object says about itself.",
        [
            DocumentField("name", str, description="The name of the object."),
            DocumentField("appId", str, description="The app (tenant) that it belongs to."),
            DocumentField("labels", nullable(JSON), description="Labels by name."),
            DocumentField("annotations", nullable(JSON), description="Annotations by name."),
        ],
    )


def _input(domain_type: DomainType, schema: Mapping[str, Any], inputs: InputTypes, meta: type) -> type:
    name, required = domain_type.name, schema.get("required", ())
    fields: list[StrawberryField] = [
        DocumentField("apiVersion", nullable(str), description=f"`{domain_type.newest.name}` when it is left out."),
        DocumentField("kind", nullable(str), description=f"`{name}` when it is left out."),
        DocumentField("meta", meta, description="Name, app and labels."),
    ]
    fields += [
        document_field(
            key, inputs.type(property_, type_name(name, key, _OWN_TYPES)), property_, field_name(key), key in required
        )
        for key, property_ in properties(schema).items()
        if key not in _OWN
    ]
    return input_type(f"{name}Input", f"A complete object of type {name}.", fields)

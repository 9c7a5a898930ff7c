"""Domain types as they were declared: what `domainTypes` shows."""

from collections.abc import Iterable
from typing import Annotated, Any

import strawberry
from strawberry import argument
from strawberry.types.field import StrawberryField

from domain import kinds
from domain.declaration import Origin
from graph.arguments import TypeNamed, enum
from graph.common_types import CommonTypes
from graph.definitions import Reads, field, list_of, nullable, object_type
from graph.field_map import DomainTypeField, field_map
from graph.resolving import Asked, attribute
from graph.scalars import JSON
from resolvers.views import DomainTypeView, now

GraphQLOrigin = enum(
    Origin,
    "Where a domain type comes from.",
    BUILT_IN="It ships with the service.",
    MANIFEST="A manifest was applied.",
    CRD="A CustomResourceDefinition was applied.",
)
IncludeUnserved = Annotated[
    bool, argument(name="includeUnserved", description="Also types that are retired or cannot be served.")
]

Below = Annotated[
    str,
    argument(description="Only properties at or below this path, such as `/spec/bundles`; all when it is left out."),
]


@strawberry.type(description="Something that is done to an entity.")
class Action:
    name: str = strawberry.field(description="The name, such as `apply`.")
    intent: str = strawberry.field(description="The kind of the event that asks for it.")
    outcome: str = strawberry.field(description="The kind of the event that says it happened.")
    deletes: bool = strawberry.field(description="Whether the entity ends with it.")


@strawberry.type(description="One version of a domain type.")
class Version:
    name: str = strawberry.field(description="The apiVersion of its objects.")
    schema: JSON = strawberry.field(description="The JSON Schema of its objects.")


class DeclaredTypes:
    """The GraphQL type `DomainType` of one schema, and the fields that lead to it."""

    def __init__(self, common: CommonTypes) -> None:
        self.type = object_type(
            "DomainType",
            "A kind of object that the platform manages.",
            [
                field(attribute("declaration", "name"), str, "Its name.", name="name"),
                field(_group, str, "The group of its apiVersions.", name="group"),
                field(_description, str, "What it is.", name="description"),
                field(
                    _short_names,
                    list_of(str),
                    "What else people call it; of a CustomResourceDefinition whatever kubectl takes.",
                    name="shortNames",
                ),
                field(_field, str, "The root field of one object.", name="field"),
                field(_list_field, str, "The root field of the list.", name="listField"),
                field(_graphql_name, str, "The GraphQL type of its entities; others begin so.", name="graphqlName"),
                field(
                    _fields,
                    nullable(list_of(DomainTypeField)),
                    "What the properties of its objects are called in GraphQL. Null where the request's schema has no"
                    " such type, as right after it was applied.",
                    name="fields",
                ),
                field(_actions, list_of(Action), "What can be done to it.", name="actions"),
                field(_versions, list_of(Version), "Its versions, the newest last.", name="versions"),
                field(attribute("declaration", "origin"), GraphQLOrigin, "Where it comes from.", name="origin"),
                field(attribute("declaration", "manifest"), JSON, "What was applied, as it came.", name="manifest"),
                field(
                    attribute("declaration", "retired"),
                    bool,
                    "Whether it was taken out of the schema; its objects are still there by the generic fields.",
                    name="retired",
                ),
                field(
                    attribute("declaration", "fault"),
                    nullable(str),
                    "Why it cannot be served, although it was applied.",
                    name="fault",
                ),
                field(
                    attribute("event"),
                    nullable(common.event),
                    "The event that applied or retired it last; null of a built-in type that nobody has changed.",
                    name="event",
                    reads=Reads.THROUGH,
                ),
                field(
                    attribute("entity"),
                    nullable(common.entity),
                    "It as an entity of the log, with its history; null of a built-in type that nobody has changed.",
                    name="entity",
                ),
            ],
        )

    def root_fields(self) -> Iterable[StrawberryField]:
        yield field(_domain_types, list_of(self.type), "The domain types, by name.", name="domainTypes")
        text = "One domain type, also one that is retired or cannot be served."
        yield field(_domain_type, nullable(self.type), text, name="domainType")


def _domain_types(info: Asked, include_unserved: IncludeUnserved = False) -> Any:
    declarations = info.context.registry.declarations
    found = [declarations[name] for name in sorted(declarations)]
    return [DomainTypeView(each, now(info.context.instant)) for each in found if each.served or include_unserved]


def _domain_type(info: Asked, name: TypeNamed) -> Any:
    found = info.context.registry.declarations.get(name)
    return DomainTypeView(found, now(info.context.instant)) if found else None


def _group(root: DomainTypeView) -> str:
    return root.domain_type.group if root.domain_type else ""


def _description(root: DomainTypeView) -> str:
    return root.domain_type.description if root.domain_type else ""


def _short_names(root: DomainTypeView) -> Any:
    return list(root.domain_type.short_names) if root.domain_type else []


def _field(root: DomainTypeView) -> str:
    called = root.domain_type.called if root.domain_type else None
    return called.field if called else kinds.lower_camel(root.declaration.name)


def _list_field(root: DomainTypeView) -> str:
    called = root.domain_type.called if root.domain_type else None
    return called.list_field if called else kinds.plural(_field(root))


def _graphql_name(root: DomainTypeView) -> str:
    return root.domain_type.graphql_name if root.domain_type else root.declaration.name


def _fields(root: DomainTypeView, info: Asked, below: Below = "") -> Any:
    served = root.declaration.served
    found = field_map(info._raw_info.schema, served, below) if served else None
    return None if found is None else list(found)


def _actions(root: DomainTypeView) -> Any:
    return [Action(**dict(each)) for each in root.domain_type.actions] if root.domain_type else []


def _versions(root: DomainTypeView) -> Any:
    versions = root.domain_type.versions if root.domain_type else ()
    return [Version(name=each.name, schema=JSON(each.json_schema)) for each in versions]

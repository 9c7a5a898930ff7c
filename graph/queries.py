"""The root fields that read. `at` offers the same ones at another moment."""

from collections.abc import Callable, Iterable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from domain import entity as entities
from domain import labels
from graph import moments, node_ids
from graph.arguments import (
    After,
    AppId,
    AsOf,
    First,
    GlobalId,
    InApp,
    KnownAt,
    LabelSelector,
    Name,
    Time,
    TypeName,
    TypeNamed,
    Where,
    event_filter,
)
from graph.common_types import CommonTypes
from graph.definitions import Reads, field, list_of, nullable, object_type
from graph.domain_types import DomainTypes
from graph.resolving import Asked, attribute
from graph.scalars import JSON
from graph.selection import needed
from repository.event_log import EntityFilter, Moment
from resolvers import lists, temporal
from resolvers.views import DomainTypeView, RootView, now


def query_type(common: CommonTypes, types: Iterable[DomainTypes]) -> type:
    """Query, with everything at the request's instant and `at` for any other moment."""
    fields = root_fields(common, list(types))
    snapshot = object_type("Snapshot", "Everything at one moment of the past.", fields)
    at = field(_at, snapshot, "The same root fields at another moment: a whole graph of the past.", name="at")
    return object_type("Query", "Everything at the instant of the request.", [*root_fields(common, list(types)), at])


def root_fields(common: CommonTypes, types: list[DomainTypes]) -> list[StrawberryField]:
    return [*_typed(types), *_generic(common), *_registered()]


def _typed(types: list[DomainTypes]) -> Iterable[StrawberryField]:
    for each in types:
        type_ = each.domain_type
        yield field(
            _single(type_.name),
            nullable(each.entity),
            f"One {type_.name}; null if there never was one.",
            name=type_.state_key,
        )
        yield field(
            _list(type_.name), each.pages, f"The objects of type {type_.name}, by app and name.", name=type_.plural_key
        )


def _generic(common: CommonTypes) -> Iterable[StrawberryField]:
    yield field(_entity, nullable(common.entity), "One entity of any type, registered or not.", name="entity")
    text = "The entities of a type, registered or not, by app and name."
    yield field(_entities, common.entities, text, name="entities")
    yield field(_event, nullable(common.event), "One event by its id.", name="event", reads=Reads.THROUGH)
    yield field(_events, common.log, "The whole log, from new to old.", name="events")
    yield field(_node, nullable(common.node), "Anything by its global id.", name="node")


def _registered() -> Iterable[StrawberryField]:
    type_ = object_type(
        "DomainType",
        "A kind of object that the platform manages.",
        [
            field(attribute("domain_type", "name"), str, "Its name.", name="name"),
            field(attribute("domain_type", "group"), str, "The group of its apiVersions.", name="group"),
            field(attribute("domain_type", "description"), str, "What it is.", name="description"),
            field(attribute("domain_type", "state_key"), str, "The root field of one object.", name="field"),
            field(attribute("domain_type", "plural_key"), str, "The root field of the list.", name="listField"),
            field(_actions, list_of(Action), "What can be done to it.", name="actions"),
            field(_versions, list_of(Version), "Its versions, the newest last.", name="versions"),
        ],
    )
    yield field(_domain_types, list_of(type_), "The registered domain types.", name="domainTypes")
    yield field(_domain_type, nullable(type_), "One registered domain type.", name="domainType")


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


def _single(type_: str) -> Callable[..., Any]:
    async def single(root: RootView, info: Asked, name: Name, app_id: AppId) -> Any:
        entity = entities.entity(type_, app_id, name)
        return await lists.single(info.context, entity, _moment(root, info), needed(info))

    return single


def _list(type_: str) -> Callable[..., Any]:
    async def listed(
        root: RootView,
        info: Asked,
        app_id: InApp = None,
        label_selector: LabelSelector = None,
        first: First = 20,
        after: After = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Any:
        where = EntityFilter(type_, app_id, labels.parse(label_selector or ""))
        moment = moments.moment(info.context, _moment(root, info), as_of, known_at)
        return await lists.entities(info.context, where, first, after, moment, needed(info))

    return listed


async def _entity(root: RootView, info: Asked, type_: TypeName, app_id: AppId, name: Name) -> Any:
    return await lists.single(info.context, entities.entity(type_, app_id, name), _moment(root, info), needed(info))


async def _entities(
    root: RootView,
    info: Asked,
    type_: TypeName,
    app_id: InApp = None,
    label_selector: LabelSelector = None,
    first: First = 20,
    after: After = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Any:
    return await _list(type_)(root, info, app_id, label_selector, first, after, as_of, known_at)


async def _event(root: RootView, info: Asked, id: GlobalId) -> Any:  # noqa: A002 - the argument's name
    return await info.context.load(temporal.events_by_id, str(id), _moment(root, info), needed(info))


async def _events(root: RootView, info: Asked, first: First = 20, after: After = None, where: Where = None) -> Any:
    return await lists.events(info.context, event_filter(where), first, after, _moment(root, info), needed(info))


async def _node(root: RootView, info: Asked, id: GlobalId) -> Any:  # noqa: A002 - the argument's name
    moment, fields = _moment(root, info), needed(info)
    entity = node_ids.entity_of(str(id))
    if entity is None:
        return await info.context.load(temporal.events_by_id, str(id), moment, fields)
    return await lists.single(info.context, entity, moment, fields)


def _at(root: RootView, info: Asked, time: Time, known_at: KnownAt = None) -> Any:
    return RootView(moments.moment(info.context, _moment(root, info), time, known_at))


def _domain_types(info: Asked) -> Any:
    return [DomainTypeView(each) for each in sorted(info.context.registry, key=lambda each: each.name)]


def _domain_type(info: Asked, name: TypeNamed) -> Any:
    found = info.context.registry.get(name)
    return DomainTypeView(found) if found else None


def _actions(root: DomainTypeView) -> Any:
    return [Action(**dict(each)) for each in root.domain_type.actions]


def _versions(root: DomainTypeView) -> Any:
    return [Version(name=each.name, schema=JSON(each.json_schema)) for each in root.domain_type.versions]


def _moment(root: RootView | None, info: Asked) -> Moment:
    return root.moment if root is not None else now(info.context.instant)

"""The root fields that read. `at` offers the same ones at another moment."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from strawberry.types.field import StrawberryField

from domain import entity as entities
from domain import labels
from graph import moments, node_ids, subject_types, where_values
from graph.arguments import (
    ORDER_BY,
    WHERE,
    After,
    AppId,
    AsOf,
    First,
    GlobalId,
    InApp,
    KnownAt,
    LabelSelector,
    Name,
    OrderBy,
    Time,
    TypeName,
    Where,
    event_filter,
)
from graph.changed_sets import changes_field
from graph.common_types import CommonTypes
from graph.declared_types import DeclaredTypes
from graph.definitions import Reads, field, fields_of, list_of, nullable, object_type
from graph.domain_types import DomainTypes
from graph.list_inputs import ListInputs
from graph.resolving import Asked
from graph.selection import needed, needed_alone
from repository.event_log import EntityFilter, Order
from resolvers import lists, searches, temporal
from resolvers.views import RootView


def query_type(common: CommonTypes, declared: DeclaredTypes) -> type:
    """Query, with everything at the request's instant and `at` for any other moment; see `typed` for the rest of it."""
    snapshot = object_type("Snapshot", "Everything at one moment of the past.")
    at = field(_at, snapshot, "The same root fields at another moment: a whole graph of the past.", name="at")
    fields = [*_generic(common), *subject_types.root_fields(common), *declared.root_fields(), at]
    fields_of(snapshot).extend(fields)
    return object_type("Query", "Everything at the instant of the request.", fields)


def typed(types: Iterable[DomainTypes]) -> Iterable[StrawberryField]:
    """The fields of domain types, in Query and in what `at` shows."""
    for each in types:
        type_ = each.domain_type
        yield field(
            _single(type_.name),
            nullable(each.entity),
            f"One {each.name}; null if there never was one.",
            name=each.called.field,
        )
        yield field(
            _list(type_.name, each.lists),
            each.pages,
            f"The objects of type {each.name}, by app and name.",
            name=each.called.list_field,
        )


def _generic(common: CommonTypes) -> Iterable[StrawberryField]:
    yield field(
        _entity,
        nullable(common.entity),
        "One entity of any type, registered or not; null if there never was one.",
        name="entity",
    )
    text = "The entities of a type, registered or not, by app and name."
    yield field(_entities(common.listed), common.entities, text, name="entities")
    yield field(
        _event, nullable(common.event), "One event by its id; null if there is none.", name="event", reads=Reads.THROUGH
    )
    yield field(_events, common.log, "The whole log, from new to old or in another order.", name="events")
    yield changes_field(common)
    yield field(_node, nullable(common.node), "Anything by its global id; null if there is none.", name="node")


def _single(type_: str) -> Callable[..., Any]:
    async def single(root: RootView, info: Asked, name: Name, app_id: AppId) -> Any:
        entity = entities.entity(type_, app_id, name)
        return await lists.single(info.context, entity, moments.at_root(info.context, root), needed_alone(info))

    return single


def _list(type_: str, inputs: ListInputs) -> Callable[..., Any]:
    where_: Any = nullable(inputs.where)
    order_: Any = nullable(list_of(inputs.order))

    async def listed(
        root: RootView,
        info: Asked,
        app_id: InApp = None,
        label_selector: LabelSelector = None,
        where: Annotated[where_, WHERE] = None,
        order_by: Annotated[order_, ORDER_BY] = None,
        first: First = 20,
        after: After = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Any:
        condition = where_values.condition(where)
        asked = EntityFilter(type_, app_id, labels.parse(label_selector or ""), condition)
        moment = moments.moment(info.context, moments.at_root(info.context, root), as_of, known_at)
        order = where_values.orders(order_by)
        return await lists.entities(info.context, asked, order, first, after, moment, needed_alone(info))

    return listed


def _entities(inputs: ListInputs) -> Callable[..., Any]:
    where_: Any = nullable(inputs.where)
    order_: Any = nullable(list_of(inputs.order))

    async def entities_of(
        root: RootView,
        info: Asked,
        type_: TypeName,
        app_id: InApp = None,
        label_selector: LabelSelector = None,
        where: Annotated[where_, WHERE] = None,
        order_by: Annotated[order_, ORDER_BY] = None,
        first: First = 20,
        after: After = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Any:
        listed = _list(type_, inputs)
        return await listed(root, info, app_id, label_selector, where, order_by, first, after, as_of, known_at)

    return entities_of


async def _entity(root: RootView, info: Asked, type_: TypeName, app_id: AppId, name: Name) -> Any:
    return await _single(type_)(root, info, name, app_id)


async def _event(root: RootView, info: Asked, id: GlobalId) -> Any:  # noqa: A002 - the argument's name
    return await info.context.load(
        temporal.events_by_id, str(id), moments.at_root(info.context, root), needed_alone(info)
    )


async def _events(
    root: RootView,
    info: Asked,
    first: First = 20,
    after: After = None,
    where: Where = None,
    order: OrderBy = Order.NEWEST,
) -> Any:
    moment = moments.at_root(info.context, root)
    return await searches.events(info.context, event_filter(where), order, first, after, moment, needed(info))


async def _node(root: RootView, info: Asked, id: GlobalId) -> Any:  # noqa: A002 - the argument's name
    moment, fields = moments.at_root(info.context, root), needed(info)
    entity = node_ids.entity_of(str(id))
    if entity is None:
        return await info.context.load(temporal.events_by_id, str(id), moment, fields)
    return await lists.single(info.context, entity, moment, fields)


def _at(root: RootView, info: Asked, time: Time, known_at: KnownAt = None) -> Any:
    return RootView(moments.moment(info.context, moments.at_root(info.context, root), time, known_at))

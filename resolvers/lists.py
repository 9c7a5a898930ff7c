"""Lists: the entities of a type, and the events of an entity."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from domain.entity import Entity
from domain.errors import InvalidCursor
from domain.ordering import Ordering, Position
from repository.event_log import EntityFilter, EntityPage, EventFilter, Moment, Order, TimelinePage
from repository.fields import NOTHING, Fields
from resolvers import pages, positions, temporal
from resolvers.context import Context
from resolvers.views import EntityView, EventView, PageView, Search


async def entities(
    context: Context,
    where: EntityFilter,
    order: tuple[Ordering, ...],
    first: int,
    after: str | None,
    moment: Moment,
    fields: Fields,
) -> PageView:
    """The entities that have a state at the moment, by app and name unless another order is given."""
    query = pages.scope("entities", where, order)
    place = pages.position(after, query, str, *(positions.place for _ in order))
    page = EntityPage(where, pages.checked_size(first) + 1, Position(place[0], place[1:]) if place else None, order)
    if context.is_now(moment):
        views = await _living(context, page, moment, fields)
    else:
        views = await _as_of(context, page, moment, fields)
    return pages.page(views, first, after, lambda view: pages.cursor(query, *positions.parts(view, order)), where.type)


async def timelines(
    context: Context,
    views: Sequence[EntityView],
    where: EventFilter,
    order: Order,
    first: int,
    after: str | None,
    fields: Fields,
) -> list[PageView | InvalidCursor]:
    """A page of the events of each entity. A cursor is that of one entity, and wrong for the others."""
    page, query = TimelinePage(pages.checked_size(first) + 1, None, where, order), pages.scope(where, order.name)
    starts = [_start(view, query, after) for view in views]
    asked = [view for view, start in zip(views, starts, strict=True) if not isinstance(start, InvalidCursor)]
    page = replace(page, after=next((start for start in starts if isinstance(start, tuple)), None))
    found = iter(await context.load_all(temporal.timelines, asked, page, fields) if asked else ())
    return [
        start
        if isinstance(start, InvalidCursor)
        else pages.page(next(found), first, after, _place(view, query), view.entity.type, _search(view, where))
        for view, start in zip(views, starts, strict=True)
    ]


async def single(context: Context, entity: Entity, moment: Moment, fields: Fields) -> EntityView | None:
    """The entity if it has any event at the moment."""
    view = EntityView(entity, moment)
    fields = fields if context.is_now(moment) else NOTHING
    [latest] = await temporal.latests(context, [view], fields)
    if latest is None:
        return None
    view = replace(view, latest=latest, fields=fields)
    if temporal.settled(latest.first, moment):
        return view
    [last] = await context.load_all(temporal.last_events, [view])
    return view if last else None


async def _living(context: Context, page: EntityPage, moment: Moment, fields: Fields) -> list[EntityView]:
    found = await context.log.entities(page, fields)
    # Asked after the list: who left it, or lost a label, left it before.
    if await context.log.has_changed(page.where.type, moment.at):
        # Somebody wrote while the request was under way: the log knows who was there at its instant.
        return await _as_of(context, page, moment, fields)
    return [EntityView(latest.entity, moment, latest=latest, fields=fields) for latest in found]


async def _as_of(context: Context, page: EntityPage, moment: Moment, fields: Fields) -> list[EntityView]:
    found = await context.log.entities_as_of(page, moment, fields)
    return [EntityView(event.entity, moment, state=event, fields=fields) for event in found]


def _start(view: EntityView, query: str, after: str | None) -> tuple[datetime, int] | InvalidCursor | None:
    if after is None:
        return None
    try:
        at, version = pages.position(after, _timeline_scope(view, query), datetime, int) or ()
    except InvalidCursor as error:
        return error
    return at, version


def _place(view: EntityView, query: str) -> Callable[[EventView], str]:
    return lambda each: pages.cursor(_timeline_scope(view, query), each.event.timestamp, each.event.version)


def _search(view: EntityView, where: EventFilter) -> Search:
    return Search(where, view.moment, entity=view.entity)


def _timeline_scope(view: EntityView, query: str) -> str:
    return pages.scope("timeline", view.entity.key, query)

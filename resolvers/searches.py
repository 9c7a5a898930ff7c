"""The whole log, searched page by page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from repository.event_log import EventFilter, LogPage, Moment, Order
from repository.fields import Fields
from resolvers import pages
from resolvers.context import Context
from resolvers.views import EventView, PageView, Search

MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Total:
    """How many there are; when it is not exact, at least so many."""

    count: int
    exact: bool


async def events(
    context: Context,
    where: EventFilter,
    order: Order,
    first: int,
    after: str | None,
    moment: Moment,
    fields: Fields,
) -> PageView:
    """A page of the log in an order of the caller's."""
    query = pages.scope("events", where, order.name)
    place = pages.position(after, query, datetime, str)
    page = LogPage(pages.checked_size(first) + 1, (place[0], place[1]) if place else None, where, order)
    found = await context.log.search(page, moment, fields)
    views = [EventView(event, moment, fields) for event in found]
    part = pages.page(views, first, after, lambda view: pages.cursor(query, *_place(view, order)))
    settled = context.log.settled(context.instant) if order is Order.RECORDED else None
    return replace(part, search=Search(where, moment, settled))


async def totals(context: Context, searches: Sequence[Search]) -> list[Total]:
    """How many events each search finds, whatever the page."""
    return [total(await context.log.count(each.where, each.moment, MOST_COUNTED + 1)) for each in searches]


def total(counted: int) -> Total:
    """Of a number that was counted up to one more than the limit."""
    return Total(min(counted, MOST_COUNTED), counted <= MOST_COUNTED)


def _place(view: EventView, order: Order) -> tuple[datetime, str]:
    event = view.event
    return (event.recorded_at if order is Order.RECORDED else event.timestamp), event.id

"""The whole log, searched page by page."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from repository.event_log import EventFilter, LogPage, Moment, Order
from repository.fields import Fields
from resolvers import pages
from resolvers.context import Context
from resolvers.views import EventView, PageView, Search

MOST_COUNTED = 10_000
_MOST_OF_ENTITIES = 100_000


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
    search = Search(where, moment, context.log.settled(context.instant) if order is Order.RECORDED else None)
    return pages.page(views, first, after, lambda view: pages.cursor(query, *_place(view, order)), search=search)


async def totals(context: Context, searches: Sequence[Search]) -> list[Total]:
    """How many events each search finds, whatever the page; of many entities up to fewer each."""
    found: dict[Search, Total] = {}
    together: dict[tuple[EventFilter, Moment], list[Search]] = defaultdict(list)
    for each in searches:
        if each.entity is None:
            found[each] = total(await context.log.count(each.where, each.moment, MOST_COUNTED + 1))
        else:
            together[each.where, each.moment].append(each)
    for (where, moment), group in together.items():
        most = min(MOST_COUNTED, _MOST_OF_ENTITIES // len(group))
        keys = [each.entity.key for each in group if each.entity]
        lengths = await context.log.activity.lengths(keys, where, moment, most + 1)
        found |= {each: total(lengths.get(key, 0), most) for each, key in zip(group, keys, strict=True)}
    return [found[each] for each in searches]


def total(counted: int, most: int = MOST_COUNTED) -> Total:
    """Of a number that was counted up to one more than the limit."""
    return Total(min(counted, most), counted <= most)


def _place(view: EventView, order: Order) -> tuple[datetime, str]:
    event = view.event
    return (event.recorded_at if order is Order.RECORDED else event.timestamp), event.id

"""Back-references: the entities that refer to others, for all of these at once and from their moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from domain.backlink import Backlink
from domain.conditions import Condition
from domain.entity import Entity
from domain.entity_view import view
from domain.errors import InvalidCursor, QueryTooLarge
from domain.event import Event
from domain.ordering import Position
from repository.event_log import EntityFilter, EntityPage, Latest, Moment, Seek
from repository.examination import asks_for_last, chunks, needed, too_many
from repository.fields import Fields, union
from resolvers import pages
from resolvers.context import Context
from resolvers.temporal import settled
from resolvers.views import EntityView, PageView, now

MOST = 20_000
_LARGEST_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of what refers by a link, and which parts of the states are needed."""

    link: Backlink
    condition: Condition
    first: int
    fields: Fields

    @property
    def wanted(self) -> Fields:
        return union([needed(self.page, self.fields), Fields(self.link.read)])

    @property
    def where(self) -> EntityFilter:
        return EntityFilter(self.link.source, condition=self.condition)

    @property
    def page(self) -> EntityPage:
        return EntityPage(self.where, 1)


@dataclass(slots=True)
class Search:
    """What refers to one entity, after a key and in the order of keys."""

    target: Entity
    after: str
    most: int
    found: list[EntityView] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.found) >= self.most

    def offer(self, found: EntityView) -> None:
        if not self.is_full and found.entity.key > self.after:
            self.found.append(found)


async def referring(
    context: Context, views: Sequence[EntityView], asked: Asked, after: str | None
) -> list[PageView | InvalidCursor]:
    """A page for each entity. A cursor is that of one of them, and wrong for the others."""
    pages.checked_size(asked.first)
    if len(views) * asked.first > MOST:
        raise QueryTooLarge(
            f"{len(views)} entities with up to {asked.first} each that refer to them are more than {MOST:,}",
            hint="Ask for fewer entities or fewer of those that refer to each.",
        )
    starts = [_start(each, asked, after) for each in views]
    searches = {
        each: Search(each.entity, start, asked.first + 1)
        for each, start in zip(views, starts, strict=True)
        if isinstance(start, str)
    }
    for moment in {each.moment for each in searches}:
        await _search(context, [search for each, search in searches.items() if each.moment == moment], asked, moment)
    return [
        start if isinstance(start, InvalidCursor) else _page(each, searches[each], asked, after)
        for each, start in zip(views, starts, strict=True)
    ]


async def _search(context: Context, searches: Sequence[Search], asked: Asked, moment: Moment) -> None:
    can_seek = await context.log.can_seek(asked.link)
    if moment == now(context.instant):
        if can_seek:
            await _seek(context, searches, asked, moment)
        else:
            await _scan(context, searches, asked, moment, living=True)
        # Asked afterwards, as in a list: who refers no more did so before.
        if not await context.log.has_changed(asked.link.source, moment.at):
            return
        for each in searches:
            each.found.clear()
    if can_seek and not asks_for_last(asked.page):
        await _seek_as_of(context, searches, asked, moment)
    else:
        await _scan(context, searches, asked, moment, living=False)


async def _seek_as_of(context: Context, searches: Sequence[Search], asked: Asked, moment: Moment) -> None:
    """By the index of now for who has not changed since, and by the states of then for who has."""
    await _seek(context, searches, asked, moment)
    # Asked afterwards: who changes in between is found in both.
    moved = await context.log.moved(EntityFilter(asked.link.source), moment)
    then = [each for part in chunks(moved) for each in (await context.log.as_of(part, moment, asked.wanted)).values()]
    changed = {each.target: Search(each.target, each.after, len(then)) for each in searches}
    for each in then:
        if not each.deletes and asked.condition.holds(view(each.entity, each, None)):
            _give(changed, each, asked, moment)
    for search in searches:
        together = {each.entity.key: each for each in (*search.found, *changed[search.target].found)}
        search.found = [together[key] for key in sorted(together)][: search.most]


async def _seek(context: Context, searches: Sequence[Search], asked: Asked, moment: Moment) -> None:
    """By the index of names, in rounds: what it finds may be called alike and be of another app."""
    places = {each.target.key: each.after for each in searches}
    size, examined = asked.first + 1, 0
    open_ = list(searches)
    while open_:
        seeks = [_sought(each, asked, places[each.target.key]) for each in open_]
        found = await context.log.referring(asked.link, seeks, size, asked.wanted)
        for each in open_:
            candidates = found.get(each.target.key, [])
            examined += len(candidates)
            _offer(each, candidates, asked, moment)
        open_ = [each for each in open_ if not each.is_full and len(found.get(each.target.key, [])) >= size]
        places |= {key: candidates[-1].entity.key for key, candidates in found.items() if candidates}
        size = min(2 * size, _LARGEST_CHUNK)
        if open_ and examined > context.log.most_examined:
            raise too_many(asked.where, context.log.most_examined)


def _sought(search: Search, asked: Asked, after: str) -> Seek:
    return Seek(search.target, asked.link.names(search.target), after)


def _offer(search: Search, candidates: Iterable[Latest], asked: Asked, moment: Moment) -> None:
    for each in candidates:
        seen = view(each.entity, each.state, each.last)
        is_then = each.state is not None and settled(each.state, moment)
        if is_then and asked.link.leads(seen["state"], each.entity, search.target) and asked.condition.holds(seen):
            search.offer(EntityView(each.entity, moment, latest=each, state=each.state, fields=asked.fields))


async def _scan(context: Context, searches: Sequence[Search], asked: Asked, moment: Moment, *, living: bool) -> None:
    """By asking every entity of the type, in the order of keys."""
    page, examined = EntityPage(asked.where, _LARGEST_CHUNK), 0
    by_target = {each.target: each for each in searches}
    while not all(each.is_full for each in searches):
        found: Sequence[Latest | Event]
        if living:
            found = await context.log.entities(page, asked.wanted)
        else:
            found = await context.log.entities_as_of(page, moment, asked.wanted)
        for each in found:
            _give(by_target, each, asked, moment)
        examined += len(found)
        if len(found) < page.first:
            return
        if examined > context.log.most_examined:
            raise too_many(asked.where, context.log.most_examined)
        page = replace(page, after=Position(found[-1].entity.key))


def _give(searches: dict[Entity, Search], found: Latest | Event, asked: Asked, moment: Moment) -> None:
    """To the searches for what it refers to."""
    holder = found.entity
    if isinstance(found, Latest):
        seen = EntityView(holder, moment, latest=found, fields=asked.fields)
        state = found.state.state if found.state else None
    else:
        seen, state = EntityView(holder, moment, state=found, fields=asked.fields), found.state
    targets = {each for link in asked.link.links for each in link.targets(state, holder)}
    for target in targets & searches.keys():
        searches[target].offer(seen)


def _start(seen: EntityView, asked: Asked, after: str | None) -> str | InvalidCursor:
    if after is None:
        return ""
    try:
        place = pages.position(after, _scope(seen, asked), str)
    except InvalidCursor as error:
        return error
    return str(place[0]) if place else ""


def _page(seen: EntityView, search: Search, asked: Asked, after: str | None) -> PageView:
    query = _scope(seen, asked)
    return pages.page(
        search.found, asked.first, after, lambda each: pages.cursor(query, each.entity.key), asked.link.source
    )


def _scope(seen: EntityView, asked: Asked) -> str:
    return pages.scope("referring", seen.entity.key, asked.link, asked.condition)

"""Lists by what states hold in the newest version of their type: MongoDB knows those written before as they were."""

from collections.abc import Iterable

from domain.conditions import Path
from domain.conversion import Conversions
from domain.entity_view import view
from domain.event import Event
from repository.event_log import EntityPage, EventLog, Latest, Moment
from repository.examination import Chunk, asked, asks_for_last, examine, needed
from repository.fields import Fields


def concern(conversions: Conversions, page: EntityPage) -> bool:
    """Whether the page asks for something that may have stood elsewhere."""
    wanted = {path[1:] for path in asked(page) if path[0] == "state"}
    wanted |= {(root, *path[1:]) for path in asked(page) if path[0] == "meta" for root in ("meta", "metadata")}
    return bool(wanted) and move(conversions, wanted)


def move(conversions: Conversions, paths: Iterable[Path]) -> bool:
    """Whether what stands at one of the paths may have stood elsewhere."""
    wanted = frozenset(paths)
    sources = conversions.sources(wanted)
    return sources is None or bool(sources - wanted - {("apiVersion",)})


async def living(log: EventLog, page: EntityPage, fields: Fields) -> list[Latest]:
    """`EventLog.entities`, by examining what a log that converts has for the page without its condition and order."""

    async def read(part: EntityPage) -> Chunk[Latest] | None:
        found = await log.entities(part, needed(page, fields))
        views = [(view(each.entity, each.state, each.last), each) for each in found]
        return Chunk(len(found), found[-1].entity.key, views) if found else None

    return await examine(page, read, log.most_examined)


async def as_of(log: EventLog, page: EntityPage, moment: Moment, fields: Fields) -> list[Event]:
    """`EventLog.entities_as_of` in the same way."""

    async def read(part: EntityPage) -> Chunk[Event] | None:
        found = await log.entities_as_of(part, moment, needed(page, fields))
        keys = [each.entity.key for each in found] if asks_for_last(page) else []
        last = await log.last_events(keys, moment) if keys else {}
        views = [(view(each.entity, each, last.get(each.entity.key)), each) for each in found]
        return Chunk(len(found), found[-1].entity.key, views) if found else None

    return await examine(page, read, log.most_examined)

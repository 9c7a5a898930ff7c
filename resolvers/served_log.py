"""The log as requests see it: each state in the newest version of its type, and beside it as it was written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from domain.backlink import Backlink
from domain.domain_type import DomainType
from domain.errors import DselError
from domain.event import Event
from domain.registry import Registry
from repository.activity import Activity
from repository.event_log import (
    ANY_ACT,
    ActFilter,
    Append,
    Appended,
    EntityFilter,
    EntityPage,
    EventFilter,
    EventLog,
    Latest,
    LogPage,
    Moment,
    Seek,
    TimelinePage,
    Touch,
)
from repository.fields import Fields
from resolvers import converted_lists


def served(log: EventLog, registry: Registry) -> EventLog:
    """The log itself while no type of the registry converts anything."""
    return ServedLog(log, registry.converting) if registry.converting else log


class ServedLog:
    """See EventLog. Of a state that was converted, `Event.recorded` is what was written."""

    def __init__(self, log: EventLog, converting: Mapping[str, DomainType]) -> None:
        self._log = log
        self._types = converting

    async def append(self, appends: Sequence[Append]) -> list[Appended | DselError]:
        return await self._log.append(appends)

    async def latest(self, keys: Sequence[str], fields: Fields) -> dict[str, Latest]:
        found = await self._log.latest(keys, self._sources(fields, _types(keys)))
        return {key: self._summary(each) for key, each in found.items()}

    async def as_of(self, keys: Sequence[str], moment: Moment, fields: Fields) -> dict[str, Event]:
        return self._by_key(await self._log.as_of(keys, moment, self._sources(fields, _types(keys))))

    async def states(self, type_: str, app_id: str, moment: Moment, fields: Fields) -> dict[str, Event]:
        return self._by_key(await self._log.states(type_, app_id, moment, self._sources(fields, [type_])))

    async def last_events(self, keys: Sequence[str], moment: Moment, by: ActFilter = ANY_ACT) -> dict[str, Event]:
        return await self._log.last_events(keys, moment, by)

    async def last_acts(self, keys: Sequence[str], page: TimelinePage, moment: Moment) -> dict[str, list[Event]]:
        return await self._log.last_acts(keys, page, moment)

    async def first_events(self, keys: Sequence[str], moment: Moment, by: ActFilter = ANY_ACT) -> dict[str, Event]:
        return await self._log.first_events(keys, moment, by)

    async def events(
        self, keys: Sequence[str], page: TimelinePage, moment: Moment, fields: Fields
    ) -> dict[str, list[Event]]:
        found = await self._log.events(keys, page, moment, self._sources(fields, _types(keys)))
        return {key: self._all(events) for key, events in found.items()}

    async def ends(self, states: Sequence[Event], moment: Moment) -> dict[str, datetime]:
        return await self._log.ends(states, moment)

    async def previous(self, states: Sequence[Event], moment: Moment, fields: Fields) -> dict[str, Event]:
        types = {each.entity.type for each in states}
        return self._by_key(await self._log.previous(states, moment, self._sources(fields, types)))

    async def states_before(
        self, states: Sequence[Event], first: int, moment: Moment, fields: Fields
    ) -> dict[str, list[Event]]:
        types = {each.entity.type for each in states}
        found = await self._log.states_before(states, first, moment, self._sources(fields, types))
        return {key: self._all(events) for key, events in found.items()}

    @property
    def most_examined(self) -> int:
        return self._log.most_examined

    async def entities(self, page: EntityPage, fields: Fields) -> list[Latest]:
        if self._concerns(page):
            return await converted_lists.living(self, page, fields)
        found = await self._log.entities(page, self._sources(fields, [page.where.type]))
        return [self._summary(each) for each in found]

    async def can_seek(self, link: Backlink) -> bool:
        known = self._types.get(link.source)
        moved = known is not None and converted_lists.move(known.conversions, link.paths)
        return not moved and await self._log.can_seek(link)

    async def referring(
        self, link: Backlink, seeks: Sequence[Seek], first: int, fields: Fields
    ) -> dict[str, list[Latest]]:
        found = await self._log.referring(link, seeks, first, self._sources(fields, [link.source]))
        return {key: [self._summary(each) for each in latests] for key, latests in found.items()}

    async def moved(self, where: EntityFilter, moment: Moment) -> list[str]:
        return await self._log.moved(where, moment)

    async def has_changed(self, type_: str, since: datetime) -> bool:
        return await self._log.has_changed(type_, since)

    async def entities_as_of(self, page: EntityPage, moment: Moment, fields: Fields) -> list[Event]:
        if self._concerns(page):
            return await converted_lists.as_of(self, page, moment, fields)
        return self._all(await self._log.entities_as_of(page, moment, self._sources(fields, [page.where.type])))

    async def events_by_id(self, ids: Sequence[str], fields: Fields) -> dict[str, Event]:
        return self._by_key(await self._log.events_by_id(ids, self._sources(fields, self._types)))

    async def correlated(self, correlation_ids: Sequence[str], keys: Sequence[str], fields: Fields) -> list[Event]:
        return self._all(await self._log.correlated(correlation_ids, keys, self._sources(fields, _types(keys))))

    async def search(self, page: LogPage, moment: Moment, fields: Fields) -> list[Event]:
        return self._all(await self._log.search(page, moment, self._sources(fields, page.where.types or self._types)))

    async def count(self, where: EventFilter, moment: Moment, most: int) -> int:
        return await self._log.count(where, moment, most)

    async def touched(self, where: EventFilter, moment: Moment) -> list[Touch]:
        return await self._log.touched(where, moment)

    @property
    def activity(self) -> Activity:
        return self._log.activity

    def settled(self, instant: datetime) -> datetime:
        return self._log.settled(instant)

    def _sources(self, fields: Fields, types: Iterable[str]) -> Fields:
        """What must be read of states of these types to know the fields of their newest version."""
        paths = fields.state
        for type_ in types:
            if paths and type_ in self._types:
                paths = self._types[type_].conversions.sources(paths)
        return replace(fields, state=paths)

    def _concerns(self, page: EntityPage) -> bool:
        type_ = self._types.get(page.where.type)
        return type_ is not None and converted_lists.concern(type_.conversions, page)

    def _by_key(self, events: Mapping[str, Event]) -> dict[str, Event]:
        return {key: self._served(event) for key, event in events.items()}

    def _all(self, events: Iterable[Event]) -> list[Event]:
        return [self._served(event) for event in events]

    def _summary(self, latest: Latest) -> Latest:
        return latest.showing(self._served(latest.state)) if latest.state else latest

    def _served(self, event: Event) -> Event:
        return shown(event, self._types)


def shown(event: Event, converting: Mapping[str, DomainType]) -> Event:
    """An event whose state was read whole, with the state in the newest version of its type."""
    type_ = converting.get(event.entity.type)
    if type_ is None or not event.state:
        return event
    state = type_.in_newest(event.state)
    return event if state is event.state else event.showing(state, recorded=event.state)


def _types(keys: Iterable[str]) -> set[str]:
    return {key.partition("/")[0] for key in keys}

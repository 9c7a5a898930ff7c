"""The aggregator: it appends to the log what aggregates tell after their source events have changed.

Any number may run. Each aggregate is folded again from the log and compared with what the log says of it, so that to
do it twice changes nothing; two who append at once are told apart by the version that they had read, and two who
append the same by its id.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from domain import aggregate as aggregates
from domain.aggregate import Aggregate, Fold, Place
from domain.aggregates import BUILT_IN
from domain.entity import Entity, key_range
from domain.errors import Contention, DselError, StoreUnavailable, TimestampInFuture, UnknownType, VersionConflict
from domain.event import Document, Event
from repository import pipelines, sources
from repository.documents import EVENTS, event_from
from repository.driver import Database
from repository.event_log import Append, EventLog, Moment
from repository.fields import STATE, Fields

_LOG = logging.getLogger("dsel.aggregator")
_CHUNK = 200
_AT_ONCE = 8
_REMEMBERED = 2_000
_ATTEMPTS = 10
_ALWAYS = Moment(datetime(9999, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))

Enrich = Callable[[Document], Awaitable[Document]]
"""What else to tell of an aggregate beside it, in the `spec.enrichment` of its event. It does not count as content."""
Touched = Mapping[Entity, Sequence[Event]]
"""Aggregates, and the source events that came."""


class Problem(StrEnum):
    MISSING = "its source events are there, and it is not"
    BEHIND = "it has folded fewer or other events than the log has"
    DIFFERENT = "it has folded the events of the log, to another result"
    UNFOUNDED = "it has no source events"


@dataclass(frozen=True, slots=True)
class Drift:
    entity: Entity
    problem: Problem


class Aggregator:
    def __init__(
        self,
        database: Database,
        log: EventLog,
        all_: Sequence[Aggregate[Any]] = BUILT_IN,
        enrich: Enrich | None = None,
    ) -> None:
        self._database = database
        self._log = log
        self._by_type = {each.type: each for each in all_}
        self._enrich = enrich
        self._folds: OrderedDict[Entity, Fold[Any]] = OrderedDict()

    @property
    def fields(self) -> Fields:
        """What `touched` must know of events."""
        return sources.needed(*self._by_type.values())

    def touched(self, events: Iterable[Event]) -> dict[Entity, list[Event]]:
        """The aggregates that these events belong to."""
        found: dict[Entity, list[Event]] = {}
        for event in events:
            for each in self._by_type.values():
                place = aggregates.place_of(each, event)
                if place is not None:
                    found.setdefault(Entity(each.type, *place), []).append(event)
        return found

    def known(self, types: Iterable[str]) -> list[str]:
        """The types themselves. Raises UnknownType for one that is no aggregate."""
        chosen = list(types)
        for each in chosen:
            if each not in self._by_type:
                raise UnknownType(f"'{each}' is no aggregate", hint=f"There are {', '.join(sorted(self._by_type))}.")
        return chosen

    async def refresh(self, touched: Touched) -> int:
        """Brings these aggregates up to the log. Returns how many events were appended."""
        entities, appended = list(touched), 0
        for start in range(0, len(entities), _CHUNK):
            chunk = {each: touched[each] for each in entities[start : start + _CHUNK]}
            appended += await self._refresh(chunk)
        return appended

    async def verify(self, types: Iterable[str] = ()) -> AsyncIterator[Drift | None]:
        """For each aggregate of these types, or of all, None when it is what its source events make it, or how not.

        Folds the whole log once, apart from what `refresh` does.
        """
        wanted = {name: each for name, each in self._by_type.items() if name in (set(types) or set(self._by_type))}
        folds = await self._folded_anew(wanted)
        for type_ in sorted(wanted):
            async for entity, document in self._told(type_):
                fold = folds.pop(entity, None)
                yield _drift(entity, document, fold.document if fold else None)
        for entity, fold in sorted(folds.items()):
            if fold.document is not None:
                yield Drift(entity, Problem.MISSING)

    async def rebuild(self, types: Iterable[str] = ()) -> int:
        """Appends a correction for each aggregate that is not what it should be. Returns how many."""
        drifts = [each async for each in self.verify(types) if each is not None]
        self._folds.clear()
        return await self.refresh({each.entity: () for each in drifts})

    async def _refresh(self, touched: Touched) -> int:
        pending, appended = dict(touched), 0
        for _ in range(_ATTEMPTS):
            results = await self._append(pending)
            conflicting = {entity for entity, error in results.items() if isinstance(error, VersionConflict)}
            for entity, error in results.items():
                _check(entity, error)
            appended += sum(error is None for error in results.values())
            if not conflicting:
                return appended
            pending = {entity: pending[entity] for entity in conflicting}
        raise Contention(f"{next(iter(pending))} is being written by too many at once")

    async def _append(self, touched: Touched) -> dict[Entity, DselError | None]:
        """Of those that had something to tell, the error if there was one."""
        # Before the sources: what another appends from here on collides with this version.
        told = await self._log.as_of([entity.key for entity in touched], _ALWAYS, STATE)
        limit = asyncio.Semaphore(_AT_ONCE)
        folds = await asyncio.gather(*(self._fold(limit, entity, events) for entity, events in touched.items()))
        appends = [each for fold in folds if (each := await self._told_anew(fold, told.get(fold.entity.key)))]
        if not appends:
            return {}
        results = await self._log.append(appends)
        return {
            append.draft.entity: result if isinstance(result, DselError) else None
            for append, result in zip(appends, results, strict=True)
        }

    async def _told_anew(self, fold: Fold[Any], told: Event | None) -> Append | None:
        document = fold.document
        if document is None or fold.last is None or (told is not None and _is_same(told.state, document)):
            return None
        enrichment = {"enrichment": await self._enrich(document)} if self._enrich else None
        made = aggregates.draft(fold.entity, document, fold.last.timestamp, enrichment)
        return Append(made, told.version if told is not None else 0)

    async def _fold(self, limit: asyncio.Semaphore, entity: Entity, events: Sequence[Event]) -> Fold[Any]:
        """From where it was left, unless one of the events came late; then from the beginning."""
        each, place = self._by_type[entity.type], Place(entity.app_id, entity.name)
        known = self._folds.pop(entity, None)
        if known is None or any(event.id not in known.ids and not known.follows(event) for event in events):
            known = Fold.begin(each, place)
        async with limit:
            found = await sources.of(self._database, each, place, known.last)
        fold = known.copy()
        for event in sorted(found, key=aggregates.Order.of):
            if fold.follows(event) and aggregates.place_of(each, event) == place:
                fold.add(event)
        self._remember(entity, fold)
        return fold

    def _remember(self, entity: Entity, fold: Fold[Any]) -> None:
        self._folds[entity] = fold
        while len(self._folds) > _REMEMBERED:
            self._folds.popitem(last=False)

    async def _folded_anew(self, wanted: Mapping[str, Aggregate[Any]]) -> dict[Entity, Fold[Any]]:
        folds: dict[Entity, Fold[Any]] = {}
        async for event in sources.everything(self._database, sources.needed(*wanted.values())):
            for each in wanted.values():
                place = aggregates.place_of(each, event)
                if place is not None:
                    entity = Entity(each.type, *place)
                    folds.setdefault(entity, Fold.begin(each, place)).add(event)
        return folds

    async def _told(self, type_: str) -> AsyncIterator[tuple[Entity, Document]]:
        """The newest state of every aggregate of a type."""
        start, end = key_range(type_)
        condition = {"stateful": True, "entity": {"$gte": start, "$lt": end}}
        for row in await self._database.aggregate(EVENTS, pipelines.first_of_each(condition, _ALWAYS, STATE)):
            event = event_from(row["event"])
            yield event.entity, event.state or {}


def _check(entity: Entity, error: DselError | None) -> None:
    """Raises what is worth another try; one that can never be stored must not keep the others from it."""
    if isinstance(error, StoreUnavailable | Contention | TimestampInFuture):
        raise error
    if error is not None and not isinstance(error, VersionConflict):
        _LOG.error("%s cannot be stored: %s", entity, error)


def _drift(entity: Entity, told: Document, expected: Document | None) -> Drift | None:
    if expected is None:
        return Drift(entity, Problem.UNFOUNDED)
    if _is_same(told, expected):
        return None
    same_events = told.get("spec", {}).get("folded") == expected["spec"]["folded"]
    return Drift(entity, Problem.DIFFERENT if same_events else Problem.BEHIND)


def _is_same(told: Document | None, expected: Document) -> bool:
    return told is not None and aggregates.content_of(told) == aggregates.content_of(expected)

"""The tail of the log: from any place in it up to now, and on as events are committed, each once and none left out.

Three sources follow each other; docs/live.md says why nothing falls between them and nothing comes twice.
1. The log itself, in the order in which events were recorded, as far as that is settled: no event that was recorded
   so early can be committed any more.
2. A change stream of our own, in the order of commits, until it has reached the feed.
3. The feed, which all subscribers share.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain import settling
from domain.errors import HistoryLost, InvalidCursor, StoreUnavailable
from domain.event import Event
from domain.instants import Clock
from repository import pipelines
from repository.commits import follow, is_time, is_token, time_of, token_at, token_of_now
from repository.documents import EVENTS, event_from, projection
from repository.driver import Database, Document
from repository.feed import Feed, Wanted
from repository.indexes import RECORDED
from repository.positions import Committed, Position, Recorded

_FUTURE = timedelta(minutes=1)  # more than any clock is ahead
_NEAR = timedelta(seconds=2)
_MILLISECOND = timedelta(milliseconds=1)
_PAGE = 200
_WINDOW = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, or None for a stretch without one that is wanted, and the position after it."""

    event: Event | None
    position: Position


_Given = tuple[str, Event | None]


class Tail:
    """`longest_write` is how long after its `recordedAt` an event may be committed, by one clock."""

    def __init__(self, database: Database, feed: Feed, clock: Clock, longest_write: timedelta) -> None:
        self._database = database
        self._feed = feed
        self._clock = clock
        self._longest_write = longest_write

    async def now(self) -> Committed:
        """After everything that is committed already. Raises StoreUnavailable."""
        return Committed(await token_of_now(self._database))

    async def entries(self, after: Position, wanted: Wanted) -> AsyncGenerator[tuple[Event, Position]]:
        """Every wanted event after the position, with the position after it.

        Ends only by an error: SlowConsumer, StoreUnavailable or InvalidCursor.
        """
        place = self._checked(after)
        given: set[str] = set()
        async with self._feed.kept():
            while True:
                try:
                    async with aclosing(self._from(place, wanted)) as found:
                        async for entry in found:
                            place = entry.position
                            if entry.event is not None and entry.event.id not in given:
                                yield entry.event, entry.position
                except HistoryLost as error:
                    place, given = self._lost(place, error)
                place = self._near(place)

    def _checked(self, position: Position) -> Position:
        if isinstance(position, Committed):
            if not is_token(position.token):
                raise InvalidCursor("the cursor names no place in the log")
            if time_of(position.token) > self._clock() + _FUTURE:
                raise InvalidCursor("the cursor lies in the future", hint="Is it of another service?")
        return self._near(position)

    def _near(self, position: Position) -> Position:
        """Near the settled point the log is left for the stream, which tells again what was recorded before."""
        if isinstance(position, Committed) or self._settled() - position.at > _NEAR:
            return position
        return Committed(token_at(position.at - settling.APART), position)

    def _from(self, place: Position, wanted: Wanted) -> AsyncGenerator[Entry]:
        return self._log(place, wanted) if isinstance(place, Recorded) else self._live(place, wanted)

    def _settled(self) -> datetime:
        return settling.settled(self._clock(), self._longest_write)

    async def _log(self, place: Recorded, wanted: Wanted) -> AsyncGenerator[Entry]:
        """What is settled by now, in windows: a condition that few events meet must not make one call a long one."""
        settled = self._settled()
        while place.at < settled:
            end = await self._window(place.at, settled)
            async with aclosing(self._between(place, end, wanted)) as events:
                async for event in events:
                    yield Entry(event, Recorded.of(event))
            place = Recorded(end)
            yield Entry(None, place)

    async def _window(self, start: datetime, settled: datetime) -> datetime:
        """Where a window of so many events ends, but for others of its last instant."""
        skipped = await self._database.aggregate(EVENTS, pipelines.recorded_end(start, settled, _WINDOW), hint=RECORDED)
        return skipped[0]["recordedAt"] + _MILLISECOND if skipped else settled

    async def _between(self, after: Recorded, end: datetime, wanted: Wanted) -> AsyncGenerator[Event]:
        start, found = after.at, _PAGE
        while found >= _PAGE:
            documents = await self._page({"recordedAt": {"$gte": start, "$lt": end}}, wanted, limit=_PAGE)
            found = len(documents)
            if found == _PAGE:
                # The index has the events of one instant by id; a page takes them all, to order them by version.
                last = documents[-1]
                start = last["recordedAt"] + _MILLISECOND
                documents += await self._page({"recordedAt": last["recordedAt"], "_id": {"$gt": last["_id"]}}, wanted)
            for event in sorted(map(event_from, documents), key=Recorded.of):
                if Recorded.of(event) > after:
                    yield event

    async def _page(self, span: dict[str, Any], wanted: Wanted, *, limit: int = 0) -> list[Document]:
        conditions = pipelines.event_conditions(wanted.where)
        if wanted.entity is not None:
            conditions.append({"entity": wanted.entity.key})
        return await self._database.find(
            EVENTS,
            {"$and": [span, *conditions]},
            projection=projection(wanted.fields),
            sort={"recordedAt": 1, "_id": 1},
            limit=limit,
            hint=RECORDED,
        )

    async def _live(self, place: Committed, wanted: Wanted) -> AsyncGenerator[Entry]:
        commits = self._shared(place, wanted) if self._feed.reaches(place.token) else self._own(place)
        floor = place.floor
        async with aclosing(commits):
            async for token, event in commits:
                # The floor is of no more use once everything that was recorded up to it is settled.
                if (
                    floor is not None
                    and settling.settled(time_of(token), self._longest_write) - settling.APART > floor.at
                ):
                    floor = None
                is_new = event is not None and (floor is None or Recorded.of(event) > floor)
                is_wanted = event is not None and is_new and wanted.test(event)
                yield Entry(event if is_wanted else None, Committed(token, floor))

    async def _own(self, place: Committed) -> AsyncGenerator[_Given]:
        """A change stream until the feed has what comes next."""
        async with follow(self._database, place.token) as commits:
            while commits.is_open and not self._feed.reaches(commits.token):
                commit = await commits.next()
                yield commits.token, commit.event if commit is not None else None

    async def _shared(self, place: Committed, wanted: Wanted) -> AsyncGenerator[_Given]:
        async with self._feed.listening(wanted) as listener:
            missed = self._feed.after(place.token)
            if missed is None:
                return  # so much was committed meanwhile that the feed has let go of it
            for commit in missed:
                if commit.token <= listener.start:
                    yield commit.token, commit.event
            while True:
                commit = await listener.next()
                if commit.token > place.token:
                    yield commit.token, commit.event

    def _lost(self, place: Position, error: HistoryLost) -> tuple[Recorded, set[str]]:
        """Where to go on in the log, and what was given already of what follows there."""
        token = max(place.token if isinstance(place, Committed) else "", error.details.get("reached", ""))
        if is_time(token):
            raise StoreUnavailable(
                "the change stream of MongoDB does not reach back half a minute", hint="Give it a larger oplog."
            ) from error
        start = Recorded(settling.settled(time_of(token), self._longest_write))
        floor = place.floor if isinstance(place, Committed) else None
        return max(start, floor or start), self._feed.ids_until(token)

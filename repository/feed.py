"""The feed: one change stream for all subscribers of a process, each with a bounded queue."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from pymongo.errors import PyMongoError

from domain.entity import Entity
from domain.errors import DselError, HistoryLost, SlowConsumer, StoreUnavailable
from repository.commits import Commit, Commits, follow, time_of, token_at, token_of_now
from repository.driver import Database
from repository.event_log import EventFilter
from repository.fields import WHOLE, Fields
from repository.matching import Test, test_of
from repository.recent import Recent

_PAUSE = 0.5  # seconds between tries
_PATIENCE = 200  # milliseconds
_PRELUDE = timedelta(seconds=30)
_LOG = logging.getLogger("dsel.feed")


@dataclass(frozen=True)
class Wanted:
    """Which events a subscriber takes, of one entity or of all, and which parts of those that are read from the log."""

    where: EventFilter = field(default_factory=EventFilter)
    entity: Entity | None = None
    fields: Fields = WHOLE

    @cached_property
    def test(self) -> Test:
        meets = test_of(self.where)
        return meets if self.entity is None else lambda event: event.entity == self.entity and meets(event)


@dataclass(frozen=True, slots=True)
class Buffer:
    """What a queue holds at most. An event that is larger than `bytes` fits alone."""

    events: int = 1_000
    bytes: int = 32 * 2**20


class Listener:
    """One subscriber's queue of what is committed after `start`."""

    def __init__(self, wanted: Wanted, buffer: Buffer, start: str) -> None:
        self.wanted = wanted
        self.start = self.reached = start
        self._buffer = buffer
        self._queue: deque[Commit] = deque()
        self._bytes = 0
        self._failure: DselError | None = None
        self._changed = asyncio.Event()

    async def next(self) -> Commit:
        """Raises SlowConsumer when more came than the queue holds, HistoryLost, or StoreUnavailable at the end."""
        while self._failure is None and not self._queue:
            self._changed.clear()
            await self._changed.wait()
        if self._failure is not None:
            raise self._failure
        commit = self._queue.popleft()
        self._bytes -= commit.size
        self.reached = commit.token
        return commit

    def offer(self, commit: Commit) -> None:
        if self._failure is not None or not self.wanted.test(commit.event):
            return
        self._queue.append(commit)
        self._bytes += commit.size
        full = len(self._queue) > self._buffer.events or (self._bytes > self._buffer.bytes and len(self._queue) > 1)
        if full:
            self.fail(
                SlowConsumer(
                    f"{len(self._queue):,} events wait and are not taken", hint="Subscribe again from your last cursor."
                )
            )
        self._changed.set()

    def lose(self, reached: str, reason: str) -> None:
        """The feed has reached a place from which it cannot go on; what waits is read from the log again."""
        self.fail(HistoryLost(reason, reached=self.reached if self._queue else reached))

    def fail(self, error: DselError) -> None:
        self._failure = self._failure or error
        self._queue.clear()
        self._changed.set()


class Feed:
    """Reads the change stream while anybody listens. Each process of the service has one."""

    def __init__(self, database: Database, buffer: Buffer | None = None) -> None:
        self._database = database
        self._buffer = buffer or Buffer()
        self._listeners: dict[Entity | None, set[Listener]] = {}
        self._token: str | None = None
        self._recent = Recent()
        self._opening: asyncio.Future[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._users = 0
        self._is_closed = False
        self._prelude = _PRELUDE

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[str]:
        """Reads as long as this is open, from this token on. Raises StoreUnavailable when MongoDB does not answer."""
        self._users += 1
        try:
            yield await self._opened()
        finally:
            self._users -= 1

    @asynccontextmanager
    async def listening(self, wanted: Wanted) -> AsyncIterator[Listener]:
        """A queue of what is committed from now on, while the feed is kept."""
        listener = Listener(wanted, self._buffer, await self._opened())
        group = self._listeners.setdefault(wanted.entity, set())
        group.add(listener)
        try:
            yield listener
        finally:
            group.discard(listener)
            if not group:
                self._listeners.pop(wanted.entity, None)

    def reaches(self, token: str) -> bool:
        """Whether the feed still has all that was committed after the token."""
        return self._recent.reaches(token)

    def after(self, token: str) -> list[Commit] | None:
        """What was committed between the token and now, of all entities; None when that is more than is kept."""
        return self._recent.after(token)

    def ids_until(self, token: str) -> set[str]:
        """Of the events up to the token the ids of the newest."""
        return self._recent.ids_until(token)

    @property
    def subscribers(self) -> int:
        """How many take what is committed now."""
        return len(self._all())

    async def close(self) -> None:
        """Ends every subscription with a retryable error, and begins no other."""
        self._is_closed = True
        self._stop()
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _opened(self) -> str:
        """The place that it has reached, once the change stream is open."""
        if self._is_closed:
            raise _stopping()
        while self._token is None:
            if self._opening is None:
                self._opening = asyncio.get_running_loop().create_future()
                self._opening.add_done_callback(asyncio.Future.exception)  # whoever waited for it may be gone
            if self._running is None or self._running.done():
                self._running = asyncio.create_task(self._run())
            await asyncio.shield(self._opening)
        return self._token

    async def _run(self) -> None:
        try:
            while self._users:
                try:
                    await self._read()
                except HistoryLost as error:
                    self._lose(error)
                except (StoreUnavailable, PyMongoError) as error:
                    self._not_opened(error)
                    await asyncio.sleep(_PAUSE)
        finally:
            self._token = None
            self._recent.end()
            self._stop()

    async def _read(self) -> None:
        now = await token_of_now(self._database) if self._token is None else None
        after = self._token or token_at(time_of(now or "") - self._prelude)
        async with follow(self._database, after, patience=_PATIENCE) as commits:
            if now is not None:
                self._recent.begin(after)
                await self._catch_up(commits, now)
            self._token = commits.token
            self._is_open()
            while self._users and commits.is_open:
                commit = await commits.next()
                if commit is not None:
                    self._give(commit)
                self._token = commits.token

    async def _catch_up(self, commits: Commits, now: str) -> None:
        """Keeps what was committed shortly before, for those who come back."""
        while commits.token < now and (commit := await commits.next()) is not None:
            self._recent.keep(commit)

    def _give(self, commit: Commit) -> None:
        self._recent.keep(commit)
        for key in (None, commit.event.entity):
            for listener in self._listeners.get(key, ()):
                listener.offer(commit)

    def _lose(self, error: HistoryLost) -> None:
        if self._token is None:
            self._prelude = timedelta()
            return
        _LOG.warning("%s; subscribers go on from the log", error)
        for listener in self._all():
            listener.lose(self._token, str(error))
        self._token = None
        self._recent.end()

    def _stop(self) -> None:
        for listener in self._all():
            listener.fail(_stopping())

    def _all(self) -> list[Listener]:
        return [listener for group in self._listeners.values() for listener in group]

    def _is_open(self) -> None:
        if self._opening is not None:
            self._opening.set_result(None)
            self._opening = None

    def _not_opened(self, error: Exception) -> None:
        """Who has begun to listen goes on when MongoDB is back; who has not is told."""
        _LOG.warning("the change stream is interrupted: %s", error)
        if self._opening is not None:
            told = error if isinstance(error, StoreUnavailable) else StoreUnavailable("MongoDB does not answer")
            self._opening.set_exception(told)
            self._opening = None


def _stopping() -> StoreUnavailable:
    return StoreUnavailable("the service is stopping", hint="Subscribe again from your last cursor.")

"""The edition that answers now, and how another takes its place when domain types are applied, here or elsewhere."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace

from domain.declaration import TYPE, Declaration
from domain.errors import DselError, InvalidManifest, StoreUnavailable
from domain.registry import Registry
from graph.breaking_changes import breaking_changes
from graph.edition import Edition
from repository.driver import Database
from repository.event_log import EventLog
from repository.notices import notices
from resolvers import type_log
from resolvers.beside import beside

_PAUSE = 1.0  # seconds until the log is asked again after a failure
_LOG = logging.getLogger("dsel.types")
Make = Callable[[Registry], Edition]


class Editions:
    """One reference, `current`. Who has taken it keeps what it took; whoever comes later gets the next.

    The log is the truth: every change begins and ends with what it says, so that replicas which have read the same
    log serve the same types.
    """

    def __init__(
        self, first: Registry, make: Make, database: Database, log: EventLog, adopted: Callable[[Registry], None]
    ) -> None:
        """`adopted` is told of the registry of each edition that takes its place."""
        self.current = make(first)
        self._adopted = adopted
        adopted(first)
        self._make = make
        self._database = database
        self._log = log
        self._lock = asyncio.Lock()
        self._looking, self._looks = asyncio.Lock(), 0

    def serve(self, edition: Edition) -> None:
        """Requests are answered from it from now on. It was made beside the current one, by `make`."""
        if not edition.breaking:
            edition.take_over(self.current, doubtful=False)
        self.current = edition
        self._adopted(edition.registry)

    async def refresh(self) -> None:
        """Brings the edition up to the log. Raises StoreUnavailable."""
        async with self.turn():
            """Taking the turn has done it."""

    async def newer(self, edition: Edition) -> Edition | None:
        """The edition that has taken the place of this one, also if this replica is only learning of it now."""
        before = self._looks
        async with self._looking:
            if self._looks == before:  # else somebody has begun to look since we asked
                self._looks += 1
                with contextlib.suppress(StoreUnavailable):
                    await self.refresh()
        return self.current if self.current is not edition else None

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Whoever changes types does it alone in this process, and on what the log says. Raises StoreUnavailable."""
        async with self._lock:
            events = await type_log.changed(self._log, self.current.registry.versions)
            if events:
                self.serve(await self._served(self.current.registry, await beside(type_log.declarations, events)))
            yield

    async def make(self, registry: Registry) -> Edition:
        """An edition, made beside the requests that go on. Raises InvalidManifest."""
        return await beside(self._after, self.current, registry)

    def _after(self, before: Edition, registry: Registry) -> Edition:
        made = self._make(registry)
        for each in made.registry:
            _ = each.indexed  # found once, and here it holds up nobody
        made.breaking = breaking_changes(before.schema, made.schema)
        if made.breaking:
            made.take_over(before, doubtful=True)
        return made

    async def follow(self) -> None:
        """Refreshes whenever the log has news of a type, until it is cancelled."""
        async with contextlib.aclosing(notices(self._database, TYPE)) as news:
            async for _ in news:
                await self._refresh_in_the_end()

    async def _refresh_in_the_end(self) -> None:
        while True:
            try:
                return await self.refresh()
            except DselError as error:
                _LOG.warning("the domain types cannot be read: %s", error)
                await asyncio.sleep(_PAUSE)

    async def _served(self, registry: Registry, changes: Sequence[Declaration]) -> Edition:
        """Who applied them has built them all; but two that did so in one moment may stand in each other's way."""
        try:
            return await self.make(registry.with_applied(changes))
        except InvalidManifest:
            return await self._one_by_one(registry, sorted(changes, key=_recorded))

    async def _one_by_one(self, registry: Registry, changes: Iterable[Declaration]) -> Edition:
        edition = self.current
        for each in changes:
            try:
                edition = await self.make(registry.with_applied([each]))
            except InvalidManifest as error:
                _LOG.error("the domain type %s cannot be served: %s", each.name, error)
                edition = await self.make(registry.with_applied([replace(each, fault=str(error))]))
            registry = edition.registry
        return edition


def _recorded(declaration: Declaration) -> tuple[object, str]:
    event = declaration.event
    return (event.recorded_at, event.id) if event else ("", "")

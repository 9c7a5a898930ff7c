"""The edition that answers now, and how another takes its place when domain types are applied, here or elsewhere."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace

from domain.declaration import TYPE, Declaration
from domain.errors import DselError, InvalidManifest
from domain.registry import Registry
from graph.beside import beside
from graph.edition import Edition
from repository.driver import Database
from repository.event_log import EventLog
from repository.notices import notices
from resolvers import type_log

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
        self._adopted = adopted
        self.current = make(first)
        self._make = make
        self._database = database
        self._log = log
        self._lock = asyncio.Lock()

    @property
    def current(self) -> Edition:
        return self._current

    @current.setter
    def current(self, edition: Edition) -> None:
        self._current = edition
        self._adopted(edition.registry)

    async def refresh(self) -> None:
        """Brings the edition up to the log. Raises StoreUnavailable."""
        async with self.turn():
            """Taking the turn has done it."""

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Whoever changes types does it alone in this process, and on what the log says. Raises StoreUnavailable."""
        async with self._lock:
            changes = await type_log.changed(self._log, self.current.registry.versions)
            if changes:
                self.current = await self._served(self.current.registry, changes)
            yield

    async def make(self, registry: Registry) -> Edition:
        """An edition, made beside the requests that go on. Raises InvalidManifest."""
        return await beside(self._make, registry)

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

"""One request: its instant, its caller, and the loaders that batch its reads."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from domain import instants
from domain.event import Actor
from domain.instants import Clock
from domain.registry import Registry
from repository.event_log import EventLog, Moment
from repository.tail import Tail
from resolvers.type_keeper import TypeKeeper

Answer = TypeVar("Answer")
Batch = Callable[..., Awaitable[Sequence[Answer]]]


class Right(StrEnum):
    IMPORT = "import"
    TYPES = "types"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, by its credentials, and what it may do beside reading and live writing."""

    actor: Actor
    rights: frozenset[Right] = frozenset()

    def may(self, right: Right) -> bool:
        return right in self.rights


@dataclass(slots=True)
class Reading:
    """A read that is about to begin, and for whom."""

    parents: list[Any] = field(default_factory=list)
    task: "asyncio.Future[Any]" = field(init=False)


@dataclass(slots=True)
class Context:
    """Fixed for a query. A mutation renews it after its write, so that what follows sees the write."""

    log: EventLog
    registry: Registry
    caller: Caller
    clock: Clock
    instant: datetime
    correlation_id: str = field(default_factory=lambda: secrets.token_hex(8))
    types: TypeKeeper | None = None
    """None where nothing can change them, as while demo data is loaded."""
    tail: Tail | None = None
    """None where nobody subscribes."""
    summaries_lead: bool = True
    """Whether a summary holds what was committed before the request. A subscription may learn of an event sooner."""
    resumes_after: str | None = None
    """The cursor after which a client's subscription was interrupted, as the transport has it."""
    selections: dict[Hashable, Any] = field(default_factory=dict)
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)
    _readings: "dict[Hashable, Reading]" = field(default_factory=dict)

    async def load(self, batch: Batch[Answer], parent: Hashable, *arguments: Hashable) -> Answer:
        """The answer of `batch(context, parents, *arguments)` for one of the parents that ask for the same."""

        async def read(parents: list[Any]) -> Sequence[Answer]:
            return await batch(self, parents, *arguments)

        return await self.gather((batch, *arguments), read, parent)

    async def load_all(self, batch: Batch[Answer], parents: Sequence[Any], *arguments: Hashable) -> Sequence[Answer]:
        """The answers of `batch(context, parents, *arguments)`, in one call for all who ask for the same by then."""
        key = (batch, *arguments)
        reading = self._readings.get(key)
        if reading is None:
            reading = self._readings[key] = Reading()
            reading.task = asyncio.ensure_future(self._read(key, reading.parents))
            reading.task.add_done_callback(_noted)
        start = len(reading.parents)
        reading.parents.extend(parents)
        answers: Sequence[Answer] = await asyncio.shield(reading.task)  # who leaves does not take the others along
        return answers[start : start + len(parents)]

    async def gather(
        self, key: Hashable, read: Callable[[list[Any]], Awaitable[Sequence[Answer]]], parent: Hashable
    ) -> Answer:
        """What `read` answers for one of the parents that ask with the same key."""
        loader = self._loaders.get(key)
        if loader is None:
            loader = self._loaders[key] = DataLoader(load_fn=read)
        answer: Answer = await loader.load(parent)
        return answer

    def at(self, instant: datetime) -> "Context":
        """The same caller at the instant of an event that was committed just now, with nothing read yet."""
        return Context(
            log=self.log,
            registry=self.registry,
            caller=self.caller,
            clock=self.clock,
            instant=instant,
            correlation_id=self.correlation_id,
            types=self.types,
            tail=self.tail,
            summaries_lead=False,
        )

    def is_now(self, moment: Moment) -> bool:
        """Whether the summaries may answer for the moment."""
        return self.summaries_lead and moment.at == moment.known_at == self.instant

    def renew(self, written: datetime) -> None:
        """Moves to an instant that sees what was written at `written`, and forgets what was read before."""
        self.instant = max(self.clock(), written)
        self._loaders.clear()
        self.selections.clear()

    async def _read(self, key: tuple[Any, ...], parents: Sequence[Any]) -> Sequence[Any]:
        self._readings.pop(key)  # whoever asks from now on asks anew
        batch, *arguments = key
        answers: Sequence[Any] = await batch(self, parents, *arguments)
        return answers

    def response_extensions(self) -> dict[str, Any]:
        return {"dsel": {"instant": instants.write(self.instant)}}


def _noted(task: "asyncio.Future[Any]") -> None:
    """The failure of a read whose callers are gone is nobody's."""
    if not task.cancelled():
        task.exception()

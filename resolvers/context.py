"""One request: its instant, its caller, and the loaders that batch its reads."""

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
from repository.event_log import EventLog

Answer = TypeVar("Answer")
Batch = Callable[..., Awaitable[Sequence[Answer]]]


class Right(StrEnum):
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, by its credentials, and what it may do beside reading and live writing."""

    actor: Actor
    rights: frozenset[Right] = frozenset()

    def may(self, right: Right) -> bool:
        return right in self.rights


@dataclass(slots=True)
class Context:
    """Fixed for a query. A mutation renews it after its write, so that what follows sees the write."""

    log: EventLog
    registry: Registry
    caller: Caller
    clock: Clock
    instant: datetime
    correlation_id: str = field(default_factory=lambda: secrets.token_hex(8))
    selections: dict[Hashable, Any] = field(default_factory=dict)
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)

    async def load(self, batch: Batch[Answer], parent: Hashable, *arguments: Hashable) -> Answer:
        """The answer of `batch(context, parents, *arguments)` for one of the parents that ask for the same."""
        key = (batch, *arguments)
        loader = self._loaders.get(key)
        if loader is None:

            async def load_all(parents: list[Any]) -> Sequence[Any]:
                return await batch(self, parents, *arguments)

            loader = self._loaders[key] = DataLoader(load_fn=load_all)
        answer: Answer = await loader.load(parent)
        return answer

    def renew(self, written: datetime) -> None:
        """Moves to an instant that sees what was written at `written`, and forgets what was read before."""
        self.instant = max(self.clock(), written)
        self._loaders.clear()
        self.selections.clear()

    def response_extensions(self) -> dict[str, Any]:
        return {"dsel": {"instant": instants.write(self.instant)}}

"""The port: what happened, in numbers. Each answer reads every event that it counts, so their number is bounded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.buckets import Buckets
from domain.event import ActorType
from repository.event_log import EventFilter, Moment

MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class Slot:
    """How many events of one kind one type of actor caused in one bucket."""

    start: datetime
    kind: str
    actor_type: ActorType
    events: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many events of one kind one type of actor caused in one app."""

    type: str
    app_id: str
    kind: str
    actor_type: ActorType
    events: int


@dataclass(frozen=True, slots=True)
class Involved:
    """An entity, and what was done to it: how often, since when and until when."""

    key: str
    events: int
    first: datetime
    last: datetime


class Activity(Protocol):
    """All raise FilterTooWide when more than 100,000 events would be counted, and otherwise as EventLog.search does."""

    async def slots(self, where: EventFilter, moment: Moment, buckets: Buckets) -> list[Slot]:
        """By bucket, without those in which nothing happened."""
        ...

    async def slots_of(
        self, keys: Sequence[str], where: EventFilter, moment: Moment, buckets: Buckets
    ) -> dict[str, list[Slot]]:
        """The same of each entity."""
        ...

    async def lengths(self, keys: Sequence[str], where: EventFilter, moment: Moment, most: int) -> dict[str, int]:
        """How many events of each entity meet the conditions, counted up to `most`."""
        ...

    async def tallies(self, where: EventFilter, moment: Moment) -> list[Tally]: ...

    async def involved(self, where: EventFilter, moment: Moment) -> list[Involved]:
        """The entities that the events are about, in no order."""
        ...

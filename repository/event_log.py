"""The port: what a log of events answers. It appends and reads; nothing in it changes or removes an event.

Every read takes many entities at once and answers by entity key, so that a caller needs one call per level of a query.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from domain.backlink import Backlink
from domain.conditions import EVERYTHING, Condition
from domain.entity import Entity
from domain.errors import DselError
from domain.event import ActorType, Draft, Event, Phase
from domain.labels import Requirement
from domain.ordering import Ordering, Position
from repository.fields import Fields

if TYPE_CHECKING:
    from repository.activity import Activity


@dataclass(frozen=True, slots=True)
class Moment:
    """A point on both time axes: what was true `at`, as far as it was known at `known_at`."""

    at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Append:
    """A draft and the entity version it was made for; None does not care. 0 demands that the entity is new."""

    draft: Draft
    expected_version: int | None = None
    follows: bool = False
    """Belongs to the append before it, as an outcome to its intent: what refuses one refuses both."""


@dataclass(frozen=True, slots=True)
class Appended:
    event: Event
    deduplicated: bool = False
    """The event was there already: same id, same content."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The summary of one entity. `state` is the newest state-carrying event, None before the first one."""

    entity: Entity
    version: int
    state: Event | None
    first: Event
    last: Event
    outcomes: int | None
    """How many; None of a read that needed less than the whole summary."""
    intents: int | None

    def showing(self, state: Event) -> "Latest":
        """The same summary with another state."""
        return replace(self, state=state)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Conditions that all must hold; an empty one does not restrict. Spans are [since, until)."""

    types: tuple[str, ...] = ()
    app_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    actors: tuple[str, ...] = ()
    actor_types: tuple[ActorType, ...] = ()
    execution_id: str | None = None
    correlation_id: str | None = None
    words: tuple[str, ...] = ()
    """All of them stand in the comment."""
    since: datetime | None = None
    until: datetime | None = None
    recorded_since: datetime | None = None
    recorded_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ActFilter:
    """Which events count when somebody asks who acted: those by a type of actor, those of some kinds, or all."""

    actor_type: ActorType | None = None
    kinds: tuple[str, ...] = ()


ANY_ACT = ActFilter()


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """Entities of one type, in one app or all, by labels, and by what else their view holds."""

    type: str
    app_id: str | None = None
    labels: tuple[Requirement, ...] = ()
    condition: Condition = EVERYTHING
    """On the entity's view; see domain/entity_view.py."""


class Order(StrEnum):
    """How the log is walked. In the whole log each ends in the event id, so that no two events share a place."""

    NEWEST = "by timestamp, from new to old"
    OLDEST = "by timestamp, from old to new"
    RECORDED = "by recordedAt, from old to new, up to the settled point"

    @property
    def axis(self) -> str:
        return "recordedAt" if self is Order.RECORDED else "timestamp"

    @property
    def direction(self) -> int:
        return -1 if self is Order.NEWEST else 1


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """The next `first` events of an entity after a position in its timeline, by timestamp and version."""

    first: int
    after: tuple[datetime, int] | None = None
    where: EventFilter = field(default_factory=EventFilter)
    order: Order = Order.NEWEST
    """NEWEST or OLDEST."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """The next `first` events of the whole log after a position: the time that the order goes by, and the event id."""

    first: int
    after: tuple[datetime, str] | None = None
    where: EventFilter = field(default_factory=EventFilter)
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class Touch:
    """An entity whose state some events wrote: when the newest of them did, and whether any was a human's."""

    entity: Entity
    at: datetime
    by_human: bool


@dataclass(frozen=True, slots=True)
class EntityPage:
    """The next `first` entities after a position, in the order of keys unless another is given."""

    where: EntityFilter
    first: int
    after: Position | None = None
    order: tuple[Ordering, ...] = ()


@dataclass(frozen=True, slots=True)
class Seek:
    """An entity that others may refer to by these names, and the key after which they are wanted."""

    target: Entity
    names: tuple[str, ...]
    after: str = ""


class EventLog(Protocol):
    """All reads raise StoreUnavailable. Answers are keyed by `Entity.key`; what is not there is missing."""

    @property
    def most_examined(self) -> int:
        """How many entities a list may examine beyond what an index answers."""
        ...

    async def append(self, appends: Sequence[Append]) -> list[Appended | DselError]:
        """Commits each draft by itself, in the order given; an error stands in the place of its draft."""
        ...

    async def latest(self, keys: Sequence[str], fields: Fields) -> dict[str, Latest]: ...

    async def as_of(self, keys: Sequence[str], moment: Moment, fields: Fields) -> dict[str, Event]:
        """The newest state-carrying event of each entity, a delete included."""
        ...

    async def states(self, type_: str, app_id: str, moment: Moment, fields: Fields) -> dict[str, Event]:
        """The newest state-carrying event of every entity of a type in an app, deletes included, from the log alone.

        For types with few entities: it has no pages.
        """
        ...

    async def last_events(self, keys: Sequence[str], moment: Moment, by: ActFilter = ANY_ACT) -> dict[str, Event]:
        """The newest event of each entity: of any kind, or among some."""
        ...

    async def last_acts(self, keys: Sequence[str], page: TimelinePage, moment: Moment) -> dict[str, list[Event]]:
        """The newest event of each actor among the events of a page of each entity, from new to old."""
        ...

    async def first_events(self, keys: Sequence[str], moment: Moment, by: ActFilter = ANY_ACT) -> dict[str, Event]: ...

    async def events(
        self, keys: Sequence[str], page: TimelinePage, moment: Moment, fields: Fields
    ) -> dict[str, list[Event]]: ...

    async def ends(self, states: Sequence[Event], moment: Moment) -> dict[str, datetime]:
        """When each state was followed by the next one, by event id."""
        ...

    async def previous(self, states: Sequence[Event], moment: Moment, fields: Fields) -> dict[str, Event]:
        """The state-carrying event before each of these, by event id."""
        ...

    async def states_before(
        self, states: Sequence[Event], first: int, moment: Moment, fields: Fields
    ) -> dict[str, list[Event]]:
        """Up to `first` state-carrying events before each of these, from new to old, by event id."""
        ...

    async def entities(self, page: EntityPage, fields: Fields) -> list[Latest]:
        """The entities that have a state now. Raises QueryTooLarge when too many would have to be examined."""
        ...

    async def can_seek(self, link: Backlink) -> bool:
        """Whether `referring` may be asked: indexes hold the names that the references give."""
        ...

    async def referring(
        self, link: Backlink, seeks: Sequence[Seek], first: int, fields: Fields
    ) -> dict[str, list[Latest]]:
        """The next entities that may refer to each of those that are sought, by its key.

        They hold one of its names. In the order of keys; fewer than `first` when there are no more.
        """
        ...

    async def moved(self, where: EntityFilter, moment: Moment) -> list[str]:
        """The keys of the entities of a type or app whose newest state is not that of the moment.

        Raises QueryTooLarge when there are more than `most_examined` entities, changed or not.
        """
        ...

    async def has_changed(self, type_: str, since: datetime) -> bool:
        """Whether an event about an entity of the type took effect after `since`."""
        ...

    async def entities_as_of(self, page: EntityPage, moment: Moment, fields: Fields) -> list[Event]:
        """The states of the entities that have one at `moment.at`. Raises QueryTooLarge as `entities` does."""
        ...

    async def events_by_id(self, ids: Sequence[str], fields: Fields) -> dict[str, Event]: ...

    async def correlated(self, correlation_ids: Sequence[str], keys: Sequence[str], fields: Fields) -> list[Event]:
        """The events of these requests on these entities, by version: an intent stands before its outcome."""
        ...

    async def search(self, page: LogPage, moment: Moment, fields: Fields) -> list[Event]:
        """A page of the whole log. Raises FilterTooWide when no index answers it and too much would be read.

        In recorded order it ends at `settled(moment.known_at)`, so that a late commit is delayed and never skipped.
        """
        ...

    async def count(self, where: EventFilter, moment: Moment, most: int) -> int:
        """How many events meet the conditions, counted up to `most`. Raises FilterTooWide as `search` does."""
        ...

    async def touched(self, where: EventFilter, moment: Moment) -> list[Touch]:
        """Each entity whose state an event that meets the conditions wrote, in no order.

        Raises FilterTooWide as `search` does, and QueryTooLarge when there are too many such events.
        """
        ...

    @property
    def activity(self) -> "Activity":
        """The same log in numbers."""
        ...

    def settled(self, instant: datetime) -> datetime:
        """The point up to which, at `instant`, no event can become visible any more: see domain/settling.py."""
        ...

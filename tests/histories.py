"""Random histories of a few entities, and what a log must answer about them by `domain/timeline.py`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import strategies as st

from domain import timeline
from domain.entity import Entity
from domain.errors import DselError
from domain.event import Actor, ActorType, Document, Draft, Event, Phase
from domain.labels import Requirement
from domain.objects import labels_of
from domain.words import comment_words
from examples import JOHN, PIPELINE, T0, Hands, artifact, draft, later
from repository.event_log import Append, Appended, EventFilter, EventLog, Moment, Order, TimelinePage, Touch
from repository.fields import STATE, WHOLE

NAMES = ("a", "a/b", "b")
ACTIONS = ("Applied", "Applied", "Applied", "Deleted", "Scanned", "Apply", "Delete")


@dataclass(frozen=True)
class Act:
    """One draft. `back` is how many milliseconds before the clock it happened; None is now."""

    entity: int
    action: str
    stateful: bool
    back: int | None
    team: str

    def draft(self, app: str, at: datetime, number: int) -> Draft:
        entity = Entity("Artifact", app, NAMES[self.entity])
        state = artifact(entity, labels={"team": self.team}, number=number) if self.stateful else None
        return draft(
            entity,
            self.action,
            state,
            timestamp=None if self.back is None else later(-self.back, at),
            actor=JOHN if number % 2 else PIPELINE,
            execution_id=f"run-{number // 3}" if number % 3 else None,
            spec={"number": number, "comment": f"Release {number % 3}, as planned."},
        )


@dataclass(frozen=True)
class Step:
    """Acts that are appended after the clock was moved, which may also step back: as one batch or each by itself."""

    milliseconds: int
    acts: tuple[Act, ...]
    together: bool


@dataclass
class History:
    """What was appended; the events of each entity in order of commit."""

    app: str
    events: list[Event] = field(default_factory=list)
    imported: dict[str, datetime] = field(default_factory=dict)
    """By event id, the time that the writer of an imported event gave."""

    @property
    def keys(self) -> list[str]:
        return [Entity("Artifact", self.app, name).key for name in NAMES]

    def of(self, key: str) -> list[Event]:
        return [event for event in self.events if event.entity.key == key]

    def as_of(self, key: str, moment: Moment) -> Event | None:
        return timeline.as_of(self.of(key), moment.at, moment.known_at, include_deleted=True)

    def previous(self, state: Event, moment: Moment) -> Event | None:
        return next(iter(self.states_before(state, moment)), None)

    def states_before(self, state: Event, moment: Moment) -> list[Event]:
        events = timeline.history(self.of(state.entity.key), moment.at, moment.known_at)
        return [event for event in events if event.stateful and event.order < state.order]

    def timeline(self, key: str, moment: Moment, where: EventFilter) -> list[Event]:
        return [event for event in timeline.history(self.of(key), moment.at, moment.known_at) if matches(event, where)]

    def last_acts(self, key: str, moment: Moment, where: EventFilter) -> list[Event]:
        newest: dict[Actor, Event] = {}
        for event in self.timeline(key, moment, where):
            newest.setdefault(event.actor, event)
        return list(newest.values())

    def log(self, moment: Moment, where: EventFilter, order: Order = Order.NEWEST) -> list[Event]:
        seen = timeline.history(self.events, moment.at, moment.known_at)
        found = [event for event in seen if matches(event, where)]
        if order is Order.RECORDED:
            return sorted(found, key=lambda event: (event.recorded_at, event.id))
        return sorted(found, key=lambda event: (event.timestamp, event.id), reverse=order is Order.NEWEST)

    def touched(self, moment: Moment, where: EventFilter) -> dict[str, Touch]:
        events: dict[Entity, list[Event]] = {}
        for event in self.log(moment, where):
            if event.stateful:
                events.setdefault(event.entity, []).append(event)
        return {
            entity.key: Touch(entity, found[0].timestamp, any(each.actor.type is ActorType.HUMAN for each in found))
            for entity, found in events.items()
        }

    def living(self, moment: Moment, labels: Sequence[Requirement] = ()) -> list[Event]:
        states = [timeline.as_of(self.of(key), moment.at, moment.known_at) for key in sorted(self.keys)]
        return [
            state
            for state in states
            if state is not None and all(each.holds(labels_of(state.state or {})) for each in labels)
        ]


ALWAYS = Moment(later(10**9), later(10**9))


def matches(event: Event, where: EventFilter) -> bool:
    several = (
        (where.types, event.entity.type),
        (where.app_ids, event.entity.app_id),
        (where.names, event.entity.name),
        (where.kinds, event.kind),
        (where.actions, event.action),
        (where.phases, event.phase),
        (where.actors, event.actor.id),
        (where.actor_types, event.actor.type),
    )
    return (
        all(not wanted or value in wanted for wanted, value in several)
        and where.execution_id in (None, event.execution_id)
        and where.correlation_id in (None, event.correlation_id)
        and set(where.words) <= set(comment_words(event.spec or {}))
        and (where.since is None or event.timestamp >= where.since)
        and (where.until is None or event.timestamp < where.until)
        and (where.recorded_since is None or event.recorded_at >= where.recorded_since)
        and (where.recorded_until is None or event.recorded_at < where.recorded_until)
    )


async def play(log: EventLog, clock: Hands, app: str, steps: Sequence[Step]) -> History:
    """Appends the steps and returns what became of them. Every draft must be committed."""
    history, number = History(app), 0
    for step in steps:
        clock.move(step.milliseconds)
        appends = []
        for act in step.acts:
            number += 1
            appends.append(Append(act.draft(app, clock.at, number)))
        batches = [appends] if step.together else [[each] for each in appends]
        events = [event for result in await asyncio.gather(*map(log.append, batches)) for event in committed(result)]
        history.events += events
        history.imported |= {
            event.id: append.draft.timestamp
            for event, append in zip(events, appends, strict=True)
            if append.draft.timestamp is not None
        }
    return history


def committed(results: Sequence[Appended | DselError]) -> list[Event]:
    """The events of an append of which every draft must have been committed for the first time."""
    assert all(isinstance(each, Appended) and not each.deduplicated for each in results), results
    return [each.event for each in results if isinstance(each, Appended)]


@dataclass(frozen=True)
class Summary:
    """What is comparable of the summary of an entity."""

    version: int
    first: str
    last: str
    state: str | None
    content: Document | None
    outcomes: int | None
    intents: int | None


async def summary_of(log: EventLog, entity: Entity) -> Summary:
    found = (await log.latest([entity.key], STATE))[entity.key]
    assert found.entity == entity
    state = found.state
    return Summary(
        version=found.version,
        first=found.first.id,
        last=found.last.id,
        state=state.id if state else None,
        content=state.state if state else None,
        outcomes=found.outcomes,
        intents=found.intents,
    )


def recomputed_from(events: Sequence[Event]) -> Summary:
    """What the summary of an entity must say, by the specification; of one event or more."""
    ordered = timeline.history(events, ALWAYS.at, ALWAYS.known_at)
    state = timeline.as_of(events, ALWAYS.at, ALWAYS.known_at, include_deleted=True)
    return Summary(
        version=len(ordered),
        first=ordered[-1].id,
        last=ordered[0].id,
        state=state.id if state else None,
        content=state.state if state else None,
        outcomes=sum(event.phase is Phase.OUTCOME for event in events),
        intents=sum(event.phase is Phase.INTENT for event in events),
    )


async def recomputed(log: EventLog, entity: Entity) -> Summary:
    """What the summary of an entity must say by what the log holds."""
    events = await log.events([entity.key], TimelinePage(10_000), ALWAYS, WHOLE)
    return recomputed_from(events[entity.key])


def steps() -> st.SearchStrategy[list[Step]]:
    acts = st.builds(
        Act,
        entity=st.integers(0, len(NAMES) - 1),
        action=st.sampled_from(ACTIONS),
        stateful=st.booleans(),
        back=st.one_of(st.none(), st.none(), st.integers(0, 4)),
        team=st.sampled_from(["platform", "web"]),
    )
    step = st.builds(
        Step,
        milliseconds=st.sampled_from([0, 0, 1, 1, 2, -1]),
        acts=st.lists(acts, min_size=1, max_size=5).map(tuple),
        together=st.booleans(),
    )
    return st.lists(step, min_size=1, max_size=4)


def moments() -> st.SearchStrategy[Moment]:
    """Around the times of a history that begins at T0."""
    time = st.integers(-5, 9).map(later)
    return st.one_of(st.builds(Moment, time, time), st.builds(Moment, time, st.just(ALWAYS.known_at)), st.just(ALWAYS))


def filters() -> st.SearchStrategy[EventFilter]:
    """Of the events of a played history."""
    some = st.sampled_from
    return st.builds(
        EventFilter,
        types=some([(), (), ("Artifact",), ("Artifact", "Config"), ("Config",)]),
        kinds=some([(), (), ("ArtifactAppliedEvent",), ("ArtifactScannedEvent", "ArtifactApplyEvent")]),
        actions=some([(), (), ("Applied", "Deleted")]),
        phases=some([(), (), (Phase.OUTCOME,), (Phase.INTENT,), (Phase.INTENT, Phase.OUTCOME)]),
        actors=some([(), (), (JOHN.id,), (PIPELINE.id, "nobody")]),
        actor_types=some([(), (), (JOHN.type,)]),
        execution_id=some([None, None, "run-0", "run-1"]),
        since=some([None, None, T0, later(1)]),
        until=some([None, None, later(2), later(3)]),
        names=some([(), (), ("a",), ("a/b", "nothing")]),
        words=some([(), (), ("planned",), ("release", "1")]),
        recorded_since=some([None, None, None, later(1)]),
        recorded_until=some([None, None, None, later(3)]),
    )

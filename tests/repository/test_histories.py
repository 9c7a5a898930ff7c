"""On random histories the log on MongoDB answers as the executable specification does."""

import asyncio
from dataclasses import replace
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import timeline
from domain.buckets import Bucket, Buckets
from domain.event import ActorType
from domain.labels import parse
from examples import Hands, later
from histories import ALWAYS, NAMES, History, Step, filters, moments, play, recomputed_from, steps, summary_of
from repository.driver import Database
from repository.event_log import (
    ANY_ACT,
    ActFilter,
    EntityFilter,
    EntityPage,
    EventFilter,
    LogPage,
    Moment,
    Order,
    TimelinePage,
)
from repository.fields import STATE, WHOLE
from repository.mongo_event_log import MongoEventLog

EVERYTHING = Buckets(Bucket.DAY, later(-(10**8)), later(10**8))
BY = (
    ANY_ACT,
    ActFilter(ActorType.HUMAN),
    ActFilter(kinds=("ArtifactAppliedEvent", "ArtifactScannedEvent")),
    ActFilter(ActorType.SERVICE, ("ArtifactDeletedEvent",)),
)
SELECTORS = ("", "team=platform", "team!=platform", "team in (platform,web)", "!team", "team")


async def check_commits(history: History) -> None:
    """Versions are dense from 1, recordedAt never decreases, and nothing is recorded before it happens.

    An import stands at the time that it came with, a live event never before another one.
    """
    for key in history.keys:
        events = history.of(key)
        assert [event.version for event in events] == list(range(1, len(events) + 1))
        assert [event.recorded_at for event in events] == sorted(event.recorded_at for event in events)
        assert all(event.timestamp <= event.recorded_at for event in events)
        for version, event in enumerate(events):
            newest = max((before.timestamp for before in events[:version]), default=event.timestamp)
            assert event.timestamp == history.imported.get(event.id, max(event.timestamp, newest))


async def check_moment(
    log: MongoEventLog, long_after: MongoEventLog, history: History, moment: Moment, where: EventFilter
) -> None:
    """`long_after` is the same log when its order is settled."""
    keys = history.keys
    states = {key: state for key in keys if (state := history.as_of(key, moment))}
    assert await log.as_of(keys, moment, WHOLE) == states

    for by in BY:
        acts = {key: found for key in keys if (found := history.timeline(key, moment, filter_of(by)))}
        lasts = await log.last_events(keys, moment, by)
        assert {key: event.id for key, event in lasts.items()} == {key: found[0].id for key, found in acts.items()}
        firsts = await log.first_events(keys, moment, by)
        assert {key: event.id for key, event in firsts.items()} == {key: found[-1].id for key, found in acts.items()}

    timelines = await log.events(keys, TimelinePage(100, where=where), moment, WHOLE)
    assert {key: timelines.get(key, []) for key in keys} == {key: history.timeline(key, moment, where) for key in keys}

    backwards = await log.events(keys, TimelinePage(100, where=where, order=Order.OLDEST), moment, WHOLE)
    assert backwards == {key: events[::-1] for key, events in timelines.items()}
    for key, events in timelines.items():
        place = events[0].timestamp, events[0].version
        rest = await log.events([key], TimelinePage(2, place, where), moment, WHOLE)
        assert rest.get(key, []) == events[1:3]
        place = events[-1].timestamp, events[-1].version
        rest = await log.events([key], TimelinePage(2, place, where, Order.OLDEST), moment, WHOLE)
        assert rest.get(key, []) == events[::-1][1:3]
    lengths = await log.activity.lengths(keys, where, moment, 3)
    assert {key: lengths.get(key, 0) for key in keys} == {key: min(3, len(timelines.get(key, []))) for key in keys}
    slots = await log.activity.slots_of(keys, where, moment, EVERYTHING)
    assert {key: sum(slot.events for slot in found) for key, found in slots.items()} == {
        key: len(events) for key, events in timelines.items()
    }

    acts = await log.last_acts(keys, TimelinePage(100, where=where), moment)
    assert {key: [event.id for event in acts.get(key, [])] for key in keys} == {
        key: [event.id for event in history.last_acts(key, moment, where)] for key in keys
    }

    stateful = [event for event in history.events if event.stateful]
    ends = {
        event.id: timeline.valid_to(history.of(event.entity.key), event, moment.at, moment.known_at)
        for event in stateful
    }
    assert await log.ends(stateful, moment) == {id_: end for id_, end in ends.items() if end is not None}

    before = {event.id: history.previous(event, moment) for event in stateful}
    assert await log.previous(stateful, moment, WHOLE) == {id_: state for id_, state in before.items() if state}

    earlier = {event.id: history.states_before(event, moment)[:2] for event in stateful}
    several = await log.states_before([*stateful, *stateful], 2, moment, WHOLE)
    assert several == {id_: states for id_, states in earlier.items() if states}

    mine = replace(where, app_ids=(history.app,))
    for order in Order:
        found = await long_after.search(LogPage(100, where=mine, order=order), moment, WHOLE)
        assert found == history.log(moment, mine, order)
    assert await log.count(mine, moment, 100) == len(history.log(moment, mine))


def filter_of(by: ActFilter) -> EventFilter:
    return EventFilter(kinds=by.kinds, actor_types=(by.actor_type,) if by.actor_type else ())


async def check_lists(log: MongoEventLog, history: History, moment: Moment, selector: str) -> None:
    where = EntityFilter("Artifact", history.app, parse(selector))
    page = EntityPage(where, first=len(NAMES))
    assert await log.entities_as_of(page, moment, WHOLE) == history.living(moment, where.labels)
    now = await log.entities(page, STATE)
    assert [each.state.id for each in now if each.state] == [each.id for each in history.living(ALWAYS, where.labels)]


async def check_latest(log: MongoEventLog, history: History) -> None:
    summaries = await log.latest(history.keys, STATE)
    assert set(summaries) == {event.entity.key for event in history.events}
    for summary in summaries.values():
        assert await summary_of(log, summary.entity) == recomputed_from(history.of(summary.entity.key))


@settings(max_examples=75)
@given(
    steps=steps(),
    moments=st.lists(moments(), min_size=2, max_size=2),
    where=filters(),
    selector=st.sampled_from(SELECTORS),
)
async def test_every_read_agrees_with_the_specification(
    database: Database, steps: list[Step], moments: list[Moment], where: EventFilter, selector: str
) -> None:
    clock = Hands()
    log = MongoEventLog(database, clock)
    history = await play(log, clock, f"app-{uuid4().hex}", steps)
    await check_commits(history)
    await check_latest(log, history)
    long_after = MongoEventLog(database, Hands(later(10**6)))
    checks = [check_moment(log, long_after, history, moment, where) for moment in moments]
    await asyncio.gather(*checks, *(check_lists(log, history, moment, selector) for moment in moments))

"""The summaries: derived from the log, counted once, healed whatever happened."""

import asyncio
from uuid import uuid4

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.entity import Entity
from domain.event import Document
from examples import Hands, artifact, draft, later
from histories import Step, committed, play, recomputed, recomputed_from, steps, summary_of
from meddling import Happening, Meddled, away
from patience import PATIENCE
from repository import latest
from repository.documents import EVENTS, LATEST, event_document
from repository.driver import Database
from repository.event_log import Append
from repository.fields import STATE
from repository.mongo_event_log import MongoEventLog


def documents(entity: Entity, *milliseconds: int, start: int = 1) -> list[Document]:
    """Events of these times, in order of version; every third is an intent."""
    made, newest = [], later(-(10**6))
    for version, at in enumerate(milliseconds, start=start):
        newest = max(newest, later(at))
        action = "Apply" if version % 3 == 0 else "Applied"
        one = draft(entity, action, artifact(entity, version=version))
        event = one.recorded(uuid4().hex, version, later(at), later(10**6))
        made.append(event_document(event, one.digest, newest))
    return made


async def store(database: Database, events: list[Document]) -> list[Document]:
    """Puts them into the log without a summary."""
    await database.insert(EVENTS, [RawBSONDocument(bson.encode(each)) for each in events])
    return events


@pytest.mark.parametrize("times", [(1, 2, 3, 4), (4, 3, 2, 1), (1, 1, 1), (2, 9, 1, 9, 3), (5,)])
async def test_the_position_in_the_timeline_decides_not_the_order_of_arrival(
    database: Database, log: MongoEventLog, vpc: Entity, times: tuple[int, ...]
) -> None:
    """One by one, all at once, and half by half."""
    for number, sizes in enumerate([[1] * len(times), [len(times)], [len(times) // 2, len(times)]]):
        entity = Entity("Artifact", vpc.app_id, f"{number}")
        events = await store(database, documents(entity, *times))
        while events:
            size = sizes.pop(0)
            await latest.fold(database, events[:size])
            events = events[size:]
        assert await summary_of(log, entity) == await recomputed(log, entity)


async def test_an_event_is_counted_once_however_often_it_is_folded(
    database: Database, log: MongoEventLog, vpc: Entity
) -> None:
    events = await store(database, documents(vpc, 1, 2, 3, 4))
    for part in (events, events[:1], events[1:3], events, events[3:]):
        await latest.fold(database, part)
        assert await summary_of(log, vpc) == await recomputed(log, vpc)


async def test_what_is_folded_before_its_time_brings_the_rest_along(
    database: Database, log: MongoEventLog, vpc: Entity
) -> None:
    events = await store(database, documents(vpc, 1, 2, 3, 4))
    await latest.fold(database, events[2:])
    assert await summary_of(log, vpc) == await recomputed(log, vpc)


async def test_a_run_with_holes_is_folded_from_the_log(database: Database, log: MongoEventLog, vpc: Entity) -> None:
    """As when two writers took turns."""
    events = await store(database, documents(vpc, 1, 2, 3, 4, 5))
    await latest.fold(database, events[::2])
    assert await summary_of(log, vpc) == await recomputed(log, vpc)


async def test_many_who_fold_and_repair_at_once_agree(database: Database, log: MongoEventLog, app: str) -> None:
    entities = [Entity("Artifact", app, f"{number}") for number in range(4)]
    stored = [await store(database, documents(each, 3, 1, 2, 5, 4, 6)) for each in entities]
    keys = [each.key for each in entities]
    await asyncio.gather(
        *(latest.fold(database, [each]) for events in stored for each in events),
        *(latest.repair(database, keys) for _ in range(4)),
    )
    for entity in entities:
        assert await summary_of(log, entity) == await recomputed(log, entity)


async def test_long_backlogs_are_repaired_in_parts(database: Database, log: MongoEventLog, app: str) -> None:
    entities = [Entity("Artifact", app, name) for name in "abc"]
    for each in entities:
        await store(database, documents(each, *range(801)))
    assert await latest.repair(database, [each.key for each in entities]) == 3
    for each in entities:
        assert await summary_of(log, each) == await recomputed(log, each)


async def test_many_entities_are_repaired_by_a_few_calls(database: Database, log: MongoEventLog, app: str) -> None:
    """One asks for the heads, the summaries, the events and the newest states of all, and one writes."""
    entities = [Entity("Artifact", app, f"{number:02}") for number in range(60)]
    for each in entities:
        await store(database, documents(each, 2, 1, 3))
    meddled, called = Meddled(database), list[str]()

    def noted(call: str) -> Happening:
        async def note() -> None:
            called.append(call)

        return note

    for call in (("aggregate", EVENTS), ("find", LATEST), ("find", EVENTS), ("update", LATEST)):
        meddled.before[call] = [noted(call[0]) for _ in range(100)]
    assert await latest.repair(meddled, [each.key for each in entities]) == 60
    assert called == ["aggregate", "find", "find", "find", "update", "aggregate", "find"]
    for each in entities[::20]:
        assert await summary_of(log, each) == await recomputed(log, each)


@settings(max_examples=10)
@given(before=steps(), meanwhile=steps())
async def test_emptied_summaries_are_made_again_while_others_write(
    database: Database, before: list[Step], meanwhile: list[Step]
) -> None:
    clock, app = Hands(), f"app-{uuid4().hex}"
    log = MongoEventLog(database, clock)
    history = await play(log, clock, app, before)
    own = await database.find(LATEST, {"_id": {"$in": history.keys}}, projection={"_id": 1})
    for each in own:
        await database.command({"delete": LATEST, "deletes": [{"q": {"_id": each["_id"]}, "limit": 1}]})
    writing = asyncio.create_task(play(log, clock, app, meanwhile))
    await asyncio.gather(*(latest.repair(database, history.keys) for _ in range(3)))
    more = await writing
    await latest.repair(database, history.keys)
    for key in {event.entity.key for event in (*history.events, *more.events)}:
        events = sorted([*history.of(key), *more.of(key)], key=lambda event: event.version)
        assert await summary_of(log, events[0].entity) == recomputed_from(events)


async def test_repair_of_what_does_not_exist_does_nothing(database: Database, vpc: Entity) -> None:
    assert await latest.repair(database, [vpc.key]) == 0
    assert await latest.repair(database, []) == 0
    assert await database.find(LATEST, {"_id": vpc.key}) == []


@pytest.mark.parametrize("before", [True, False])
async def test_a_hole_in_the_log_does_not_keep_repair_busy_for_ever(
    database: Database, log: MongoEventLog, vpc: Entity, before: bool
) -> None:
    """After a bad restore, say, before or after the summary was made: it tells what there is."""
    first, second, _, fourth = documents(vpc, 1, 2, 3, 4)
    await store(database, [first, second, fourth])
    if before:
        await latest.fold(database, [first, second])
    async with asyncio.timeout(PATIENCE):
        await latest.repair(database, [vpc.key])
    summary = (await log.latest([vpc.key], STATE))[vpc.key]
    assert (summary.version, summary.last.id, summary.outcomes) == (4, fourth["_id"], 3)


@settings(max_examples=30)
@given(steps=steps(), crashes=st.lists(st.booleans(), max_size=12))
async def test_whatever_crashed_the_summaries_can_be_repaired(
    database: Database, steps: list[Step], crashes: list[bool]
) -> None:
    async def well() -> None:
        """This update arrives."""

    clock, meddled = Hands(), Meddled(database)
    meddled.before["update", LATEST] = [away if crash else well for crash in crashes]
    history = await play(MongoEventLog(meddled, clock), clock, f"app-{uuid4().hex}", steps)
    await latest.repair(database, history.keys)
    log = MongoEventLog(database, clock)
    for entity in {event.entity for event in history.events}:
        assert await summary_of(log, entity) == recomputed_from(history.of(entity.key))
    assert await latest.repair(database, history.keys) == 0


async def test_an_entity_without_a_state_has_a_summary_and_is_in_no_list(
    database: Database, log: MongoEventLog, vpc: Entity
) -> None:
    committed(await log.append([Append(draft(vpc, "Apply", artifact(vpc))), Append(draft(vpc, "Scanned"))]))
    summary = (await log.latest([vpc.key], STATE))[vpc.key]
    assert (summary.state, summary.version, summary.intents, summary.outcomes) == (None, 2, 1, 1)
    assert (summary.first.action, summary.last.action) == ("Apply", "Scanned")

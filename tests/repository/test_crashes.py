"""What is left when something fails on the way, and how it heals."""

import asyncio

import pytest
from pymongo.errors import OperationFailure

from domain.entity import Entity
from domain.errors import StoreUnavailable
from examples import Hands, draft, later
from histories import ALWAYS, committed, recomputed, summary_of
from meddling import Meddled, away
from repository import latest
from repository.documents import EVENTS, LATEST
from repository.driver import Database
from repository.event_log import Append, Appended
from repository.fields import STATE, WHOLE
from repository.mongo_event_log import MongoEventLog
from writing import append, applied, stored


async def test_a_crash_before_the_summary_is_healed_by_repair(database: Database, log: MongoEventLog, app: str) -> None:
    """The event was committed, so its writer is told so, and the log answers; only the summary is late."""
    entities = [Entity("Artifact", app, name) for name in ("a", "b")]
    for entity in entities:
        await append(log, applied(entity))
    meddled = Meddled(database)
    meddled.before["update", LATEST] = [away]
    events = committed(
        await MongoEventLog(meddled, Hands(later(5))).append([Append(applied(each)) for each in entities])
    )
    keys = [entity.key for entity in entities]
    assert [each.version for each in (await log.latest(keys, STATE)).values()] == [1, 1]
    assert await log.as_of(keys, ALWAYS, WHOLE) == {event.entity.key: event for event in events}

    assert await latest.repair(database, keys) == 2
    for entity in entities:
        assert await summary_of(log, entity) == await recomputed(log, entity)
    assert await latest.repair(database, keys) == 0


async def test_a_summary_that_mongodb_refuses_does_not_make_a_committed_event_an_error(
    database: Database, log: MongoEventLog, vpc: Entity
) -> None:
    async def refuse() -> None:
        raise OperationFailure("not authorized", 13)

    meddled = Meddled(database)
    meddled.before["update", LATEST] = [refuse]
    event = await append(MongoEventLog(meddled, Hands()), applied(vpc))
    assert await stored(log, vpc) == [event]
    assert await latest.repair(database, [vpc.key]) == 1


async def test_repair_of_everything_makes_missing_summaries_too(
    database: Database, log: MongoEventLog, app: str
) -> None:
    entities = [Entity("Artifact", app, f"{number:02}") for number in range(7)]
    meddled = Meddled(database)
    crashing = MongoEventLog(meddled, Hands())
    for entity in entities:
        meddled.before["update", LATEST] = [away]
        committed(await crashing.append([Append(applied(entity)), Append(draft(entity, "Scanned"))]))
    assert await log.latest([entity.key for entity in entities], STATE) == {}
    assert await latest.repair_all(database, batch=3) == 7
    for entity in entities:
        assert await summary_of(log, entity) == await recomputed(log, entity)
    assert await latest.repair_all(database, batch=3) == 0


@pytest.mark.parametrize("lost", ["the answer to the insert", "the summary"])
async def test_a_retry_with_the_same_id_heals_what_a_crash_left(
    database: Database, log: MongoEventLog, vpc: Entity, lost: str
) -> None:
    meddled = Meddled(database)
    again = [Append(applied(vpc, id=f"{vpc.app_id}-1"))]
    if lost == "the summary":
        meddled.before["update", LATEST] = [away]
        committed(await MongoEventLog(meddled, Hands()).append(again))
    else:
        meddled.after["insert", EVENTS] = [away]
        with pytest.raises(StoreUnavailable):
            await MongoEventLog(meddled, Hands()).append(again)
    assert await log.latest([vpc.key], STATE) == {}
    (result,) = await log.append(again)
    (event,) = await stored(log, vpc)
    assert result == Appended(event, deduplicated=True)
    assert await summary_of(log, vpc) == await recomputed(log, vpc)


async def test_the_next_write_heals_a_late_summary(database: Database, log: MongoEventLog, vpc: Entity) -> None:
    meddled = Meddled(database)
    meddled.before["update", LATEST] = [away]
    await append(MongoEventLog(meddled, Hands()), applied(vpc))
    await append(log, draft(vpc, "Apply"))
    assert await summary_of(log, vpc) == await recomputed(log, vpc)


async def test_a_write_that_never_arrived_leaves_nothing(database: Database, log: MongoEventLog, vpc: Entity) -> None:
    meddled = Meddled(database)
    meddled.before["insert", EVENTS] = [away]
    with pytest.raises(StoreUnavailable):
        await MongoEventLog(meddled, Hands()).append([Append(applied(vpc))])
    assert await stored(log, vpc) == []
    assert await log.latest([vpc.key], STATE) == {}


@pytest.mark.parametrize("companions", [0, 1])
async def test_a_commit_goes_on_when_its_caller_goes_away_and_drain_waits_for_it(
    database: Database, log: MongoEventLog, app: str, vpc: Entity, companions: int
) -> None:
    """A single append and a batch over several entities."""
    reached, release = asyncio.Event(), asyncio.Event()

    async def pause() -> None:
        reached.set()
        await release.wait()

    meddled = Meddled(database)
    meddled.before["insert", EVENTS] = [pause]
    slow = MongoEventLog(meddled, Hands())
    batch = [vpc, *(Entity("Artifact", app, f"companion-{number}") for number in range(companions))]
    caller = asyncio.create_task(slow.append([Append(applied(each)) for each in batch]))
    await reached.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    draining = asyncio.create_task(slow.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    release.set()
    await draining
    assert [event.version for event in await stored(log, vpc)] == [1]
    assert await summary_of(log, vpc) == await recomputed(log, vpc)

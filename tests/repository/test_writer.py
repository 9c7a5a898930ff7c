"""The write path: versions, idempotency, conflicts, concurrency and crashes."""

import asyncio
from dataclasses import replace
from typing import Any

import bson
import pytest
from pymongo.errors import OperationFailure

from domain.entity import Entity
from domain.errors import (
    Contention,
    DselError,
    EventIdConflict,
    EventTooLarge,
    StoreUnavailable,
    TimestampInFuture,
    VersionConflict,
)
from domain.event import Actor, Draft, Event
from examples import JOHN, T0, Hands, artifact, draft, later
from histories import ALWAYS, committed, recomputed, summary_of
from meddling import Meddled, away
from repository import latest
from repository.documents import EVENTS, LATEST, event_document
from repository.driver import Database
from repository.event_log import Append, Appended, EventFilter, LogPage, TimelinePage
from repository.fields import STATE, WHOLE
from repository.mongo_event_log import MongoEventLog
from repository.writer import LARGEST_EVENT


@pytest.fixture
def vpc(app: str) -> Entity:
    return Entity("Artifact", app, "vpc")


@pytest.fixture
def other(database: Database) -> MongoEventLog:
    """A second process on the same database, whose clock is a second behind."""
    return MongoEventLog(database, Hands(later(-1000)))


def applied(entity: Entity, **fields: Any) -> Draft:
    return draft(entity, "Applied", artifact(entity), **fields)


async def stored(log: MongoEventLog, entity: Entity) -> list[Event]:
    """Every event of an entity, by version."""
    found = await log.events([entity.key], TimelinePage(1000), ALWAYS, WHOLE)
    return sorted(found.get(entity.key, []), key=lambda event: event.version)


async def append(log: MongoEventLog, one: Draft, expected_version: int | None = None) -> Event:
    (event,) = committed(await log.append([Append(one, expected_version)]))
    return event


def refusal(results: list[Appended | DselError]) -> DselError:
    (error,) = results
    assert isinstance(error, DselError)
    return error


async def test_versions_count_from_one_for_each_entity(log: MongoEventLog, app: str) -> None:
    a, b = Entity("Artifact", app, "a"), Entity("Artifact", app, "b")
    events = committed(await log.append([Append(applied(each)) for each in (a, b, a, a, b)]))
    assert [(event.entity.name, event.version) for event in events] == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
        ("a", 3),
        ("b", 2),
    ]


async def test_live_timestamps_never_run_backwards(
    log: MongoEventLog, other: MongoEventLog, clock: Hands, vpc: Entity
) -> None:
    """Not when the clock steps back and not when another process with a slow clock writes."""
    first = await append(log, applied(vpc))
    clock.move(-60_000)
    second = await append(log, applied(vpc))
    third = await append(other, applied(vpc))
    assert first.timestamp == second.timestamp == third.timestamp == first.recorded_at == third.recorded_at
    clock.move(60_001)
    assert (await append(log, applied(vpc))).timestamp == later(1, first.timestamp)


async def test_a_backdated_event_stands_at_its_own_time_and_is_recorded_now(
    log: MongoEventLog, clock: Hands, vpc: Entity
) -> None:
    first = await append(log, applied(vpc))
    clock.move(5)
    backdated = await append(log, applied(vpc, timestamp=later(-500)))
    assert (backdated.version, backdated.timestamp, backdated.recorded_at) == (2, later(-500), later(5))
    live = await append(log, applied(vpc))
    assert live.timestamp == later(5)
    assert (await log.as_of([vpc.key], replace(ALWAYS, at=later(4)), STATE))[vpc.key].id == first.id


async def test_the_newest_timestamp_counts_even_when_a_backdated_event_was_last(
    log: MongoEventLog, clock: Hands, vpc: Entity
) -> None:
    first = await append(log, applied(vpc))
    clock.move(-10)
    await append(log, applied(vpc, timestamp=later(-500)))
    assert (await append(log, applied(vpc))).timestamp == first.timestamp


async def test_a_timestamp_in_the_future_is_refused_with_both_times(log: MongoEventLog, vpc: Entity) -> None:
    error = refusal(await log.append([Append(applied(vpc, timestamp=later(1)))]))
    assert isinstance(error, TimestampInFuture)
    assert "2025-01-15T10:30:00.001Z" in str(error)
    assert "2025-01-15T10:30:00.000Z" in str(error)
    assert await stored(log, vpc) == []
    await append(log, applied(vpc, timestamp=later(0)))


async def test_without_an_id_the_log_makes_one_and_every_append_is_an_event(log: MongoEventLog, vpc: Entity) -> None:
    one, other = await append(log, applied(vpc)), await append(log, applied(vpc))
    assert one.id != other.id
    assert [event.version for event in await stored(log, vpc)] == [1, 2]


async def test_the_same_id_and_content_is_the_first_event_again(log: MongoEventLog, clock: Hands, vpc: Entity) -> None:
    id_ = f"{vpc.app_id}-1"
    first = await append(log, applied(vpc, id=id_))
    clock.move(1000)
    await append(log, applied(vpc))
    for expected in (None, 0, 7):
        assert await log.append([Append(applied(vpc, id=id_), expected)]) == [Appended(first, deduplicated=True)]
    assert len(await stored(log, vpc)) == 2


async def test_the_same_id_with_other_content_is_a_conflict(log: MongoEventLog, app: str, vpc: Entity) -> None:
    id_ = f"{vpc.app_id}-1"
    await append(log, applied(vpc, id=id_))
    elsewhere = Entity("Artifact", app, "elsewhere")
    for rival in (draft(vpc, "Scanned", id=id_), replace(applied(vpc, id=id_), entity=elsewhere)):
        error = refusal(await log.append([Append(rival)]))
        assert isinstance(error, EventIdConflict)
        assert id_ in str(error)
    assert len(await stored(log, vpc)) == 1
    assert await stored(log, elsewhere) == []


async def test_an_expected_version_must_be_the_present_one(log: MongoEventLog, vpc: Entity) -> None:
    error = refusal(await log.append([Append(applied(vpc), 1)]))
    assert isinstance(error, VersionConflict)
    assert (error.details["expected"], error.details["actual"]) == (1, 0)
    await append(log, applied(vpc), 0)
    await append(log, applied(vpc), 1)
    for stale in (0, 1, 3):
        error = refusal(await log.append([Append(applied(vpc), stale)]))
        assert isinstance(error, VersionConflict)
        assert f"is at version 2, not at {stale}" in str(error)
    assert len(await stored(log, vpc)) == 2


async def test_expected_versions_count_within_a_batch(log: MongoEventLog, vpc: Entity) -> None:
    results = await log.append([Append(applied(vpc), version) for version in (0, 1, 1, 2)])
    assert [isinstance(each, Appended) for each in results] == [True, True, False, True]
    assert isinstance(results[2], VersionConflict)
    assert [event.version for event in await stored(log, vpc)] == [1, 2, 3]


async def test_of_writers_that_expect_the_same_version_one_wins(
    log: MongoEventLog, other: MongoEventLog, vpc: Entity
) -> None:
    await append(log, applied(vpc))
    results = await asyncio.gather(*(each.append([Append(applied(vpc), 1)]) for each in [log, other] * 10))
    outcomes = [result[0] for result in results]
    assert sum(isinstance(each, Appended) for each in outcomes) == 1
    assert sum(isinstance(each, VersionConflict) for each in outcomes) == 19
    assert len(await stored(log, vpc)) == 2


async def test_fifty_tasks_on_one_entity_all_get_their_version(log: MongoEventLog, vpc: Entity) -> None:
    results = await asyncio.gather(*(log.append([Append(applied(vpc, spec={"n": n}))]) for n in range(50)))
    events = [event for result in results for event in committed(result)]
    assert [event.version for event in events] == list(range(1, 51))
    assert await stored(log, vpc) == events


@pytest.mark.parametrize("expected", [None, 0])
async def test_an_id_that_is_sent_fifty_times_at_once_is_one_event(
    log: MongoEventLog, other: MongoEventLog, vpc: Entity, expected: int | None
) -> None:
    """In two processes, with and without an expected version."""
    again = Append(applied(vpc, id=f"{vpc.app_id}-1"), expected)
    results = await asyncio.gather(*(each.append([again]) for each in [log, other] * 25))
    (event,) = await stored(log, vpc)
    appended = [result[0] for result in results]
    assert all(isinstance(each, Appended) and each.event == event for each in appended), appended
    assert sum(isinstance(each, Appended) and not each.deduplicated for each in appended) == 1


@pytest.mark.parametrize("call", [("find", EVENTS), ("aggregate", EVENTS), ("insert", EVENTS)])
@pytest.mark.parametrize("expected", [None, 0])
async def test_an_id_that_another_process_commits_meanwhile_is_recognised(
    database: Database, log: MongoEventLog, vpc: Entity, call: tuple[str, str], expected: int | None
) -> None:
    """Wherever in the write the other one gets in between: a repetition is no version conflict."""
    again = Append(applied(vpc, id=f"{vpc.app_id}-1"), expected)
    meddled = Meddled(database)
    meddled.before[call] = [lambda: log.append([again])]
    (result,) = await MongoEventLog(meddled, Hands()).append([again])
    assert isinstance(result, Appended)
    assert result.deduplicated
    assert len(await stored(log, vpc)) == 1


async def test_a_writer_who_always_comes_second_gives_up_and_leaves_nothing(
    database: Database, log: MongoEventLog, vpc: Entity
) -> None:
    meddled = Meddled(database)
    meddled.before["insert", EVENTS] = [lambda: log.append([Append(draft(vpc, "Scanned"))])] * 100
    error = refusal(await MongoEventLog(meddled, Hands()).append([Append(applied(vpc))]))
    assert isinstance(error, Contention)
    assert error.retryable
    events = await stored(log, vpc)
    assert {event.action for event in events} == {"Scanned"}
    assert len(events) < 100


async def test_repetitions_within_a_batch_are_settled_in_order(log: MongoEventLog, app: str, vpc: Entity) -> None:
    id_ = f"{vpc.app_id}-1"
    twice = applied(vpc, id=id_)
    batch = [twice, draft(vpc, "Scanned"), twice, draft(vpc, "Deleted", artifact(vpc), id=id_), applied(vpc)]
    first, second, again, conflict, last = await log.append([Append(each) for each in batch])
    assert isinstance(first, Appended)
    assert isinstance(second, Appended)
    assert isinstance(last, Appended)
    assert again == Appended(first.event, deduplicated=True)
    assert isinstance(conflict, EventIdConflict)
    assert [first.event.version, second.event.version, last.event.version] == [1, 2, 3]
    assert [event.id for event in await stored(log, vpc)] == [first.event.id, second.event.id, last.event.id]
    assert await summary_of(log, vpc) == await recomputed(log, vpc)


async def test_an_id_twice_in_a_batch_for_two_entities_is_a_conflict(log: MongoEventLog, app: str, vpc: Entity) -> None:
    one = applied(vpc, id=f"{vpc.app_id}-1")
    first, second = await log.append([Append(one), Append(replace(one, entity=Entity("Artifact", app, "other")))])
    assert isinstance(first, Appended)
    assert isinstance(second, EventIdConflict)


async def test_a_batch_of_one_event_repeated_is_one_event(log: MongoEventLog, vpc: Entity) -> None:
    results = await log.append([Append(applied(vpc, id=f"{vpc.app_id}-1"))] * 300)
    assert [isinstance(each, Appended) and each.deduplicated for each in results] == [False] + [True] * 299
    assert len(await stored(log, vpc)) == 1


async def test_a_refused_draft_leaves_the_rest_of_its_batch_alone(log: MongoEventLog, vpc: Entity) -> None:
    batch = [applied(vpc), applied(vpc, timestamp=later(1)), applied(vpc), applied(vpc)]
    results = await log.append([Append(each, 9 if each is batch[2] else None) for each in batch])
    assert [type(each) for each in results] == [Appended, TimestampInFuture, VersionConflict, Appended]
    assert [event.version for event in await stored(log, vpc)] == [1, 2]


async def test_an_empty_batch_is_nothing(log: MongoEventLog) -> None:
    assert await log.append([]) == []


async def test_an_event_of_17_megabytes_is_refused_with_its_size(log: MongoEventLog, vpc: Entity) -> None:
    large = draft(vpc, "Applied", artifact(vpc, text="x" * 17_000_000))
    after = applied(vpc)
    refused, kept = await log.append([Append(large), Append(after)])
    assert isinstance(refused, EventTooLarge)
    assert "17,000" in str(refused)
    assert refused.hint
    assert isinstance(kept, Appended)
    assert [event.version for event in await stored(log, vpc)] == [1]


async def test_the_largest_event_has_its_summary_and_comes_back(log: MongoEventLog, vpc: Entity) -> None:
    """With the longest texts in its header, which the summary repeats three times; one byte more is refused."""
    wide = "\U0001f600" * 512
    entity = Entity(wide, wide, wide)
    texts = {"correlation_id": wide, "execution_id": wide, "api_version": wide, "kind": wide}

    def filled(letters: int) -> Draft:
        id_ = f"{vpc.app_id}{letters % 2}"
        return draft(entity, "Applied", artifact(text="x" * letters), id=id_, actor=Actor(wide, JOHN.type), **texts)

    smallest = event_document(filled(0), f"{vpc.app_id}0", 1, T0, T0) | {"newest": T0}
    room = LARGEST_EVENT - len(bson.encode(smallest))
    assert isinstance(refusal(await log.append([Append(filled(room + 1))])), EventTooLarge)
    largest = await append(log, filled(room))
    assert await stored(log, entity) == [largest]
    summary = (await log.latest([entity.key], STATE))[entity.key]
    assert summary.state is not None
    assert summary.state.state == largest.state


async def test_batches_of_two_processes_mesh_without_a_loss(log: MongoEventLog, other: MongoEventLog, app: str) -> None:
    """Versions are dense, the order within each batch is kept, and the summaries tell what the log holds."""
    entities = [Entity("Artifact", app, name) for name in "abc"]
    actions = ("Applied", "Apply", "Scanned", "Deleted")

    async def write(writer: MongoEventLog, number: int) -> None:
        for batch in range(4):
            drafts = [
                draft(
                    entity, action, artifact(entity) if action != "Scanned" else None, spec={"at": [number, batch, n]}
                )
                for n, action in enumerate(actions)
                for entity in entities
            ]
            committed(await writer.append([Append(each) for each in drafts]))

    await asyncio.gather(*(write(writer, number) for number, writer in enumerate([log, other, log, other])))
    for entity in entities:
        events = await stored(log, entity)
        assert [event.version for event in events] == list(range(1, 65))
        for number in range(4):
            mine = [event.spec["at"] for event in events if event.spec and event.spec["at"][0] == number]
            assert mine == [[number, batch, n] for batch in range(4) for n in range(4)]
        assert await summary_of(log, entity) == await recomputed(log, entity)


async def test_fifty_batches_at_once_that_share_entities_all_get_in(log: MongoEventLog, app: str) -> None:
    a, b = Entity("Artifact", app, "a"), Entity("Artifact", app, "b")
    batches = [[a, Entity("Artifact", app, f"side-{number}"), b][:: 1 - 2 * (number % 2)] for number in range(50)]
    results = await asyncio.gather(*(log.append([Append(applied(each)) for each in batch]) for batch in batches))
    for result in results:
        committed(result)
    for shared in (a, b):
        assert [event.version for event in await stored(log, shared)] == list(range(1, 51))
        assert await summary_of(log, shared) == await recomputed(log, shared)


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


def pair(entity: Entity, expected: int | None = None, text: str = "", **fields: Any) -> list[Append]:
    """An intent and the outcome that follows it; `text` and `fields` are the outcome's."""
    return [
        Append(draft(entity, "Apply", artifact(entity)), expected),
        Append(draft(entity, "Applied", artifact(entity, text=text), **fields), follows=True),
    ]


async def test_an_outcome_follows_its_intent(log: MongoEventLog, vpc: Entity) -> None:
    events = committed(await log.append(pair(vpc, 0)))
    assert [(event.action, event.version) for event in events] == [("Apply", 1), ("Applied", 2)]


@pytest.mark.parametrize("fault", ["future", "size"])
async def test_what_refuses_an_outcome_refuses_its_intent(log: MongoEventLog, vpc: Entity, fault: str) -> None:
    refused = pair(vpc, timestamp=later(1)) if fault == "future" else pair(vpc, text="x" * 17_000_000)
    results = await log.append([*refused, Append(draft(vpc, "Scanned"))])
    assert isinstance(results[0], DselError)
    assert results[0] is results[1]
    assert [(event.action, event.version) for event in await stored(log, vpc)] == [("Scanned", 1)]


async def test_what_refuses_an_intent_refuses_its_outcome(log: MongoEventLog, vpc: Entity) -> None:
    intent, outcome = await log.append(pair(vpc, 5))
    assert isinstance(intent, VersionConflict)
    assert intent is outcome
    assert await stored(log, vpc) == []


async def test_a_repeated_outcome_does_not_repeat_its_intent(log: MongoEventLog, vpc: Entity) -> None:
    again = pair(vpc, 0, id=f"{vpc.app_id}-1")
    first = committed(await log.append(again))
    assert await log.append(again) == [Appended(first[1], deduplicated=True)] * 2
    assert [event.action for event in await stored(log, vpc)] == ["Apply", "Applied"]


async def test_a_pair_twice_in_one_batch_is_one_pair(log: MongoEventLog, vpc: Entity) -> None:
    again = pair(vpc, id=f"{vpc.app_id}-1")
    results = await log.append([*again, *again])
    assert [isinstance(each, Appended) and each.deduplicated for each in results] == [False, False, True, True]
    assert [event.action for event in await stored(log, vpc)] == ["Apply", "Applied"]


@pytest.mark.parametrize("call", [("find", EVENTS), ("aggregate", EVENTS), ("insert", EVENTS)])
async def test_a_pair_that_another_process_commits_meanwhile_is_not_repeated(
    database: Database, log: MongoEventLog, vpc: Entity, call: tuple[str, str]
) -> None:
    again = pair(vpc, id=f"{vpc.app_id}-1")
    meddled = Meddled(database)
    meddled.before[call] = [lambda: log.append(again)]
    results = await MongoEventLog(meddled, Hands()).append(again)
    assert all(isinstance(each, Appended) and each.deduplicated for each in results)
    assert [event.action for event in await stored(log, vpc)] == ["Apply", "Applied"]


async def test_what_is_appended_is_what_is_read(log: MongoEventLog, clock: Hands, vpc: Entity) -> None:
    event = await append(
        log,
        applied(
            vpc,
            timestamp=later(0),
            timestamp_text="2025-01-15T10:30:00.0001Z",
            correlation_id="c",
            execution_id="x",
            meta={"m": 1},
            spec={"s": {"$a": 1.5}},
            rest={"r": None},
        ),
    )
    assert await stored(log, vpc) == [event]
    assert await log.events_by_id([event.id, "nobody"], WHOLE) == {event.id: event}
    page = LogPage(10, where=EventFilter(app_ids=(vpc.app_id,)))
    assert await log.search(page, ALWAYS, WHOLE) == [event]

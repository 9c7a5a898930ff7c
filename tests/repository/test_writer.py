"""The write path: versions, times, idempotency, conflicts and sizes."""

from dataclasses import replace

import bson

from domain import instants
from domain.entity import Entity
from domain.errors import EventIdConflict, EventTooLarge, TimestampInFuture, VersionConflict
from domain.event import Actor, Draft
from examples import JOHN, T0, Hands, artifact, draft, later
from histories import ALWAYS, committed, recomputed, summary_of
from repository.documents import event_document
from repository.event_log import Append, Appended, EventFilter, LogPage, Moment
from repository.fields import STATE, WHOLE
from repository.mongo_event_log import MongoEventLog
from repository.writer import LARGEST_EVENT
from writing import append, applied, refusal, stored


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


async def test_the_earliest_instant_can_be_imported(log: MongoEventLog, vpc: Entity) -> None:
    earliest = instants.parse("0001-01-01T00:00:00Z")
    event = await append(log, applied(vpc, timestamp=earliest))
    assert await stored(log, vpc) == [event]
    assert (await log.as_of([vpc.key], Moment(earliest, later(0)), WHOLE))[vpc.key].timestamp == earliest
    assert await log.as_of([vpc.key], Moment(earliest, later(-1)), WHOLE) == {}


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

    smallest = event_document(filled(0).recorded(f"{vpc.app_id}0", 1, T0, T0), filled(0).digest, T0)
    room = LARGEST_EVENT - len(bson.encode(smallest))
    assert isinstance(refusal(await log.append([Append(filled(room + 1))])), EventTooLarge)
    largest = await append(log, filled(room))
    assert await stored(log, entity) == [largest]
    summary = (await log.latest([entity.key], STATE))[entity.key]
    assert summary.state is not None
    assert summary.state.state == largest.state


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

"""Writers who meet: tasks of one process, and two processes on one database."""

import asyncio

import pytest

from domain.entity import Entity
from domain.errors import Contention, VersionConflict
from examples import Hands, artifact, draft
from histories import committed, recomputed, summary_of
from meddling import Meddled
from repository.documents import EVENTS
from repository.driver import Database
from repository.event_log import Append, Appended
from repository.mongo_event_log import MongoEventLog
from writing import append, applied, refusal, stored


async def test_an_expected_version_is_compared_with_what_another_process_wrote(
    log: MongoEventLog, other: MongoEventLog, vpc: Entity
) -> None:
    """Not with what this one remembers."""
    await append(log, applied(vpc))
    await append(other, applied(vpc))
    error = refusal(await log.append([Append(applied(vpc), 1)]))
    assert isinstance(error, VersionConflict)
    assert error.details["actual"] == 2
    assert (await append(log, applied(vpc), 2)).version == 3


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

"""An intent and the outcome that follows it are committed or refused together."""

from typing import Any

import pytest

from domain.entity import Entity
from domain.errors import DselError, VersionConflict
from examples import Hands, artifact, draft, later
from histories import committed
from meddling import Meddled
from repository.documents import EVENTS
from repository.driver import Database
from repository.event_log import Append, Appended
from repository.fields import STATE
from repository.mongo_event_log import MongoEventLog
from writing import stored


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


async def test_a_pair_is_never_torn_by_the_size_of_an_insert(log: MongoEventLog, app: str) -> None:
    """Of 1,201 drafts the 500th and the 501st belong together."""
    acts = [Append(draft(Entity("Artifact", app, "a"), "Scanned")) for _ in range(499)]
    vpc = Entity("Artifact", app, "vpc")
    pairs = [each for number in range(351) for each in pair(vpc, 2 * number)]
    events = committed(await log.append([*acts, *pairs]))
    assert [event.version for event in events] == [*range(1, 500), *range(1, 703)]
    summary = (await log.latest([vpc.key], STATE))[vpc.key]
    assert (summary.version, summary.intents, summary.outcomes) == (702, 351, 351)


async def test_what_refuses_one_part_of_a_batch_lets_the_others_pass(log: MongoEventLog, app: str) -> None:
    vpc = Entity("Artifact", app, "vpc")
    conflict = pair(vpc, 7)
    acts = [Append(draft(Entity("Artifact", app, "a"), "Scanned")) for _ in range(1_000)]
    results = await log.append([*acts[:499], *conflict, *acts[499:]])
    assert [index for index, each in enumerate(results) if isinstance(each, VersionConflict)] == [499, 500]
    assert [each.event.version for each in results if isinstance(each, Appended)] == list(range(1, 1_001))

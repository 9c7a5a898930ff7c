"""Who shares a read with others is answered as if it had read alone, from its own moment."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from api import calls, running
from domain.entity import Entity
from examples import Hands, artifact, draft, later
from repository.event_log import Append, EntityFilter, EntityPage, Moment, TimelinePage
from repository.fields import HEADER, NOTHING, STATE
from repository.mongo_event_log import MongoEventLog


@pytest.fixture
async def moments(log: MongoEventLog, clock: Hands, app: str) -> Sequence[Moment]:
    """From before the first event on, while two entities get live events and late ones."""
    seen = []
    for step in range(8):
        now = clock.move(2)
        seen.append(Moment(later(-1, now), later(-1, now)))
        entity = Entity("Artifact", app, ("a", "b")[step % 2])
        drafted = draft(entity, "Applied", artifact(entity, number=step))
        late = replace(drafted, timestamp=later(-5, now)) if step % 3 == 2 else drafted
        await log.append([Append(late)])
        seen.append(Moment(now, now))
    return [*seen, Moment(seen[3].at, seen[-1].at), Moment(seen[-1].at, seen[6].at)]


@pytest.mark.parametrize("fields", [STATE, HEADER, NOTHING], ids=["state", "header", "nothing"])
async def test_a_shared_read_answers_each_moment_as_a_read_of_its_own(
    log: MongoEventLog, moments: Sequence[Moment], app: str, fields: Any
) -> None:
    keys = [Entity("Artifact", app, name).key for name in ("a", "b", "never")]

    def timelines(moment: Moment) -> Awaitable[Any]:
        return log.events(keys, TimelinePage(3), moment, fields)

    def states(moment: Moment) -> Awaitable[Any]:
        return log.as_of(keys, Moment(moments[5].at, moment.known_at), fields)

    def changed(moment: Moment) -> Awaitable[Any]:
        return log.has_changed("Artifact", moment.at)

    for read in (timelines, states, changed):
        alone = [_ids(await read(moment)) for moment in moments]
        together = await asyncio.gather(*(read(moment) for moment in moments))
        assert [_ids(each) for each in together] == alone
        assert len({str(each) for each in alone}) > 1


def _ids(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _ids(each) for key, each in answer.items()}
    return [each.id for each in answer] if isinstance(answer, list) else getattr(answer, "id", answer)


async def test_each_takes_its_own_entities_of_a_shared_read(
    log: MongoEventLog, moments: Sequence[Moment], app: str
) -> None:
    a, b = (Entity("Artifact", app, name).key for name in ("a", "b"))
    found = await asyncio.gather(*(log.latest(keys, NOTHING) for keys in ([a], [b], [a, b], [])))
    assert [set(each) for each in found] == [{a}, {b}, {a, b}, set()]


async def test_requests_that_arrive_together_make_one_call_of_each_kind(mongodb_uri: str, app: str) -> None:
    async with running(mongodb_uri) as api:
        query = '{ artifacts(appId: "x") { nodes { name } } artifact(name: "y", appId: "x") { current { version } } }'
        await api.ask(query)
        with calls() as commands:
            await asyncio.gather(*(api.post(query, x_correlation_id=f"apart-{each}") for each in range(5)))
    assert sorted(next(iter(each)) + str(each[next(iter(each))]) for each in commands) == [
        "findevents",
        "findlatest",
        "findlatest",
    ]


async def test_a_page_is_shared_by_those_who_ask_for_the_same_page(
    log: MongoEventLog, moments: Sequence[Moment], app: str
) -> None:
    pages = [EntityPage(EntityFilter("Artifact", app), first) for first in (1, 2, 2)]
    found = await asyncio.gather(*(log.entities(page, NOTHING) for page in pages))
    assert [[each.entity.name for each in page] for page in found] == [["a"], ["a", "b"], ["a", "b"]]

"""Blame on histories that nobody made up is what the slow, obvious recomputation says."""

import os
import random
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from domain import instants, registry, timeline
from domain.entity import Entity
from domain.event import Actor, ActorType, Event
from domain.leaves import leaves
from real_history import FOLDER, envelope, rows
from repository import indexes
from repository.driver import connect
from repository.event_log import Appended, Moment, TimelinePage
from repository.fields import STATE
from repository.mongo_event_log import MongoEventLog
from resolvers import blaming, ingestion
from resolvers.context import Caller, Context, Right
from resolvers.views import StateView

# Another history can be named, such as bench-mid-onedr0p with its 59,909 events.
SAMPLE = os.environ.get("DSEL_TEST_HISTORY", "gitops-sample")
ENTITIES, AT_ONCE = 200, 20
IMPORTER = Caller(Actor("importer", ActorType.SERVICE), frozenset(Right))

pytestmark = pytest.mark.skipif(
    not (FOLDER / f"{SAMPLE}.ndjson.gz").exists(), reason="the real histories are not beside the checkout"
)


@pytest.fixture(scope="module")
async def real(mongodb_uri: str) -> AsyncIterator[tuple[Context, list[Entity]]]:
    """A log with the whole history of some random objects, and these."""
    database = connect(mongodb_uri, f"blame_{uuid4().hex}")
    await indexes.ensure(database)
    clock = instants.system_clock()
    context = Context(MongoEventLog(database, clock), registry.builtin(), IMPORTER, clock, clock())
    objects = sorted({row["objId"] for row in rows(SAMPLE)})
    chosen = set(random.Random(SAMPLE).sample(objects, ENTITIES))
    found: dict[Entity, None] = {}
    for batch in ingestion.batches(row for row in rows(SAMPLE) if row["objId"] in chosen):
        for result in await ingestion.store(context, [envelope(row) for row in batch], imported=True):
            assert isinstance(result, Appended), result
            found[result.event.entity] = None
    context.renew(clock())
    yield context, list(found)
    await database.command({"dropDatabase": 1})
    await database.close()


async def test_every_field_of_200_entities_is_blamed_as_the_recomputation_says(
    real: tuple[Context, list[Entity]],
) -> None:
    """Of each entity the newest state, that of a deleted one too, and one of the past."""
    context, entities = real
    chosen = random.Random(SAMPLE).sample(entities, min(ENTITIES, len(entities)))
    now, compared = Moment(context.instant, context.instant), 0
    for start in range(0, len(chosen), AT_ONCE):
        keys = [entity.key for entity in chosen[start : start + AT_ONCE]]
        histories = await context.log.events(keys, TimelinePage(5_000), now, STATE)
        states = [each for key in keys for each in newest_and_middle(histories[key])]
        views = [StateView(state, now, STATE) for state in states]
        blames = await blaming.blames(context, views, ("",), 10_000)
        for state, fields in zip(states, blames, strict=True):
            told = timeline.blame(histories[state.entity.key], state, now.at, now.known_at)
            assert {each.path: each.event and each.event.event.id for each in fields} == {
                path: origin.id for path, origin in told.items()
            }
            compared += len(list(leaves(state.state)))
    assert compared > len(chosen)


def newest_and_middle(history: list[Event]) -> list[Event]:
    states = [event for event in history if event.stateful]
    return [states[0], states[len(states) // 2]]

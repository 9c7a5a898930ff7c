"""The log against histories that nobody made up: what it answers is what Git answers."""

import asyncio
from typing import Any

import pytest

from domain import envelope as envelopes
from domain import instants, registry
from domain.errors import DselError
from domain.event import Actor, ActorType
from real_history import FOLDER, envelope, rows
from repository.driver import Database
from repository.event_log import Moment
from repository.fields import WHOLE
from repository.mongo_event_log import MongoEventLog
from resolvers import ingestion
from resolvers.context import Caller, Context, Right

SAMPLE = "gitops-sample"
IMPORTER = Caller(Actor("importer", ActorType.SERVICE), frozenset(Right))
AT_ONCE = 50

pytestmark = pytest.mark.skipif(
    not (FOLDER / f"{SAMPLE}.ndjson.gz").exists(), reason="the real histories are not beside the checkout"
)


async def test_every_question_is_answered_as_git_answers_it(database: Database) -> None:
    clock = instants.system_clock()
    log = MongoEventLog(database, clock)
    types = registry.builtin()
    keys: dict[str, str] = {}
    context = Context(log=log, registry=types, caller=IMPORTER, clock=clock, instant=clock())
    for batch in ingestion.batches(rows(SAMPLE)):
        documents = [envelope(row) for row in batch]
        results = await ingestion.store(context, documents, imported=True)
        assert [each for each in results if isinstance(each, DselError)] == []
        for row, document in zip(batch, documents, strict=True):
            keys[row["objId"]] = envelopes.read(document, types, IMPORTER.actor).entity.key
    wrong = []
    for questions in ingestion.batches(rows(f"{SAMPLE}-probes"), AT_ONCE):
        answers = await asyncio.gather(*(answer(log, keys[each["objId"]], each["asOf"], clock()) for each in questions))
        wrong += [each for each, found in zip(questions, answers, strict=True) if found != expected(each)]
    assert wrong == []


async def answer(log: MongoEventLog, key: str, at: str, now: Any) -> tuple[bool, Any, Any]:
    """Whether the object existed, by which event, and its state."""
    found = (await log.as_of([key], Moment(instants.parse(at), now), WHOLE)).get(key)
    if found is None:
        return False, None, None
    seq = (found.spec or {})["metadata"]["seq"]
    return not found.deletes, seq, None if found.deletes else found.state


def expected(question: dict[str, Any]) -> tuple[bool, Any, Any]:
    exists = question["expectedExists"]
    return exists, question["expectedSeq"], question["expectedState"] if exists else None

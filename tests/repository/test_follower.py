"""The follower makes whole what is derived, whatever became of it while the service was down."""

import asyncio

from domain.entity import Entity
from examples import draft
from histories import recomputed, summary_of
from patience import PATIENCE
from repository.documents import BOOKKEEPING, LATEST
from repository.driver import Database
from repository.event_log import Append
from repository.follower import Follower, Summaries
from repository.mongo_event_log import MongoEventLog
from writing import applied


async def test_summaries_that_were_deleted_are_there_again_after_a_start(
    database: Database, log: MongoEventLog, app: str
) -> None:
    """The place in the stream is kept, and one entity was written since: only their number tells of the loss."""
    entities = [Entity("Artifact", app, f"{number:02}") for number in range(3)]
    await log.append([Append(applied(each)) for each in entities])
    kept = len(await database.find(BOOKKEEPING, {}))
    await _follow_until(database, BOOKKEEPING, kept + 1)
    await database.command({"delete": LATEST, "deletes": [{"q": {}, "limit": 0}]})
    await log.append([Append(draft(entities[0], "Scanned"))])
    assert len(await database.find(LATEST, {})) == 1

    await _follow_until(database, LATEST, 3)
    for each in entities:
        assert await summary_of(log, each) == await recomputed(log, each)


async def _follow_until(database: Database, collection: str, count: int) -> None:
    following = asyncio.create_task(Follower(database, Summaries(database)).run())
    async with asyncio.timeout(PATIENCE):
        while True:
            if len(await database.find(collection, {})) == count:
                break
            await asyncio.sleep(0.05)
    following.cancel()
    await asyncio.wait([following])

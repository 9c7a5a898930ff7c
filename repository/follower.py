"""The follower: it reads the change stream of the log and does with each event what is left to do."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pymongo.errors import OperationFailure, PyMongoError

from domain.errors import DselError
from repository import latest
from repository.aggregator import Aggregator
from repository.commits import LOST
from repository.documents import BOOKKEEPING, EVENTS, event_from, projection
from repository.driver import ChangeStream, Database, Document, Pipeline

_LARGEST_BATCH = 500
_PAUSE = 1.0  # seconds between tries
_QUIET = 0.5  # seconds in which a writer completes its own work, and more events of the same come
_LOG = logging.getLogger("dsel.follower")


class Work(Protocol):
    """What to do with events. To do it twice must change nothing."""

    name: str
    """Under which the place in the stream is kept."""
    fields: Mapping[str, int]
    """What to fetch of the events."""

    async def take(self, documents: Sequence[Document]) -> None: ...

    async def catch_up(self) -> None:
        """The same for all events of the log."""
        ...

    async def is_whole(self) -> bool:
        """False when something that was made before is gone."""
        ...


class Summaries:
    """Completes the summaries that a crashed writer left behind."""

    name = "follower"
    fields: Mapping[str, int] = {"entity": 1}

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, documents: Sequence[Document]) -> None:
        await latest.repair(self._database, sorted({each["entity"] for each in documents}))

    async def catch_up(self) -> None:
        _LOG.info("repaired %d summaries", await latest.repair_all(self._database))

    async def is_whole(self) -> bool:
        return await latest.is_whole(self._database)


class Aggregates:
    """Folds the source events of aggregates."""

    name = "aggregates"

    def __init__(self, aggregator: Aggregator) -> None:
        self._aggregator = aggregator
        self.fields: Mapping[str, int] = projection(aggregator.fields) or {}

    async def take(self, documents: Sequence[Document]) -> None:
        await self._aggregator.refresh(self._aggregator.touched(map(event_from, documents)))

    async def catch_up(self) -> None:
        _LOG.info("rebuilt %d aggregates", await self._aggregator.rebuild())

    async def is_whole(self) -> bool:
        return True  # they are events, and stay


class Follower:
    """Any number of them may run.

    The resume token is kept after the events before it were handled, so a crash repeats some and skips none. When the
    stream's history is lost, or something is gone when it begins, it catches up from the log.
    """

    def __init__(self, database: Database, work: Work) -> None:
        self._database = database
        self._work = work
        inside = {f"fullDocument.{field}": 1 for field in work.fields}
        self._inserts: Pipeline = [{"$match": {"operationType": "insert"}}, {"$project": inside}]

    async def run(self) -> None:
        """Follows until it is cancelled; when MongoDB is away it tries again."""
        while True:
            try:
                await self._follow(await self._saved_token())
            except OperationFailure as error:
                await self._failed(error)
            except (PyMongoError, DselError) as error:
                _LOG.warning("%s: interrupted: %s", self._work.name, error)
            await asyncio.sleep(_PAUSE)

    async def _failed(self, error: OperationFailure) -> None:
        if error.code not in LOST:
            _LOG.error("%s: the change stream failed: %s", self._work.name, error)
            return
        _LOG.warning("%s: the change stream's history is lost (%s)", self._work.name, error.code)
        try:
            await self._keep(None)
        except DselError as away:
            _LOG.warning("%s: interrupted: %s", self._work.name, away)

    async def _follow(self, token: Any) -> None:
        """Until the collection is dropped or renamed, after which the token leads on."""
        options = {"start_after": token} if token else {}
        async with self._database.watch(EVENTS, self._inserts, **options) as stream:
            if token is None or not await self._work.is_whole():
                # The stream is open from here on, so nothing falls between this and the first change.
                await self._work.catch_up()
            while stream.alive:
                documents = await _batch(stream)
                if documents:
                    await asyncio.sleep(_QUIET)
                    await self._work.take(documents)
                if stream.resume_token != token:
                    token = stream.resume_token
                    await self._keep(token)

    async def _keep(self, token: Any) -> None:
        await self._database.put(BOOKKEEPING, {"_id": self._work.name, "token": token})

    async def _saved_token(self) -> Any:
        found = await self._database.find(BOOKKEEPING, {"_id": self._work.name}, limit=1)
        return found[0].get("token") if found else None


async def _batch(stream: ChangeStream) -> list[Document]:
    """The events that are there; waits for the first."""
    documents: list[Document] = []
    change = await stream.try_next()
    while change is not None:
        documents.append(change["fullDocument"])
        change = await stream.try_next() if len(documents) < _LARGEST_BATCH else None
    return documents

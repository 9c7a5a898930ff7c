"""The follower: it reads the change stream of the log and completes what a crashed writer left behind."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from pymongo.errors import OperationFailure, PyMongoError

from domain.errors import StoreUnavailable
from repository import latest
from repository.documents import BOOKKEEPING, EVENTS
from repository.driver import Database

_TOKEN = "follower"  # noqa: S105 - a document's id
_INSERTS: list[dict[str, Any]] = [{"$match": {"operationType": "insert"}}, {"$project": {"fullDocument.entity": 1}}]
_LARGEST_BATCH = 500
_PAUSE = 1.0  # seconds between tries
_QUIET = 0.5  # seconds that a writer is given to complete its own work
_HISTORY_LOST = {286, 280, 260}  # ChangeStreamHistoryLost, ChangeStreamFatalError, InvalidResumeToken
_LOG = logging.getLogger("dsel.follower")


class Follower:
    """Any number of them may run: repairing a summary twice changes nothing.

    The resume token is kept after the events before it were handled, so a crash repeats some and skips none. When the
    stream's history is lost, everything is repaired from the log.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Follows until it is cancelled; when MongoDB is away it tries again."""
        token = None
        while True:
            try:
                token = token or await self._saved_token()
                await self._follow(token)
            except OperationFailure as error:
                token = None
                if error.code in _HISTORY_LOST:
                    _LOG.warning("the change stream's history is lost (%s); repairing from the log", error.code)
                    await self._database.put(BOOKKEEPING, {"_id": _TOKEN, "token": None})
                else:
                    _LOG.error("the change stream failed: %s", error)
            except (PyMongoError, StoreUnavailable) as error:
                token = None
                _LOG.warning("the change stream is interrupted: %s", error)
            await asyncio.sleep(_PAUSE)

    async def _follow(self, token: Any) -> None:
        options = {"start_after": token} if token else {}
        async with self._database.watch(EVENTS, _INSERTS, **options) as stream:
            if token is None:
                # The stream is open from here on, so nothing falls between the repair and the first change.
                repaired = await latest.repair_all(self._database)
                _LOG.info("repaired %d summaries", repaired)
            while stream.alive:
                keys = await _batch(stream)
                if keys:
                    await asyncio.sleep(_QUIET)
                    await latest.repair(self._database, keys)
                if stream.resume_token != token:
                    token = stream.resume_token
                    await self._database.put(BOOKKEEPING, {"_id": _TOKEN, "token": token})

    async def _saved_token(self) -> Any:
        found = await self._database.find(BOOKKEEPING, {"_id": _TOKEN}, limit=1)
        return found[0].get("token") if found else None


async def _batch(stream: Any) -> Sequence[str]:
    """The keys of the entities that changed, as many as are there; waits for the first."""
    keys: set[str] = set()
    change = await stream.try_next()
    while change is not None and len(keys) < _LARGEST_BATCH:
        keys.add(change["fullDocument"]["entity"])
        change = await stream.try_next() if len(keys) < _LARGEST_BATCH else None
    return sorted(keys)

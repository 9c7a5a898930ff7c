"""Notices that the log has something new of a type, without a position: who is told reads the log itself."""

import asyncio
import logging
from collections.abc import AsyncGenerator

from pymongo.errors import PyMongoError

from domain.errors import StoreUnavailable
from repository.documents import EVENTS
from repository.driver import Database, Pipeline

_PAUSE = 0.5  # seconds between tries
_LOG = logging.getLogger("dsel.notices")


async def notices(database: Database, type_: str) -> AsyncGenerator[None, None]:
    """One notice as soon as the change stream is open, and one after each event about an entity of the type.

    What was written before the first notice is there to be read then, and so after every interruption: no history of
    the stream can be lost, because none is needed. Goes on until it is closed.
    """
    pipeline: Pipeline = [
        {"$match": {"operationType": "insert", "fullDocument.type": type_}},
        {"$project": {"_id": 1}},
    ]
    while True:
        try:
            async with database.watch(EVENTS, pipeline) as stream:
                yield
                while stream.alive:
                    if await stream.try_next() is not None:
                        yield
        except (PyMongoError, StoreUnavailable) as error:
            _LOG.warning("notices of %s are interrupted: %s", type_, error)
        await asyncio.sleep(_PAUSE)

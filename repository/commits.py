"""The order of commits: new events as MongoDB's change stream tells of them, the same for every reader.

A token names a place in it. Tokens are hexadecimal texts that sort as the commits do (MongoDB's manual, Resume Tokens).
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import Timestamp
from pymongo.errors import OperationFailure

from domain.errors import HistoryLost, InvalidCursor
from domain.event import Event
from repository.documents import EVENTS, event_from
from repository.driver import ChangeStream, Database

_TOKEN = re.compile(r"82[0-9A-F]{18,8000}")
_TIME = 20  # characters: the kind of the first field, seconds, a counter within the second, and whether before or after
_INSERTS: list[Mapping[str, Any]] = [
    {"$match": {"operationType": "insert"}},
    {"$project": {"fullDocument": 1, "size": {"$bsonSize": "$fullDocument"}}},
]
# ChangeStreamHistoryLost, ChangeStreamFatalError, InvalidResumeToken: what was before is not to be had any more.
LOST = {286, 280, 260}
_NO_TOKEN = {2, 9, 14, 15, 40647, 40648, 40649, 50811, 51011, 6189505}


@dataclass(frozen=True, slots=True)
class Commit:
    """An event and its place. `size` is in bytes of BSON."""

    token: str
    event: Event
    size: int


class Commits:
    """An open change stream of new events."""

    def __init__(self, stream: ChangeStream, token: str) -> None:
        self._stream = stream
        self._after = self.token = token
        """Of `token`: everything up to here was given."""

    async def next(self) -> Commit | None:
        """The next one; None when there is none for a while, or when the stream has ended."""
        change = await self._stream.try_next()
        if change is not None:
            self.token = max(self.token, change["_id"]["_data"])
            commit = Commit(change["_id"]["_data"], event_from(change["fullDocument"]), change["size"])
            return commit if commit.token > self._after else await self.next()
        if self._stream.resume_token is not None:
            self.token = max(self.token, self._stream.resume_token["_data"])
        return None

    @property
    def is_open(self) -> bool:
        """False after the collection was dropped or renamed; `token` then leads on behind that."""
        return self._stream.alive


@asynccontextmanager
async def follow(database: Database, after: str, *, patience: int = 50) -> AsyncIterator[Commits]:
    """The commits after a token.

    `patience` is how many milliseconds to wait before saying that there is none for a while. Raises HistoryLost where
    MongoDB does not reach back so far, and InvalidCursor for a token that is none.
    """
    start: dict[str, Any] = {"start_after": {"_data": after}}
    if is_time(after):
        start = {"start_at_operation_time": Timestamp(int(after[2:10], 16), int(after[10:18], 16))}
    try:
        async with database.watch(EVENTS, _INSERTS, max_await_time_ms=patience, **start) as stream:
            yield Commits(stream, after)
    except OperationFailure as error:
        if error.code in LOST:
            raise HistoryLost(f"the change stream of MongoDB does not reach back so far ({error.code})") from error
        if error.code in _NO_TOKEN:
            raise InvalidCursor("the cursor names no place in the log") from error
        raise


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def time_of(token: str) -> datetime:
    """When, by MongoDB's clock and in whole seconds, what stands at the token was committed."""
    return datetime.fromtimestamp(int(token[2:10], 16), UTC)


def token_at(at: datetime) -> str:
    """A token of our own making: before everything that is committed in that second or later."""
    return f"82{max(int(at.timestamp()), 1):08X}{0:08X}00"


def is_time(token: str) -> bool:
    """Whether it is of our own making: a time alone, while those of MongoDB name an event or a place between two."""
    return len(token) == _TIME


async def token_of_now(database: Database) -> str:
    """After everything that is committed already. Raises StoreUnavailable."""
    told = await database.command({"ping": 1})
    return f"82{told['operationTime'].time:08X}{told['operationTime'].inc:08X}FF"

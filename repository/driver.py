"""MongoDB through Motor or through PyMongo's own async client: the one file that knows the difference."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import timedelta
from enum import StrEnum
from typing import Any, ParamSpec, TypeVar, cast

import pymongo
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient, IndexModel, InsertOne, UpdateOne
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    InvalidOperation,
    NetworkTimeout,
    OperationFailure,
    ServerSelectionTimeoutError,
    WTimeoutError,
)
from pymongo.monitoring import CommandListener
from pymongo.write_concern import WriteConcern

from domain.errors import StartupError, StoreUnavailable

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
_PASSING = (112, 365)  # WriteConflict, TemporarilyUnavailable: a busy server, after it has tried again itself
Document = dict[str, Any]
Pipeline = Sequence[Mapping[str, Any]]
_DURABLE = WriteConcern(w="majority", j=True)
_BATCH = 10_000  # of documents in one reply, which has room for 16 MB; the default of 101 costs a second round trip
_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True)
_NAIVE_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=False)  # a third of the time to decode an event


class Driver(StrEnum):
    MOTOR = "motor"
    PYMONGO = "pymongo"


uninterrupted: ContextVar[bool] = ContextVar("uninterrupted", default=False)
"""Whether the caller is a task that nobody cancels; then its calls need no shelter of their own."""


def _to_the_end(method: Callable[Asked, Coroutine[Any, Any, Answer]]) -> Callable[Asked, Coroutine[Any, Any, Answer]]:
    """A call goes on though its caller is cancelled; the time limit bounds it.

    PyMongo does not survive two cancellations of a call that waits for a server: one of its locks stays locked, and
    the whole client hangs for ever. And a cancelled call closes its connection.
    """

    @functools.wraps(method)
    async def sheltered(*args: Asked.args, **options: Asked.kwargs) -> Answer:
        call = method(*args, **options)
        return await (call if uninterrupted.get() else _finished(call))

    return sheltered


async def _finished(call: Awaitable[Answer]) -> Answer:
    """The answer; the call goes on though its caller is cancelled."""
    task = asyncio.ensure_future(call)
    task.add_done_callback(_noted)
    return await asyncio.shield(task)


def _noted(task: asyncio.Future[Any]) -> None:
    """The failure of a call whose caller is gone is nobody's."""
    if not task.cancelled():
        task.exception()


class Database:
    """One database. Every call raises StoreUnavailable when MongoDB does not answer within the time limit."""

    def __init__(self, client: Any, name: str, driver: Driver, timeout: timedelta) -> None:
        self.timeout = timeout
        self._client = client
        self._driver = driver
        self.name = name
        self._database = client.get_database(name, codec_options=_CODEC)
        self._naive = client.get_database(name, codec_options=_NAIVE_CODEC)
        self._sources: dict[tuple[str | None, bool], Any] = {}

    @_to_the_end
    async def find(
        self,
        collection: str,
        condition: Mapping[str, Any],
        *,
        projection: Mapping[str, Any] | None = None,
        sort: Mapping[str, int] | None = None,
        limit: int = 0,
        hint: str | None = None,
        naive: bool = False,
    ) -> list[Document]:
        """`hint` names the index, if MongoDB might choose another; `naive` times do not say that they are UTC."""
        with _available():
            found = self._source(collection, naive)
            cursor = found.find(condition, projection, sort=_pairs(sort), limit=limit, hint=hint, batch_size=_BATCH)
            return cast(list[Document], await cursor.to_list(None))

    @_to_the_end
    async def aggregate(
        self, collection: str | None, pipeline: Pipeline, *, hint: str | None = None, naive: bool = False
    ) -> list[Document]:
        """Over a collection, or over the database for a pipeline that begins with `$documents`."""
        source = self._source(collection, naive)
        options = {} if hint is None else {"hint": hint}
        with _available():
            cursor = source.aggregate(pipeline, batchSize=_BATCH, **options)
            if self._driver is Driver.PYMONGO:
                cursor = await cursor
            return cast(list[Document], await cursor.to_list(None))

    @_to_the_end
    async def insert(self, collection: str, documents: Sequence[RawBSONDocument]) -> None:
        """In order, up to the first failure, majority and journaled. Raises pymongo's BulkWriteError."""
        with _available():
            await self._database.get_collection(collection, write_concern=_DURABLE).insert_many(documents)

    @_to_the_end
    async def update(self, collection: str, changes: Sequence[InsertOne[Document] | UpdateOne]) -> int:
        """How many documents were changed or made. Raises pymongo's BulkWriteError."""
        with _available():
            result = await self._database[collection].bulk_write(list(changes), ordered=False)
            return cast(int, result.inserted_count + result.upserted_count + result.matched_count)

    @_to_the_end
    async def put(self, collection: str, document: Document) -> None:
        """Stores a small document under its `_id`, majority and journaled."""
        with _available():
            target = self._database.get_collection(collection, write_concern=_DURABLE)
            await target.replace_one({"_id": document["_id"]}, document, upsert=True)

    @_to_the_end
    async def create_indexes(
        self, collection: str, indexes: Sequence[IndexModel], *, longest: float | None = None
    ) -> None:
        """`longest` in seconds, for those that take longer than other calls may."""
        with _available(), pymongo.timeout(longest) if longest else nullcontext():
            await self._database[collection].create_indexes(list(indexes))

    @_to_the_end
    async def command(self, command: Mapping[str, Any]) -> Document:
        with _available():
            return cast(Document, await self._database.command(command))

    @asynccontextmanager
    async def watch(self, collection: str, pipeline: Pipeline, **options: Any) -> AsyncIterator["ChangeStream"]:
        """The changes of a collection. Leaving it is safe at any time, also by a cancellation."""
        with _available():
            stream = ChangeStream()
            opening = self._database[collection].watch(pipeline, **options)
            try:
                await stream.open(opening, self._driver)
                yield stream
            finally:
                await stream.close()

    def _source(self, collection: str | None, naive: bool) -> Any:
        known = self._sources.get((collection, naive))
        if known is None:
            database = self._naive if naive else self._database
            known = self._sources[collection, naive] = database if collection is None else database[collection]
        return known

    async def close(self) -> None:
        if self._driver is Driver.PYMONGO:
            await self._client.close()
        else:  # Motor says goodbye to the server on the thread that calls it
            await asyncio.to_thread(self._client.close)


class ChangeStream:
    """One at a time may wait for a change. A call that was begun is finished before the stream is closed."""

    def __init__(self) -> None:
        self._cursor: Any = None
        self._call: asyncio.Future[Any] | None = None

    async def open(self, opening: Any, driver: Driver) -> None:
        await self._finish(self._open(opening, driver))

    async def try_next(self) -> Document | None:
        """The next change; None when there is none for a second, or for the stream's `max_await_time_ms`."""
        return cast(Document | None, await self._finish(self._cursor.try_next()))

    @property
    def resume_token(self) -> Document | None:
        """After the last change that was given, or after a quiet time further on."""
        return cast(Document | None, self._cursor.resume_token)

    @property
    def alive(self) -> bool:
        return bool(self._cursor.alive)

    async def close(self) -> None:
        await _finished(self._close())

    async def _open(self, opening: Any, driver: Driver) -> None:
        self._cursor = await opening if driver is Driver.PYMONGO else opening
        await self._cursor.__aenter__()

    async def _close(self) -> None:
        if self._call is not None:
            await asyncio.wait([self._call])
        if self._cursor is not None:
            await self._cursor.close()

    async def _finish(self, call: Awaitable[Answer]) -> Answer:
        self._call = asyncio.ensure_future(call)
        return await _finished(self._call)


def connect(
    uri: str,
    name: str,
    driver: Driver = Driver.PYMONGO,
    *,
    timeout: float = 10.0,
    listeners: Sequence[CommandListener] = (),
) -> Database:
    """A database that is not asked anything yet. `timeout` in seconds bounds each call, retries included.

    Raises StartupError for a URI that is none.
    """
    options: Document = {
        "appname": "dsel",
        "event_listeners": list(listeners),
        "serverSelectionTimeoutMS": int(timeout * 500),
        "timeoutMS": int(timeout * 1000),
        "socketTimeoutMS": int(timeout * 1000),  # for what timeoutMS does not bound: ending sessions when it closes
        "tz_aware": True,
    }
    try:
        return Database(_client(driver)(uri, **options), name, driver, timedelta(seconds=timeout))
    except (ConfigurationError, ValueError) as error:
        raise StartupError(f"the URI of MongoDB is wrong: {error}", hint="Look at DSEL_MONGODB_URI.") from None


def _client(driver: Driver) -> Callable[..., Any]:
    if driver is Driver.MOTOR:
        from motor.motor_asyncio import AsyncIOMotorClient

        return cast(Callable[..., Any], AsyncIOMotorClient)
    return AsyncMongoClient


@contextmanager
def _available() -> Any:
    try:
        yield
    except (ConnectionFailure, ServerSelectionTimeoutError, NetworkTimeout, ExecutionTimeout, WTimeoutError) as error:
        raise _away() from error
    except OperationFailure as error:
        if error.code not in _PASSING:
            raise
        raise _away() from error
    except InvalidOperation as error:
        raise StoreUnavailable("the service is stopping", hint="Try again in a moment.") from error


def _away() -> StoreUnavailable:
    return StoreUnavailable(
        "MongoDB does not answer", hint="Try again in a moment; repeat a write with the same event id."
    )


def _pairs(sort: Mapping[str, int] | None) -> list[tuple[str, int]] | None:
    return None if sort is None else list(sort.items())

"""MongoDB through both drivers: what works, and what happens when it is away."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure

from domain.entity import Entity
from domain.errors import StoreUnavailable
from examples import Hands, artifact, draft
from histories import ALWAYS, committed, recomputed, summary_of
from proxy import Proxy
from repository import indexes
from repository.driver import Database, Driver, connect
from repository.embedded import EmbeddedMongod
from repository.event_log import Append, Appended, TimelinePage
from repository.fields import STATE
from repository.mongo_event_log import MongoEventLog

THINGS = "things"
SHORT = 0.5  # seconds that a call may take
LONGEST = 10  # seconds after which a test calls it hanging; far more than SHORT, because machines stall

Call = Callable[[Database], Awaitable[object]]
Answer = TypeVar("Answer")


async def _watch(database: Database) -> None:
    async with database.watch(THINGS, []) as stream:
        await stream.try_next()


CALLS: dict[str, Call] = {
    "find": lambda database: database.find(THINGS, {}),
    "aggregate": lambda database: database.aggregate(THINGS, [{"$match": {}}]),
    "aggregate documents": lambda database: database.aggregate(None, [{"$documents": [{"a": 1}]}]),
    "insert": lambda database: database.insert(THINGS, [raw()]),
    "update": lambda database: database.update(THINGS, [UpdateOne({"_id": 1}, {"$set": {"a": 1}}, upsert=True)]),
    "put": lambda database: database.put(THINGS, {"_id": 1}),
    "create indexes": lambda database: database.create_indexes(THINGS, [IndexModel("a")]),
    "command": lambda database: database.command({"ping": 1}),
}


def raw(**fields: object) -> RawBSONDocument:
    return RawBSONDocument(bson.encode({"_id": uuid4().hex, **fields}))


@pytest.fixture
def silent_uri() -> Iterator[str]:
    """Of a server that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"mongodb://127.0.0.1:{server.getsockname()[1]}/?directConnection=true"


@pytest.fixture
def closed_uri() -> str:
    """Of a port where nobody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return f"mongodb://127.0.0.1:{server.getsockname()[1]}/?directConnection=true"


@pytest.fixture
async def proxy(mongodb_uri: str) -> AsyncIterator[Proxy]:
    async with Proxy(mongodb_uri) as made:
        yield made


@pytest.fixture(params=list(Driver), ids=str)
async def distant(request: pytest.FixtureRequest, proxy: Proxy, mongodb_uri: str) -> AsyncIterator[Database]:
    """A database behind the proxy."""
    name = f"distant_{uuid4().hex}"
    made = connect(proxy.uri, name, request.param, timeout=SHORT)
    yield made
    proxy.unblock()
    await made.close()
    near = connect(mongodb_uri, name)
    await near.command({"dropDatabase": 1})
    await near.close()


async def refused(call: Awaitable[object]) -> StoreUnavailable:
    async with asyncio.timeout(LONGEST):
        with pytest.raises(StoreUnavailable) as refusal:
            await call
    return refusal.value


@pytest.mark.parametrize("name", CALLS)
async def test_every_call_works(database: Database, name: str) -> None:
    await CALLS[name](database)


async def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    at = datetime(2025, 1, 15, 10, 30, 0, 123000, tzinfo=UTC)
    await database.insert(THINGS, [raw(_id="time", at=at)])
    for found in (
        await database.find(THINGS, {"_id": "time"}),
        await database.aggregate(THINGS, [{"$match": {"_id": "time"}}]),
        await database.aggregate(None, [{"$documents": [{"at": at}]}]),
    ):
        assert found[0]["at"] == at
        assert found[0]["at"].tzinfo is not None


async def test_a_find_sorts_projects_and_stops(database: Database) -> None:
    await database.insert(THINGS, [raw(group="sorted", number=number, more=1) for number in (2, 3, 1)])
    found = await database.find(
        THINGS, {"group": "sorted"}, projection={"number": 1, "_id": 0}, sort={"number": -1}, limit=2
    )
    assert found == [{"number": 3}, {"number": 2}]


async def test_an_insert_goes_up_to_the_first_duplicate_and_says_where(database: Database) -> None:
    documents = [raw(_id=f"ordered-{number}") for number in (1, 2, 1, 3)]
    with pytest.raises(BulkWriteError) as failure:
        await database.insert(THINGS, documents)
    (error,) = failure.value.details["writeErrors"]
    assert (error["index"], error["code"]) == (2, 11000)
    found = await database.find(THINGS, {"_id": {"$regex": "^ordered"}}, sort={"_id": 1})
    assert [each["_id"] for each in found] == ["ordered-1", "ordered-2"]


async def test_an_update_counts_what_it_matched_or_made(database: Database) -> None:
    def update(name: str, *, upsert: bool) -> UpdateOne:
        return UpdateOne({"_id": name}, {"$set": {"a": 1}}, upsert=upsert)

    first = [update("counted-1", upsert=True), update("counted-2", upsert=False)]
    assert await database.update(THINGS, first) == 1
    assert await database.update(THINGS, first) == 1
    assert await database.update(THINGS, [update("counted-1", upsert=True), update("counted-3", upsert=True)]) == 2


async def test_a_stored_document_is_replaced_whole(database: Database) -> None:
    await database.put(THINGS, {"_id": "put", "a": 1})
    await database.put(THINGS, {"_id": "put", "b": 2})
    assert await database.find(THINGS, {"_id": "put"}) == [{"_id": "put", "b": 2}]


async def test_a_change_stream_tells_what_is_inserted_and_where_it_stands(database: Database) -> None:
    async with asyncio.timeout(LONGEST):
        async with database.watch(THINGS, [{"$match": {"operationType": "insert"}}]) as stream:
            assert await stream.try_next() is None
            await database.insert(THINGS, [raw(_id="watched")])
            while (change := await stream.try_next()) is None:
                pass
            assert change["documentKey"] == {"_id": "watched"}
            assert stream.alive
            token = stream.resume_token
        await database.insert(THINGS, [raw(_id="missed")])
        async with database.watch(THINGS, [], resume_after=token) as stream:
            while (change := await stream.try_next()) is None:
                pass
            assert change["documentKey"] == {"_id": "missed"}


async def test_many_calls_at_once_share_one_client(database: Database) -> None:
    found = await asyncio.gather(*(database.find(THINGS, {"_id": "nobody"}) for _ in range(300)))
    assert found == [[]] * 300


async def test_a_call_that_was_cancelled_harms_no_other(database: Database) -> None:
    calls = [asyncio.create_task(database.find(THINGS, {"_id": "nobody"})) for _ in range(20)]
    await asyncio.sleep(0)
    for call in calls[::2]:
        call.cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert results[1::2] == [[]] * 10
    assert await database.find(THINGS, {"_id": "nobody"}) == []


@pytest.mark.parametrize("driver", list(Driver))
@pytest.mark.parametrize("where", ["closed_uri", "silent_uri"])
async def test_a_mongodb_that_is_away_is_told_by_every_call_in_time(
    request: pytest.FixtureRequest, driver: Driver, where: str
) -> None:
    """Nobody listens, or somebody who says nothing."""
    database = connect(request.getfixturevalue(where), "away", driver, timeout=SHORT)
    calls: list[Call] = [*CALLS.values(), _watch]
    refusals = await asyncio.gather(*(refused(call(database)) for call in calls))
    for refusal in refusals:
        assert refusal.retryable
        assert str(refusal) == "MongoDB does not answer"
        assert "same event id" in str(refusal.hint)
    await database.close()


@pytest.mark.parametrize("driver", list(Driver))
async def test_a_closed_database_says_so(mongodb_uri: str, driver: Driver) -> None:
    database = connect(mongodb_uri, "closed", driver, timeout=SHORT)
    await works(CALLS["command"], database)
    await database.close()
    for call in CALLS.values():
        assert "stopping" in str(await refused(call(database)))


async def test_an_answer_that_never_comes_ends_every_call_in_time(distant: Database, proxy: Proxy) -> None:
    """The connections stand, but nothing passes; afterwards everything works again."""
    await asyncio.gather(*(works(call, distant) for call in CALLS.values()))
    proxy.block()
    await asyncio.gather(*(refused(call(distant)) for call in CALLS.values()))
    proxy.unblock()
    await asyncio.gather(*(works(call, distant) for call in CALLS.values()))


async def test_to_close_does_not_hang_when_nothing_answers(distant: Database, proxy: Proxy) -> None:
    await works(CALLS["find"], distant)
    proxy.block()
    async with asyncio.timeout(LONGEST):
        await distant.close()


async def works(call: Callable[[Database], Awaitable[Answer]], database: Database) -> Answer:
    """The answer, within the time that a driver takes to notice."""
    async with asyncio.timeout(LONGEST):
        while True:
            try:
                return await call(database)
            except StoreUnavailable:
                await asyncio.sleep(0.05)


async def test_a_mongodb_that_goes_away_and_comes_back_is_found_again(distant: Database, proxy: Proxy) -> None:
    await works(CALLS["find"], distant)
    await proxy.cut()
    await refused(CALLS["find"](distant))
    await refused(CALLS["insert"](distant))
    await proxy.listen()
    await works(CALLS["insert"], distant)


async def test_a_write_whose_answer_was_lost_is_repeated_without_harm(distant: Database, proxy: Proxy) -> None:
    """The whole log: nothing hangs, nothing acknowledged is lost, and the same id is one event."""
    await works(indexes.ensure, distant)
    log, vpc = MongoEventLog(distant, Hands()), Entity("Artifact", "09287", "vpc")
    first = [Append(draft(vpc, "Applied", artifact(vpc), id="first"))]
    await works(lambda _: log.append(first), distant)
    second = [Append(draft(vpc, "Applied", artifact(vpc, number=2), id="second"))]
    proxy.block()
    refusals = [log.append(second), log.latest([vpc.key], STATE), log.as_of([vpc.key], ALWAYS, STATE)]
    await asyncio.gather(*(refused(each) for each in refusals))
    proxy.unblock()
    await works(lambda _: log.append(second), distant)
    found = await works(lambda _: log.events([vpc.key], TimelinePage(10), ALWAYS, STATE), distant)
    assert [event.id for event in found[vpc.key]] == ["second", "first"]
    assert await works(lambda _: summary_of(log, vpc), distant) == await works(lambda _: recomputed(log, vpc), distant)


@pytest.fixture(scope="module")
async def fragile_uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Of a mongod that fails when it is told to."""
    options = ("--setParameter", "enableTestCommands=1")
    async with EmbeddedMongod(tmp_path_factory.mktemp("fragile"), options=options) as mongod:
        yield mongod.uri


class Fragile:
    """A log on a mongod that can be told to fail."""

    def __init__(self, uri: str, driver: Driver) -> None:
        self._admin = connect(uri, "admin", driver)
        self.database = connect(uri, f"fragile_{driver}", driver, timeout=LONGEST)
        self.log = MongoEventLog(self.database, Hands())

    async def fail(self, command: str, times: int, how: Mapping[str, object]) -> None:
        data = {"failCommands": [command], **how}
        await self._admin.command({"configureFailPoint": "failCommand", "mode": {"times": times}, "data": data})

    async def heal(self) -> None:
        await self._admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    async def close(self) -> None:
        await self.heal()
        await self.database.close()
        await self._admin.close()


@pytest.fixture(params=list(Driver), ids=str)
async def fragile(request: pytest.FixtureRequest, fragile_uri: str) -> AsyncIterator[Fragile]:
    made = Fragile(fragile_uri, request.param)
    await indexes.ensure(made.database)
    yield made
    await made.close()


NOT_PRIMARY, BUSY, OUT_OF_TIME, FORBIDDEN = 10107, 365, 50, 13


@pytest.mark.parametrize("how", [{"closeConnection": True}, {"errorCode": NOT_PRIMARY}], ids=str)
async def test_one_stumble_is_not_noticed(fragile: Fragile, how: dict[str, object]) -> None:
    """A broken connection or an election: the driver repeats the call, and a write is still one event."""
    entity = Entity("Artifact", uuid4().hex, "vpc")
    labels = {"errorLabels": ["RetryableWriteError"]} if "errorCode" in how else {}
    await fragile.fail("insert", 1, how | labels)
    (event,) = committed(await fragile.log.append([Append(draft(entity, "Applied", artifact(entity)))]))
    await fragile.fail("find", 1, how)
    assert (await fragile.log.latest([entity.key], STATE))[entity.key].version == 1
    await fragile.fail("aggregate", 1, how)
    assert (await fragile.log.as_of([entity.key], ALWAYS, STATE))[entity.key].id == event.id


@pytest.mark.parametrize("code", [BUSY, OUT_OF_TIME])
@pytest.mark.parametrize("command", ["insert", "find", "aggregate"])
async def test_a_busy_server_is_told_as_away(fragile: Fragile, command: str, code: int) -> None:
    call = {"find": CALLS["find"], "aggregate": CALLS["aggregate"], "insert": CALLS["insert"]}[command]
    await fragile.fail(command, 10, {"errorCode": code})
    assert (await refused(call(fragile.database))).retryable
    await fragile.heal()
    await call(fragile.database)


async def test_a_write_that_no_majority_confirmed_is_not_acknowledged(fragile: Fragile) -> None:
    """It may be there or not; repeated with the same id it is one event."""
    entity = Entity("Artifact", uuid4().hex, "vpc")
    again = [Append(draft(entity, "Applied", artifact(entity), id=uuid4().hex))]
    await fragile.fail("insert", 1, {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}})
    await refused(fragile.log.append(again))
    (result,) = await fragile.log.append(again)
    assert isinstance(result, Appended)
    assert result.deduplicated
    assert result.event.version == 1


async def test_what_the_user_may_not_do_is_no_outage(fragile: Fragile) -> None:
    await fragile.fail("find", 1, {"errorCode": FORBIDDEN})
    with pytest.raises(OperationFailure):
        await CALLS["find"](fragile.database)

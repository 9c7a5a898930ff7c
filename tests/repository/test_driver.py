"""MongoDB through both drivers: what works."""

import asyncio
from datetime import UTC, datetime

import pytest
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from calls import CALLS, SHORT, THINGS, raw, refused, works
from patience import PATIENCE
from repository.driver import Database, Driver, connect


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
    async with asyncio.timeout(PATIENCE):
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
async def test_a_closed_database_says_so(mongodb_uri: str, driver: Driver) -> None:
    database = connect(mongodb_uri, "closed", driver, timeout=SHORT)
    await works(CALLS["command"], database)
    await database.close()
    for call in CALLS.values():
        assert "stopping" in str(await refused(call(database)))

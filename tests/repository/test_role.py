"""The service's database user can add events and read them; MongoDB itself refuses everything that would change one."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from guarded import ROOT, guarded
from repository.documents import BOOKKEEPING, EVENTS, LATEST
from repository.role import ROLE, create_service_user

Client = AsyncMongoClient[dict[str, Any]]
Database = AsyncDatabase[dict[str, Any]]
Command = dict[str, Any]

UNAUTHORIZED = 13
AUTHENTICATION_FAILED = 18
DATABASE = "dsel_role"
EVENT = {"_id": "first", "kind": "ArtifactAppliedEvent"}

UPDATE = {"q": {"_id": "first"}, "u": {"$set": {"kind": "Forged"}}}
REPLACE = {"q": {"_id": "first"}, "u": {"kind": "Forged"}}
INDEX = {"key": {"kind": 1}, "name": "kind"}
GRANT = {"resource": {"db": DATABASE, "collection": EVENTS}, "actions": ["update", "remove"]}
FORGED = {"$set": {"kind": "Forged"}}

FORBIDDEN: dict[str, Command] = {
    "update": {"update": EVENTS, "updates": [UPDATE]},
    "update many": {"update": EVENTS, "updates": [{**UPDATE, "multi": True}]},
    "upsert": {"update": EVENTS, "updates": [{**UPDATE, "upsert": True}]},
    "replace": {"update": EVENTS, "updates": [REPLACE]},
    "delete": {"delete": EVENTS, "deletes": [{"q": {"_id": "first"}, "limit": 1}]},
    "delete many": {"delete": EVENTS, "deletes": [{"q": {}, "limit": 0}]},
    "findAndModify": {"findAndModify": EVENTS, "query": {"_id": "first"}, "update": FORGED},
    "findAndModify remove": {"findAndModify": EVENTS, "query": {"_id": "first"}, "remove": True},
    "drop": {"drop": EVENTS},
    "collMod": {"collMod": EVENTS, "validator": {"kind": "Forged"}},
    "createIndexes": {"createIndexes": EVENTS, "indexes": [INDEX]},
    "expiring index": {"createIndexes": EVENTS, "indexes": [{**INDEX, "expireAfterSeconds": 0}]},
    "dropIndexes": {"dropIndexes": EVENTS, "index": "*"},
    "convertToCapped": {"convertToCapped": EVENTS, "size": 4096},
    "$out": {"aggregate": LATEST, "pipeline": [{"$out": EVENTS}], "cursor": {}},
    "$out of itself": {"aggregate": EVENTS, "pipeline": [FORGED, {"$out": EVENTS}], "cursor": {}},
    "$merge": {"aggregate": LATEST, "pipeline": [{"$merge": EVENTS}], "cursor": {}},
    "$merge of itself": {"aggregate": EVENTS, "pipeline": [FORGED, {"$merge": EVENTS}], "cursor": {}},
    "mapReduce": {"mapReduce": LATEST, "map": "f", "reduce": "f", "out": EVENTS},
    "drop of the database": {"dropDatabase": 1},
    "granting itself more": {"grantPrivilegesToRole": ROLE, "privileges": [GRANT]},
    "taking another role": {"grantRolesToUser": "service", "roles": ["dbOwner"]},
}
FORBIDDEN_TO_THE_SERVER: dict[str, Command] = {
    "renameCollection": {"renameCollection": f"{DATABASE}.{EVENTS}", "to": f"{DATABASE}.away"},
    "renameCollection over it": {
        "renameCollection": f"{DATABASE}.{LATEST}",
        "to": f"{DATABASE}.{EVENTS}",
        "dropTarget": True,
    },
    "applyOps": {"applyOps": [{"op": "d", "ns": f"{DATABASE}.{EVENTS}", "o": {"_id": "first"}}]},
}


@pytest.fixture(scope="module")
async def uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A replica set with access control, and in it an administrator."""
    async with guarded(tmp_path_factory.mktemp("guarded")) as address:
        yield address


@pytest.fixture(scope="module")
async def admin(uri: str) -> AsyncIterator[Client]:
    async with Client(uri, username=ROOT, password=ROOT) as client:
        await create_service_user(client, DATABASE, "service", "secret")
        yield client


@pytest.fixture(scope="module")
async def service(uri: str, admin: Client) -> AsyncIterator[Database]:
    async with Client(uri, username="service", password="secret", authSource=DATABASE) as client:
        await client[DATABASE][EVENTS].insert_one(EVENT)
        await client[DATABASE][LATEST].insert_one({"_id": "first", "kind": "Forged"})
        yield client[DATABASE]


async def refused(database: Database, command: Command) -> None:
    with pytest.raises(OperationFailure) as refusal:
        await database.command(command)
    assert refusal.value.code == UNAUTHORIZED
    assert await database.client[DATABASE][EVENTS].find_one({"_id": "first"}) == EVENT


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_no_command_of_the_service_changes_an_event(service: Database, name: str) -> None:
    await refused(service, FORBIDDEN[name])


@pytest.mark.parametrize("name", FORBIDDEN_TO_THE_SERVER)
async def test_no_command_to_the_whole_server_changes_an_event(service: Database, name: str) -> None:
    await refused(service.client.admin, FORBIDDEN_TO_THE_SERVER[name])


async def test_the_service_adds_finds_and_follows_events(service: Database) -> None:
    async with await service[EVENTS].watch() as changes:
        await service[EVENTS].insert_one({"_id": "followed"})
        assert (await changes.next())["fullDocument"] == {"_id": "followed"}
    assert await service[EVENTS].find_one({"_id": "followed"}) == {"_id": "followed"}


async def test_the_service_joins_events_to_a_list_of_keys(service: Database) -> None:
    lookup = {"from": EVENTS, "localField": "key", "foreignField": "_id", "as": "found"}
    async with await service.aggregate([{"$documents": [{"key": "first"}]}, {"$lookup": lookup}]) as rows:
        assert await rows.to_list() == [{"key": "first", "found": [EVENT]}]


@pytest.mark.parametrize("collection", [LATEST, BOOKKEEPING])
async def test_the_service_keeps_what_is_derived_up_to_date(service: Database, collection: str) -> None:
    await service[collection].update_one({"_id": "derived"}, {"$set": {"version": 1}}, upsert=True)
    await service[collection].replace_one({"_id": "derived"}, {"version": 2})
    assert await service[collection].find_one({"_id": "derived"}) == {"_id": "derived", "version": 2}
    assert (await service[collection].delete_one({"_id": "derived"})).deleted_count == 1


async def test_the_service_writes_to_no_other_collection_and_sees_no_other_database(service: Database) -> None:
    await refused(service, {"insert": "other", "documents": [{}]})
    await refused(service.client["other"], {"find": "other"})


async def test_creating_the_user_again_changes_the_password_and_takes_back_what_was_granted(
    uri: str, admin: Client
) -> None:
    database = "dsel_again"
    grant = {"resource": {"db": database, "collection": EVENTS}, "actions": ["update"]}
    await create_service_user(admin, database, "service", "old")
    await admin[database].command("grantPrivilegesToRole", ROLE, privileges=[grant])
    await create_service_user(admin, database, "service", "new")
    async with Client(uri, username="service", password="new", authSource=database) as client:
        await client[database][EVENTS].insert_one(EVENT)
        with pytest.raises(OperationFailure) as refusal:
            await client[database][EVENTS].update_one({}, FORGED)
        assert refusal.value.code == UNAUTHORIZED
    async with Client(uri, username="service", password="old", authSource=database) as client:
        with pytest.raises(OperationFailure) as failure:
            await client[database][EVENTS].find_one()
        assert failure.value.code == AUTHENTICATION_FAILED

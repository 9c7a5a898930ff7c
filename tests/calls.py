"""Every call of a database, and what a test says of one: it works, or it is refused in time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import uuid4

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel, UpdateOne

from domain.errors import StoreUnavailable
from patience import PATIENCE
from repository.driver import Database

THINGS = "things"
SHORT = 0.5  # seconds that a call may take

Call = Callable[[Database], Awaitable[object]]
Answer = TypeVar("Answer")


async def watch(database: Database) -> None:
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


async def refused(call: Awaitable[object]) -> StoreUnavailable:
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(StoreUnavailable) as refusal:
            await call
    return refusal.value


async def works(call: Callable[[Database], Awaitable[Answer]], database: Database) -> Answer:
    """The answer, within the time that a driver takes to notice."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await call(database)
            except StoreUnavailable:
                await asyncio.sleep(0.05)

"""A database that other things happen to, exactly where a test wants them: other writers, lost answers, crashes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from bson.raw_bson import RawBSONDocument
from pymongo import InsertOne, UpdateOne

from domain.errors import StoreUnavailable
from repository.driver import Database, Document, Pipeline

Happening = Callable[[], Awaitable[object]]
Answer = TypeVar("Answer")


class Meddled(Database):
    """`before[("insert", "events")] = [f]` runs f right before the next insert into events; `after` likewise.

    Each happening runs once. What it raises comes out of the call.
    """

    def __init__(self, inner: Database) -> None:
        vars(self).update(vars(inner))
        self.before: dict[tuple[str, str], list[Happening]] = {}
        self.after: dict[tuple[str, str], list[Happening]] = {}

    async def find(self, collection: str, condition: Mapping[str, Any], **options: Any) -> list[Document]:
        return await self._meddle(
            "find", collection, lambda: super(Meddled, self).find(collection, condition, **options)
        )

    async def aggregate(self, collection: str | None, pipeline: Pipeline, **options: Any) -> list[Document]:
        return await self._meddle(
            "aggregate", collection or "", lambda: super(Meddled, self).aggregate(collection, pipeline, **options)
        )

    async def insert(self, collection: str, documents: Sequence[RawBSONDocument]) -> None:
        await self._meddle("insert", collection, lambda: super(Meddled, self).insert(collection, documents))

    async def update(self, collection: str, changes: Sequence[InsertOne[Document] | UpdateOne]) -> int:
        return await self._meddle("update", collection, lambda: super(Meddled, self).update(collection, changes))

    async def _meddle(self, call: str, collection: str, perform: Callable[[], Awaitable[Answer]]) -> Answer:
        if happenings := self.before.get((call, collection)):
            await happenings.pop(0)()
        result = await perform()
        if happenings := self.after.get((call, collection)):
            await happenings.pop(0)()
        return result


async def away() -> None:
    """MongoDB is away: before a call it never arrives, after a call its answer is lost."""
    raise StoreUnavailable("MongoDB does not answer")

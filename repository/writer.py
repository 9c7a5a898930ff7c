"""The write path: the insert into `events` commits; the unique index (entity, version) is order and lock."""

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import bson
import uuid_utils
from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError

from domain.errors import (
    Contention,
    DselError,
    EventIdConflict,
    EventTooLarge,
    StoreUnavailable,
    TimestampInFuture,
    VersionConflict,
)
from domain.event import Document
from domain.instants import Clock, write
from repository import latest, pipelines
from repository.documents import EVENTS, event_document, event_from
from repository.driver import Database
from repository.event_log import Append, Appended

# Of MongoDB's 16 MiB, so that the summary of the same entity has room for its own fields.
LARGEST_EVENT = 16 * 2**20 - 64 * 2**10
_COLLISIONS = 8
_DUPLICATE_KEY = 11000
_START = datetime(1, 1, 1, tzinfo=UTC)
_LOG = logging.getLogger("dsel.writer")


@dataclass(slots=True)
class Head:
    """Where an entity stands: its newest version and the largest of each time so far."""

    version: int = 0
    newest: datetime = _START
    recorded_at: datetime = _START


@dataclass(slots=True)
class Batch:
    """The drafts of one commit, and what became of each."""

    appends: Sequence[Append]
    results: dict[int, Appended | DselError] = field(default_factory=dict)
    committed: dict[str, Document] = field(default_factory=dict)
    """By event id, in the order of versions."""
    repeated: set[str] = field(default_factory=set)
    """Keys of entities that a repetition was about: its first writer may have died before the summary."""

    @property
    def pending(self) -> list[int]:
        return [index for index in range(len(self.appends)) if index not in self.results]

    def in_order(self) -> list[Appended | DselError]:
        return [self.results[index] for index in range(len(self.appends))]


class Writer:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def commit(self, appends: Sequence[Append]) -> list[Appended | DselError]:
        """Appends each draft, in order; see EventLog.append."""
        batch = Batch(appends)
        await self._recognise(batch, batch.pending)
        collisions = 0
        while batch.pending and collisions < _COLLISIONS:
            settled = len(batch.results)
            await self._attempt(batch)
            collisions = 0 if len(batch.results) > settled else collisions + 1
            await asyncio.sleep(random.uniform(0, 0.001 * 2**collisions) if collisions else 0)  # noqa: S311 - no secret
        for index in batch.pending:
            entity = appends[index].draft.entity
            batch.results[index] = Contention(f"{entity} is being written by too many at once", hint="Try again.")
        await self._summarise(batch)
        return batch.in_order()

    async def _attempt(self, batch: Batch) -> None:
        """Gives every pending draft the next version of its entity and inserts them up to the first collision."""
        placed = await self._place(batch)
        if not placed:
            return
        try:
            await self._database.insert(EVENTS, [raw for _, _, raw in placed])
            done = len(placed)
        except BulkWriteError as error:
            done = _position_of_duplicate(error)
            await self._recognise(batch, [placed[done][0]], placed[done][1])
        for index, document, _ in placed[:done]:
            batch.results[index] = Appended(event_from(document))
            batch.committed[document["_id"]] = document

    async def _place(self, batch: Batch) -> list[tuple[int, Document, RawBSONDocument]]:
        pending, now = batch.pending, self._clock()
        heads = await self._heads({batch.appends[index].draft.entity.key for index in pending})
        placed, ids = [], set()
        for index in pending:
            append = batch.appends[index]
            if append.follows and isinstance(refusal := batch.results.get(index - 1), DselError):
                batch.results[index] = refusal
                continue
            if append.draft.id in batch.committed:
                batch.results[index] = _repetition(append, batch.committed[append.draft.id], None)
                continue
            if append.draft.id in ids:
                break  # a repetition within the batch: settled once the first is in
            try:
                document, raw = _placed(append, heads.setdefault(append.draft.entity.key, Head()), now)
            except DselError as error:
                batch.results[index] = error
                continue
            ids.add(document["_id"])
            placed.append((index, document, raw))
        return placed

    async def _heads(self, keys: set[str]) -> dict[str, Head]:
        found = await self._database.aggregate(EVENTS, pipelines.heads(sorted(keys)))
        return {
            each["_id"]: Head(each["head"]["version"], each["head"]["newest"], each["head"]["recordedAt"])
            for each in found
        }

    async def _recognise(self, batch: Batch, indexes: Sequence[int], attempted: Document | None = None) -> None:
        """Settles the drafts whose event id is in the log already."""
        ids = [attempted["_id"]] if attempted else [batch.appends[index].draft.id for index in indexes]
        wanted = [each for each in ids if each is not None]
        if not wanted:
            return
        known = {each["_id"]: each for each in await self._database.find(EVENTS, {"_id": {"$in": wanted}})}
        for index, event_id in zip(indexes, ids, strict=True):
            if event_id in known:
                batch.results[index] = _repetition(batch.appends[index], known[event_id], attempted)
                batch.repeated.add(known[event_id]["entity"])
                if batch.appends[index].follows:
                    batch.results.setdefault(index - 1, batch.results[index])

    async def _summarise(self, batch: Batch) -> None:
        try:
            await latest.fold(self._database, list(batch.committed.values()), batch.repeated)
        except StoreUnavailable:
            # The events are committed, so the caller is told so; the follower brings the summaries up to date.
            _LOG.warning("the summaries of %d events are late: MongoDB does not answer", len(batch.committed))


def _placed(append: Append, head: Head, now: datetime) -> tuple[Document, RawBSONDocument]:
    draft = append.draft
    if append.expected_version is not None and append.expected_version != head.version:
        raise VersionConflict(str(draft.entity), append.expected_version, head.version)
    if draft.timestamp is not None and draft.timestamp > now:
        raise TimestampInFuture(
            f"the timestamp {write(draft.timestamp)} lies after the server's clock, {write(now)}",
            hint="Leave the timestamp out to take the server's, or mend the writer's clock.",
        )
    timestamp = draft.timestamp or max(now, head.newest)
    recorded_at = max(now, head.recorded_at)
    event_id = draft.id or str(uuid_utils.uuid7())
    document = event_document(draft, event_id, head.version + 1, timestamp, recorded_at)
    document["newest"] = max(timestamp, head.newest)
    raw = bson.encode(document)
    if len(raw) > LARGEST_EVENT:
        raise EventTooLarge(
            f"the event about {draft.entity} has {len(raw):,} bytes, {LARGEST_EVENT:,} are allowed",
            hint="Keep large files elsewhere and refer to them.",
        )
    head.version, head.newest, head.recorded_at = document["version"], document["newest"], recorded_at
    return document, RawBSONDocument(raw)


def _position_of_duplicate(error: BulkWriteError) -> int:
    """Which document collided; of another failure nothing is known, so it goes on."""
    failure = error.details["writeErrors"][0] if error.details["writeErrors"] else None
    if failure is None:
        raise StoreUnavailable("MongoDB did not confirm the write", hint="Repeat it with the same event id.") from error
    if failure["code"] != _DUPLICATE_KEY:
        raise error
    return int(failure["index"])


def _repetition(append: Append, known: Document, attempted: Document | None) -> Appended | DselError:
    if known["digest"] != append.draft.digest or known["entity"] != append.draft.entity.key:
        return EventIdConflict(known["_id"])
    # A retried write of the driver's meets its own first try: the same place in the log, so it is no repetition.
    own = attempted is not None and _same_place(known, attempted)
    return Appended(event_from(known), deduplicated=not own)


def _same_place(one: Document, other: Document) -> Any:
    return (one["version"], one["recordedAt"], one["timestamp"]) == (
        other["version"],
        other["recordedAt"],
        other["timestamp"],
    )

"""The write path: the insert into `events` commits; the unique index (entity, version) is order and lock."""

import asyncio
import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import bson
import uuid_utils
from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError, PyMongoError

from domain.errors import (
    Contention,
    DselError,
    EventIdConflict,
    EventTooLarge,
    StoreUnavailable,
    TimestampInFuture,
    VersionConflict,
)
from domain.event import Document, Event
from domain.instants import Clock, write
from repository import latest
from repository.batch import Batch
from repository.documents import EVENTS, event_document, event_from
from repository.driver import Database
from repository.event_log import Append, Appended
from repository.heads import Head, Heads
from repository.lane import Lane

# Of MongoDB's 16 MiB, so that the summary of the same entity has room for its own fields.
LARGEST_EVENT = 16 * 2**20 - 64 * 2**10
_COLLISIONS = 8
_DUPLICATE_KEY = 11000
_LOG = logging.getLogger("dsel.writer")


@dataclass(frozen=True, slots=True)
class Placed:
    """The event that a draft becomes, as it is told and as it will be stored."""

    index: int
    event: Event
    document: Document
    raw: RawBSONDocument


@dataclass(frozen=True, slots=True)
class Stored:
    """What the summaries do not tell of yet."""

    events: Sequence[Document]
    doubtful: Iterable[str] = ()
    """Keys of entities whose summary is to be compared with the log."""


class Writer:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._heads = Heads(database)
        self._summaries: Lane[Stored, None] = Lane(self._summarise)

    async def commit(self, appends: Sequence[Append]) -> Batch:
        """Stores each draft, in order; see EventLog.append. The summaries may follow later than it returns."""
        batch = Batch(appends)
        collisions = 0
        while batch.pending and collisions < _COLLISIONS:
            settled = len(batch.results)
            await self._attempt(batch)
            collisions = 0 if len(batch.results) > settled else collisions + 1
            await asyncio.sleep(random.uniform(0, 0.001 * 2**collisions) if collisions else 0)  # noqa: S311 - no secret
        for index in batch.pending:
            entity = appends[index].draft.entity
            batch.results[index] = Contention(f"{entity} is being written by too many at once", hint="Try again.")
        if batch.repeated:
            batch.summaries.append(self._summaries.submit(Stored((), batch.repeated)))
        return batch

    async def drain(self) -> None:
        """Waits for the summaries."""
        await self._summaries.drain()

    async def _attempt(self, batch: Batch) -> None:
        """Gives pending drafts the next version of their entities and inserts them up to the first collision."""
        part = batch.part()
        keys = {batch.appends[index].draft.entity.key for index in part}
        heads = await self._heads.read(keys, fresh=batch.exact(part))
        # Only after the heads: what another writer commits from here on collides with a version.
        await self._recognise(batch, batch.ids(part))
        placed = self._place(batch, part, heads)
        if not placed:
            return
        collided: Placed | None = None
        try:
            await self._database.insert(EVENTS, [each.raw for each in placed])
            self._heads.remember(heads)
        except BulkWriteError as error:
            self._heads.forget(keys)
            done = _position_of_duplicate(error)
            placed, collided = placed[:done], placed[done]
        if placed:
            batch.results |= {each.index: Appended(each.event) for each in placed}
            documents = [each.document for each in placed]
            batch.summaries.append(self._summaries.submit(Stored(documents)))
        if collided is not None:
            await self._recognise(batch, {collided.index: collided.event.id})

    def _place(self, batch: Batch, part: Sequence[int], heads: dict[str, Head]) -> list[Placed]:
        now = self._clock()
        placed: list[Placed] = []
        ids: set[str] = set()
        for group in batch.groups(index for index in part if index not in batch.results):
            own = set(batch.ids(group).values())
            if ids & own:
                break  # a repetition within the batch: settled once the first is in
            try:
                placed += _placed_together(batch, group, heads, now)
                ids |= own
            except DselError as refusal:
                batch.results |= dict.fromkeys(group, refusal)
        return placed

    async def _recognise(self, batch: Batch, ids: Mapping[int, str]) -> None:
        """Settles the drafts whose event id is in the log already."""
        if not ids:
            return
        found = await self._database.find(EVENTS, {"_id": {"$in": sorted(set(ids.values()))}})
        known = {each["_id"]: each for each in found}
        for index, event_id in ids.items():
            if event_id in known:
                batch.results[index] = _repetition(batch.appends[index], known[event_id])
                batch.repeated.add(known[event_id]["entity"])
                if batch.appends[index].follows:
                    batch.results.setdefault(index - 1, batch.results[index])

    async def _summarise(self, parts: Sequence[Stored]) -> list[None]:
        events = [event for part in parts for event in part.events]
        try:
            await latest.fold(self._database, events, {key for part in parts for key in part.doubtful})
        except (StoreUnavailable, PyMongoError) as error:
            # The events are committed, so the caller is told so; the follower brings the summaries up to date.
            _LOG.warning("the summaries of %d events are late: %s", len(events), error)
        return [None] * len(parts)


def _placed_together(batch: Batch, group: Sequence[int], heads: dict[str, Head], now: datetime) -> list[Placed]:
    """Moves the heads on by a group, or raises what refuses one of it and leaves them as they were."""
    first = group[0]
    if batch.appends[first].follows and isinstance(refusal := batch.results.get(first - 1), DselError):
        raise refusal
    moved: dict[str, Head] = {}
    placed = []
    for index in group:
        append = batch.appends[index]
        key = append.draft.entity.key
        head = moved.setdefault(key, heads.get(key, Head()).copy())
        placed.append(_placed(index, append, head, now))
    heads |= moved
    return placed


def _placed(index: int, append: Append, head: Head, now: datetime) -> Placed:
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
    event = draft.recorded(draft.id or str(uuid_utils.uuid7()), head.version + 1, timestamp, recorded_at)
    newest = max(timestamp, head.newest)
    document = event_document(event, draft.digest, newest)
    raw = bson.encode(document)
    if len(raw) > LARGEST_EVENT:
        raise EventTooLarge(
            f"the event about {draft.entity} has {len(raw):,} bytes, {LARGEST_EVENT:,} are allowed",
            hint="Keep large files elsewhere and refer to them.",
        )
    head.version, head.newest, head.recorded_at = event.version, newest, recorded_at
    return Placed(index, event, document, RawBSONDocument(raw))


def _position_of_duplicate(error: BulkWriteError) -> int:
    """Which document collided; of another failure nothing is known, so it goes on."""
    failure = error.details["writeErrors"][0] if error.details["writeErrors"] else None
    if failure is None:
        raise StoreUnavailable("MongoDB did not confirm the write", hint="Repeat it with the same event id.") from error
    if failure["code"] != _DUPLICATE_KEY:
        raise error
    return int(failure["index"])


def _repetition(append: Append, known: Document) -> Appended | DselError:
    if known["digest"] != append.draft.digest or known["entity"] != append.draft.entity.key:
        return EventIdConflict(known["_id"])
    # An id of the log's own making is met again only when the driver has repeated a write whose answer was lost.
    return Appended(event_from(known), deduplicated=append.draft.id is not None)

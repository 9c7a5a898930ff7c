"""The write path: the insert into `events` commits; the unique index (entity, version) is order and lock."""

import asyncio
import logging
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from domain.event import Document
from domain.instants import Clock, write
from repository import latest
from repository.documents import EVENTS, event_document, event_from
from repository.driver import Database
from repository.event_log import Append, Appended
from repository.heads import Head, Heads

# Of MongoDB's 16 MiB, so that the summary of the same entity has room for its own fields.
LARGEST_EVENT = 16 * 2**20 - 64 * 2**10
_COLLISIONS = 8
_DUPLICATE_KEY = 11000
_LOG = logging.getLogger("dsel.writer")

Placed = tuple[int, Document, RawBSONDocument]
"""The index of a draft, and its event as it will be stored."""


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

    def groups(self) -> Iterator[list[int]]:
        """What is pending, with those that follow beside what they follow."""
        group: list[int] = []
        for index in self.pending:
            if group and not self.appends[index].follows:
                yield group
                group = []
            group.append(index)
        if group:
            yield group

    def ids(self, indexes: Iterable[int]) -> dict[int, str]:
        """The event ids that the writers chose."""
        chosen = ((index, self.appends[index].draft.id) for index in indexes)
        return {index: event_id for index, event_id in chosen if event_id is not None}

    def exact(self) -> set[str]:
        """The entities whose version a writer has named, so that no remembered one will do."""
        named = (self.appends[index] for index in self.pending)
        return {each.draft.entity.key for each in named if each.expected_version is not None}

    def in_order(self) -> list[Appended | DselError]:
        return [self.results[index] for index in range(len(self.appends))]


class Writer:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._heads = Heads(database)

    async def commit(self, appends: Sequence[Append]) -> list[Appended | DselError]:
        """Appends each draft, in order; see EventLog.append."""
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
        await self._summarise(batch)
        return batch.in_order()

    async def _attempt(self, batch: Batch) -> None:
        """Gives every pending draft the next version of its entity and inserts them up to the first collision."""
        keys = {batch.appends[index].draft.entity.key for index in batch.pending}
        heads = await self._heads.read(keys, fresh=batch.exact())
        # Only after the heads: what another writer commits from here on collides with a version.
        await self._recognise(batch, batch.ids(batch.pending))
        placed = self._place(batch, heads)
        if not placed:
            return
        try:
            await self._database.insert(EVENTS, [raw for _, _, raw in placed])
            done = len(placed)
            self._heads.remember(heads)
        except BulkWriteError as error:
            self._heads.forget(keys)
            done = _position_of_duplicate(error)
            index, document, _ = placed[done]
            await self._recognise(batch, {index: document["_id"]})
        for index, document, _ in placed[:done]:
            batch.results[index] = Appended(event_from(document, batch.appends[index].draft.entity))
            batch.committed[document["_id"]] = document

    def _place(self, batch: Batch, heads: dict[str, Head]) -> list[Placed]:
        now = self._clock()
        placed: list[Placed] = []
        ids: set[str] = set()
        for group in batch.groups():
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

    async def _summarise(self, batch: Batch) -> None:
        try:
            await latest.fold(self._database, list(batch.committed.values()), batch.repeated)
        except (StoreUnavailable, PyMongoError) as error:
            # The events are committed, so the caller is told so; the follower brings the summaries up to date.
            _LOG.warning("the summaries of %d events are late: %s", len(batch.committed), error)


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
        placed.append((index, *_placed(append, head, now)))
    heads |= moved
    return placed


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


def _repetition(append: Append, known: Document) -> Appended | DselError:
    if known["digest"] != append.draft.digest or known["entity"] != append.draft.entity.key:
        return EventIdConflict(known["_id"])
    # An id of the log's own making is met again only when the driver has repeated a write whose answer was lost.
    return Appended(event_from(known), deduplicated=append.draft.id is not None)

"""The collection `latest`: one summary per entity, derived from the log and always behind or equal to it.

A summary at version n has folded exactly the events 1..n, so that its counters count each event once however often it
is repaired. Of state, first and last event the position in the timeline decides, not the order of folding.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from domain.event import Document, Phase
from repository import indexes, pipelines
from repository.documents import EVENTS, LATEST, header
from repository.driver import Database

_DUPLICATE_KEY = 11000
_REPAIR_BATCH = 2_000
_REPAIR_ENTITIES = 500
_HEADERS = dict.fromkeys(("state", "meta", "spec", "rest", "words"), 0)


@dataclass(frozen=True, slots=True)
class Run:
    """Event documents of one entity by version, and the version of the summary that they continue."""

    base: int
    events: Sequence[Document]

    @property
    def key(self) -> str:
        return str(self.events[0]["entity"])

    @property
    def newest_state(self) -> Document | None:
        """The event of the run that carries its newest state."""
        return max((event for event in self.events if event["stateful"]), key=_position, default=None)

    @property
    def is_dense(self) -> bool:
        return all(event["version"] == version for version, event in enumerate(self.events, start=self.base + 1))

    def change(self) -> InsertOne[Document] | UpdateOne:
        """Folds the run into the summary that it continues, or begins one; touches no other."""
        if self.base == 0:
            return InsertOne(self._summary())
        changes = self._advance() if self._is_monotone else [{"$set": self._choices()}]
        return UpdateOne({"_id": self.key, "version": self.base}, changes)

    @property
    def _is_monotone(self) -> bool:
        """Whether each event was the newest when it was written, as live ones are."""
        return all(event["timestamp"] == event["newest"] for event in self.events)

    def _summary(self) -> Document:
        ordered = sorted(self.events, key=_position)
        summary = {
            "_id": self.key,
            "version": self.events[-1]["version"],
            "first": header(ordered[0]),
            "last": header(ordered[-1]),
            "counts": {phase.name.lower(): _count(phase, self.events) for phase in Phase},
        }
        return summary | _state_values(state) if (state := self.newest_state) else summary

    def _advance(self) -> Document:
        """The run goes on where the summary ends."""
        last = self.events[-1]
        changes = {"version": last["version"], "last": header(last)}
        if state := self.newest_state:
            changes |= _state_values(state)
        counts = {f"counts.{phase.name.lower()}": _count(phase, self.events) for phase in Phase}
        return {"$set": changes, "$inc": counts}

    def _choices(self) -> Document:
        """Some of the run came late: the summary keeps whatever stands further in the timeline."""
        ordered = sorted(self.events, key=_position)
        changes = {
            "version": self.events[-1]["version"],
            "first": _chosen("$lt", ordered[0], "first", header(ordered[0])),
            "last": _chosen("$gt", ordered[-1], "last", header(ordered[-1])),
            "counts": {phase.name.lower(): _added(phase, self.events) for phase in Phase},
        }
        return changes | _state_changes(state) if (state := self.newest_state) else changes


async def fold(database: Database, events: Sequence[Document], doubtful: Iterable[str] = ()) -> None:
    """Brings the summaries up to these new events, and past them where other writers were faster.

    The summaries of the `doubtful` keys are checked against the log.
    """
    runs, behind = [], set(doubtful)
    for run in _runs(events):
        if run.is_dense and run.key not in behind:
            runs.append(run)
        else:
            behind.add(run.key)
    if runs and not await _all_changed(database, runs):
        behind.update(run.key for run in runs)
    if behind:
        await repair(database, sorted(behind))


async def repair(database: Database, keys: Sequence[str]) -> int:
    """Folds whatever the log has and the summaries lack. Returns how many entities were behind."""
    repaired: set[str] = set()
    while behind := await _behind(database, keys):
        repaired.update(behind)
        for version, alike in _by_version(behind).items():
            for start in range(0, len(alike), _REPAIR_ENTITIES):
                await _catch_up(database, alike[start : start + _REPAIR_ENTITIES], version)
    return len(repaired)


async def repair_all(database: Database, batch: int = 1000) -> int:
    """Repairs every entity of the log, in the order of keys. Returns how many were behind."""
    repaired, after = 0, ""
    while keys := await _keys_after(database, after, batch):
        repaired += await repair(database, keys)
        after = keys[-1]
    return repaired


async def is_whole(database: Database) -> bool:
    """Whether each entity of the log has a summary, of whatever version: an index key for each, on either side."""
    return await _entities(database, EVENTS, "entity") <= await _entities(database, LATEST, "_id")


async def _behind(database: Database, keys: Sequence[str]) -> dict[str, int]:
    heads = await database.aggregate(EVENTS, pipelines.heads(keys))
    summaries = await database.find(LATEST, {"_id": {"$in": list(keys)}}, projection={"version": 1})
    folded = {each["_id"]: each["version"] for each in summaries}
    return {
        each["_id"]: folded.get(each["_id"], 0)
        for each in heads
        if folded.get(each["_id"], 0) < each["head"]["version"]
    }


async def _entities(database: Database, collection: str, field: str) -> int:
    found = await database.aggregate(collection, pipelines.count_distinct(field))
    return int(found[0]["n"]) if found else 0


def _by_version(behind: Mapping[str, int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for key, version in behind.items():
        found.setdefault(version, []).append(key)
    return found


async def _catch_up(database: Database, keys: Sequence[str], version: int) -> None:
    """Goes on with summaries of one version, of as many entities as one read holds: of long histories not with all."""
    condition = {"entity": {"$in": list(keys)}, "version": {"$gt": version}}
    options: dict[str, Any] = {"sort": {"entity": 1, "version": 1}, "limit": _REPAIR_BATCH, "hint": indexes.ORDER}
    events = await database.find(EVENTS, condition, projection=_HEADERS, **options)
    # Should the log have a gap, as after a bad restore, the summary goes over it: it must not be tried for ever.
    runs = [Run(version, list(group)) for _, group in groupby(events, key=itemgetter("entity"))]
    await _complete(database, [run.newest_state for run in runs if run.newest_state is not None])
    await _all_changed(database, runs)


async def _complete(database: Database, events: Sequence[Document]) -> None:
    """Adds the states, of which a summary needs one for each entity."""
    ids = [event["_id"] for event in events]
    found = await database.find(EVENTS, {"_id": {"$in": ids}}, projection={"state": 1})
    states = {each["_id"]: each["state"] for each in found}
    for event in events:
        event["state"] = states[event["_id"]]


async def _all_changed(database: Database, runs: Sequence[Run]) -> bool:
    """Folds each run; False when another writer was there first."""
    try:
        return await database.update(LATEST, [run.change() for run in runs]) == len(runs)
    except BulkWriteError as error:
        if any(each["code"] != _DUPLICATE_KEY for each in error.details["writeErrors"]):
            raise
        return False


async def _keys_after(database: Database, after: str, limit: int) -> list[str]:
    """Every entity has an event of version 1, which the index finds by one seek each."""
    first = {"entity": {"$gt": after}, "version": 1}
    found = await database.find(EVENTS, first, projection={"entity": 1, "_id": 0}, sort={"entity": 1}, limit=limit)
    return [each["entity"] for each in found]


def _runs(events: Iterable[Document]) -> list[Run]:
    by_entity: dict[str, list[Document]] = {}
    for event in events:
        by_entity.setdefault(event["entity"], []).append(event)
    return [Run(each[0]["version"] - 1, each) for each in by_entity.values()]


def _state_changes(event: Document) -> Document:
    return {field: _chosen("$gt", event, "at", value, field) for field, value in _state_values(event).items()}


def _state_values(event: Document) -> Document:
    return {
        "state": event["state"],
        "at": header(event),
        "labels": event.get("labels", []),
        "encoded": event.get("encoded", False),
        "live": not event["deletes"],
    }


def _chosen(comparison: str, event: Document, rival: str, value: Any, field: str | None = None) -> Document:
    """`value` when `event` beats the summary's `rival` in the timeline or there is none, else what stands there."""
    standing = [f"${rival}.timestamp", f"${rival}.version"]
    wins = {"$or": [{"$eq": [{"$type": f"${rival}"}, "missing"]}, {comparison: [list(_position(event)), standing]}]}
    return {"$cond": [wins, {"$literal": value}, f"${field or rival}"]}


def _added(phase: Phase, events: Sequence[Document]) -> Document:
    return {"$add": [{"$ifNull": [f"$counts.{phase.name.lower()}", 0]}, _count(phase, events)]}


def _count(phase: Phase, events: Sequence[Document]) -> int:
    return sum(event["phase"] == phase for event in events)


def _position(event: Mapping[str, Any]) -> tuple[Any, int]:
    return event["timestamp"], event["version"]

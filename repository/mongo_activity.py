"""Numbers, computed by MongoDB along the way of a search."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo.errors import OperationFailure

from domain.buckets import Bucket, Buckets
from domain.errors import FilterTooWide, InvalidArgument
from domain.event import ActorType
from repository import access, indexes, pipelines
from repository.activity import MOST_COUNTED, Involved, Slot, Tally
from repository.documents import EVENTS
from repository.driver import Database, Document
from repository.event_log import EventFilter, LogPage, Moment, TimelinePage
from repository.pipelines import Pipeline
from repository.searches import Searches

_NO_ZONE = 40485
_BY_KIND = {"kind": "$kind", "actorType": "$actor.type"}


class MongoActivity:
    def __init__(self, database: Database, searches: Searches, most: int = MOST_COUNTED) -> None:
        self._database = database
        self._searches = searches
        self._most = most

    async def slots(self, where: EventFilter, moment: Moment, buckets: Buckets) -> list[Slot]:
        stages = _counted({"start": _start(buckets), **_BY_KIND})
        with _zone_known(buckets):
            return [_slot(each) for each in await self._gathered(where, moment, stages)]

    async def slots_of(
        self, keys: Sequence[str], where: EventFilter, moment: Moment, buckets: Buckets
    ) -> dict[str, list[Slot]]:
        keys = access.entities_among(keys, where)
        await self._check_spans(keys, where, moment)
        place, index = await self._place(keys, where)
        condition = {"entity": {"$in": list(keys)}, **place, **pipelines.log_condition(LogPage(1, where=where), moment)}
        stages = _counted({"entity": "$entity", "start": _start(buckets), **_BY_KIND})
        pipeline: Pipeline = [{"$match": condition}, {"$limit": self._most + 1}, *stages]
        with _zone_known(buckets):
            rows = self._checked(await self._database.aggregate(EVENTS, pipeline, hint=index))
        found: dict[str, list[Slot]] = {}
        for each in rows:
            found.setdefault(each["_id"]["entity"], []).append(_slot(each))
        return found

    async def lengths(self, keys: Sequence[str], where: EventFilter, moment: Moment, most: int) -> dict[str, int]:
        keys = access.entities_among(keys, where)
        await self._searches.check_timelines(keys, TimelinePage(1, where=where), moment)
        place, index = await self._place(keys, where)
        if not place:
            rows = await self._database.aggregate(None, pipelines.lengths(keys, where, moment, most))
            return {each["entity"]: each["events"]["count"] for each in rows}
        condition = {**place, **pipelines.log_condition(LogPage(1, where=where), moment)}

        async def length(key: str) -> int:
            counted = pipelines.count({"entity": key, **condition}, most)
            return sum(each["count"] for each in await self._database.aggregate(EVENTS, counted, hint=index))

        return dict(zip(keys, await asyncio.gather(*map(length, keys)), strict=True))

    async def _place(self, keys: Sequence[str], where: EventFilter) -> tuple[dict[str, Any], str]:
        """Where in which index the events of these entities stand that may meet the conditions."""
        facets = await self._searches.facets_of(keys, where)
        return ({}, indexes.TIMELINE) if facets is None else ({"facet": {"$in": facets}}, indexes.ENTITY_FACET)

    async def _check_spans(self, keys: Sequence[str], where: EventFilter, moment: Moment) -> None:
        """Refuses to look through more events than may be counted for conditions that no index of an entity has."""
        if access.given(where) <= access.ON_TIMELINES:
            return
        condition = {"entity": {"$in": list(keys)}, "$and": pipelines.span("timestamp", where, moment)}
        counted = pipelines.count(condition, self._most + 1)
        rows = await self._database.aggregate(EVENTS, counted, hint=indexes.TIMELINE)
        self._checked([{"events": each["count"]} for each in rows])

    async def tallies(self, where: EventFilter, moment: Moment) -> list[Tally]:
        stages = _counted({"type": "$type", "app": "$appId", **_BY_KIND})
        found = await self._gathered(where, moment, stages)
        return [
            Tally(by["type"], by["app"], by["kind"], ActorType(by["actorType"]), each["events"])
            for each in found
            for by in [each["_id"]]
        ]

    async def involved(self, where: EventFilter, moment: Moment) -> list[Involved]:
        stages = _counted("$entity", first={"$min": "$timestamp"}, last={"$max": "$timestamp"})
        found: dict[str, Involved] = {}
        for each in await self._gathered(where, moment, stages):
            one = Involved(each["_id"], each["events"], each["first"], each["last"])
            found[one.key] = _together(found[one.key], one) if one.key in found else one
        return list(found.values())

    async def _gathered(self, where: EventFilter, moment: Moment, stages: Pipeline) -> list[Document]:
        return self._checked(await self._searches.gather(where, moment, [{"$limit": self._most + 1}, *stages]))

    def _checked(self, rows: list[Document]) -> list[Document]:
        if sum(each["events"] for each in rows) > self._most:
            raise FilterTooWide(
                f"more than {self._most:,} events would have to be counted", hint="Narrow it with since and until."
            )
        return rows


def _counted(by: Any, **more: Any) -> Pipeline:
    return [{"$group": {"_id": by, "events": {"$sum": 1}, **more}}]


def _start(buckets: Buckets) -> Document:
    trunc: Document = {"date": "$timestamp", "unit": buckets.unit.value, "startOfWeek": "monday"}
    if buckets.unit not in (Bucket.MINUTE, Bucket.HOUR):
        trunc["timezone"] = buckets.zone
    return {"$dateTrunc": trunc}


@contextmanager
def _zone_known(buckets: Buckets) -> Iterator[None]:
    """MongoDB may know fewer zones than we do."""
    try:
        yield
    except OperationFailure as error:
        if error.code != _NO_ZONE:
            raise
        raise InvalidArgument(f"MongoDB does not know the time zone '{buckets.zone}'", hint="Take UTC.") from error


def _slot(row: Document) -> Slot:
    by = row["_id"]
    return Slot(by["start"], by["kind"], ActorType(by["actorType"]), row["events"])


def _together(one: Involved, other: Involved) -> Involved:
    return Involved(one.key, one.events + other.events, min(one.first, other.first), max(one.last, other.last))

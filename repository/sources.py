"""The source events of aggregates in the log."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from domain.aggregate import Aggregate, Order, Place, Sources
from domain.event import Event
from repository import access, indexes
from repository.documents import EVENTS, event_from, projection
from repository.driver import Database, Document
from repository.fields import Fields

_PAGE = 2_000


def needed(*aggregates: Aggregate[Any]) -> Fields:
    """What they look at: the envelope without the object, and parts of the object."""
    return Fields(frozenset(path for each in aggregates for path in each.reads), body=True)


async def of(database: Database, aggregate: Aggregate[Any], place: Place, since: Event | None = None) -> list[Event]:
    """The events where the sources of one aggregate stand, of those that took effect with `since` or later."""
    condition, index = _condition(aggregate.sources(place))
    if since is not None:
        condition = {"$and": [condition, {"timestamp": {"$gte": since.timestamp}}]}
    found = await database.find(EVENTS, condition, projection=projection(needed(aggregate)), hint=index)
    return [event_from(each) for each in found]


async def everything(database: Database, fields: Fields) -> AsyncIterator[Event]:
    """The whole log in the order of effect."""
    waiting: list[Event] = []
    async for event in _by_time(database, fields):
        if waiting and waiting[-1].timestamp < event.timestamp:
            for each in sorted(waiting, key=Order.of):
                yield each
            waiting = []
        waiting.append(event)
    for each in sorted(waiting, key=Order.of):
        yield each


async def _by_time(database: Database, fields: Fields) -> AsyncIterator[Event]:
    acts = access.at(access.acts())
    condition: Mapping[str, Any] = acts
    while True:
        documents: list[Document] = await database.find(
            EVENTS,
            condition,
            projection=projection(fields),
            sort={"timestamp": 1, "_id": 1},
            limit=_PAGE,
            hint=indexes.ACTS,
        )
        for each in documents:
            yield event_from(each)
        if len(documents) < _PAGE:
            return
        last = documents[-1]
        following = {"$gt": [["$timestamp", "$_id"], {"$literal": [last["timestamp"], last["_id"]]}]}
        condition = {"$and": [acts, {"timestamp": {"$gte": last["timestamp"]}}, {"$expr": following}]}


def _condition(sources: Sources) -> tuple[Document, str]:
    """And the index that finds them."""
    condition: Document = {"appId": sources.app_id} if sources.app_id is not None else {}
    span = {"$gte": sources.since, "$lt": sources.until}
    if given := {comparison: time for comparison, time in span.items() if time is not None}:
        condition["timestamp"] = given
    if sources.execution_id is not None:
        return {**condition, "executionId": sources.execution_id}, indexes.EXECUTION_ACTS
    if sources.artifact is not None:
        return {**condition, "state.spec.artifact.name": sources.artifact}, indexes.USE
    return condition, indexes.APP_ACTS

"""The reads of the log as aggregation pipelines. Their plans are asserted in tests/repository/test_plans.py."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.entity import key_range
from domain.event import ActorType, Event
from repository.documents import EVENTS, projection
from repository.event_log import EventFilter, LogPage, Moment, Order, TimelinePage
from repository.fields import Fields

Pipeline = list[dict[str, Any]]
NEW_TO_OLD = {"timestamp": -1, "version": -1}
OLD_TO_NEW = {"timestamp": 1, "version": 1}
# For the first of each entity, one way along the indexes of an entity's timeline and the other.
FROM_NEWEST = {"entity": 1, **NEW_TO_OLD}
FROM_OLDEST = {"entity": -1, "timestamp": 1, "version": 1}


def heads(keys: Sequence[str]) -> Pipeline:
    """The newest version of each entity: one index seek per entity.

    Both directions are those of the index read backwards; any other order would sort the whole history.
    """
    return [
        {"$match": {"entity": {"$in": list(keys)}}},
        {"$sort": {"entity": -1, "version": -1}},
        {"$group": {"_id": "$entity", "head": {"$first": "$$ROOT"}}},
        {"$project": {"head.version": 1, "head.newest": 1, "head.recordedAt": 1}},
    ]


def count_distinct(field: str) -> Pipeline:
    """How many values an indexed text field has, as `n`: one index seek for each."""
    return [{"$match": {field: {"$gt": ""}}}, {"$group": {"_id": f"${field}"}}, {"$count": "n"}]


def newest(keys: Sequence[str], moment: Moment, fields: Fields) -> Pipeline:
    """The newest state of each entity."""
    return first_of_each({"stateful": True, "entity": {"$in": list(keys)}}, moment, fields)


def newest_states(type_: str, app_id: str, moment: Moment, fields: Fields) -> Pipeline:
    """The newest state of every entity of a type in an app, by the same scan."""
    start, end = key_range(type_, app_id)
    return first_of_each({"stateful": True, "entity": {"$gte": start, "$lt": end}}, moment, fields)


def first_of_each(
    entities: Mapping[str, Any], moment: Moment, fields: Fields, order: Mapping[str, int] = FROM_NEWEST
) -> Pipeline:
    """The first event of each entity, a DISTINCT_SCAN. It does not look at recordedAt: an import may be too new."""
    return [
        {"$match": {**entities, "timestamp": {"$lte": horizon(moment)}}},
        {"$sort": dict(order)},
        {"$group": {"_id": "$entity", "event": {"$first": "$$ROOT"}}},
        *_projected(fields, "event."),
    ]


def newest_known(keys: Sequence[str], moment: Moment, fields: Fields) -> Pipeline:
    """The newest state of each as far as it was known, which no skip-scan can answer: one look-up per entity."""
    return _per_entity(keys, [{"$match": {"stateful": True, **seen(moment)}}, {"$sort": NEW_TO_OLD}], 1, fields)


def timeline(keys: Sequence[str], page: TimelinePage, moment: Moment, fields: Fields) -> Pipeline:
    """A page of the timeline of each entity."""
    select = [{"$match": timeline_condition(page, moment)}, {"$sort": timeline_order(page.order)}]
    return _per_entity(keys, select, page.first, fields)


def timeline_condition(page: TimelinePage, moment: Moment) -> dict[str, Any]:
    """Which events of an entity a page of its timeline may hold."""
    conditions = [seen(moment), *event_conditions(page.where)]
    if page.after is not None:
        conditions += _after("version", *page.after, page.order)
    return {"$and": conditions}


def timeline_order(order: Order) -> dict[str, int]:
    return NEW_TO_OLD if order is Order.NEWEST else OLD_TO_NEW


def spans(keys: Sequence[str], page: TimelinePage, moment: Moment, most: int) -> Pipeline:
    """How many events of each entity, up to `most`, lie in the span that a page of its timeline looks through."""
    bounds = span("timestamp", page.where, moment)
    if page.after is not None:
        bounds.append({"timestamp": {"$lte" if page.order is Order.NEWEST else "$gte": page.after[0]}})
    return _count_each(keys, {"$and": bounds}, most)


def lengths(keys: Sequence[str], where: EventFilter, moment: Moment, most: int) -> Pipeline:
    """How many events of each entity, up to `most`, meet the conditions."""
    return _count_each(keys, timeline_condition(TimelinePage(1, where=where), moment), most)


def _count_each(keys: Sequence[str], condition: Mapping[str, Any], most: int) -> Pipeline:
    return [
        {"$documents": [{"entity": key} for key in dict.fromkeys(keys)]},
        {"$lookup": _lookup(count(condition, most))},
        {"$unwind": "$events"},
    ]


def last_acts(keys: Sequence[str], page: TimelinePage, moment: Moment) -> Pipeline:
    """The newest event of each actor in a page of the timeline of each entity, from new to old."""
    start, look_up, unwind = timeline(keys, page, moment, Fields())
    newest_of_each: Pipeline = [
        {"$group": {"_id": "$actor", "newest": {"$first": "$$ROOT"}}},
        {"$replaceRoot": {"newRoot": "$newest"}},
        {"$sort": NEW_TO_OLD},
    ]
    lookup = {**look_up["$lookup"], "pipeline": [*look_up["$lookup"]["pipeline"], *newest_of_each]}
    return [start, {"$lookup": lookup}, unwind]


def next_states(states: Sequence[Event], moment: Moment) -> Pipeline:
    """The state that followed each of `states`, by event id; its header alone."""
    later = {"$gt": [["$timestamp", "$version"], ["$$at", "$$version"]]}
    bounds = {"$expr": {"$and": [{"$gte": ["$timestamp", "$$at"]}, later]}}
    return _neighbours(states, 1, moment, bounds, {"timestamp": 1, "version": 1}, Fields())


def states_before(states: Sequence[Event], first: int, moment: Moment, fields: Fields) -> Pipeline:
    """The states before each of `states`, from new to old, by event id."""
    earlier = {"$lt": [["$timestamp", "$version"], ["$$at", "$$version"]]}
    bounds = {"$expr": {"$and": [{"$lte": ["$timestamp", "$$at"]}, earlier]}}
    return _neighbours(states, first, moment, bounds, NEW_TO_OLD, fields)


def _neighbours(
    states: Sequence[Event],
    first: int,
    moment: Moment,
    bounds: Mapping[str, Any],
    order: Mapping[str, int],
    fields: Fields,
) -> Pipeline:
    positions = [
        {"_id": state.id, "entity": state.entity.key, "at": state.timestamp, "version": state.version}
        for state in {state.id: state for state in states}.values()
    ]
    select: Pipeline = [
        {"$match": {"stateful": True, **seen(moment), **bounds}},
        {"$sort": dict(order)},
        {"$limit": first},
        *_projected(fields),
    ]
    return [
        {"$documents": positions},
        {"$lookup": _lookup(select, let={"at": "$at", "version": "$version"})},
        {"$unwind": "$events"},
    ]


def log_condition(page: LogPage, moment: Moment) -> dict[str, Any]:
    """Which events a page of the whole log may hold."""
    conditions = [seen(moment), *event_conditions(page.where)]
    if page.after is not None:
        conditions += _after("_id", *page.after, page.order)
    return {"$and": conditions}


def log_order(order: Order, tie: str = "_id") -> dict[str, int]:
    return {order.axis: order.direction, tie: order.direction}


def span(axis: str, where: EventFilter, moment: Moment) -> list[dict[str, Any]]:
    """The conditions on one of the two times."""
    latest = moment.known_at if axis == "recordedAt" else horizon(moment)
    return [{axis: {"$lte": latest}}, *(each for each in _spans(where) if axis in each)]


def count(condition: Mapping[str, Any], most: int) -> Pipeline:
    """How many, up to `most`."""
    return [{"$match": condition}, {"$limit": most}, {"$count": "count"}]


def touched(most: int) -> Pipeline:
    """By entity what the state-carrying events among up to `most` say together, whatever their order."""
    by_human = {"$max": {"$eq": ["$actor.type", ActorType.HUMAN.value]}}
    return [
        {"$match": {"stateful": True}},
        {"$limit": most},
        {"$group": {"_id": "$entity", "at": {"$max": "$timestamp"}, "byHuman": by_human, "count": {"$sum": 1}}},
    ]


def event_conditions(where: EventFilter) -> list[dict[str, Any]]:
    several: dict[str, Sequence[str]] = {
        "type": where.types,
        "appId": where.app_ids,
        "kind": where.kinds,
        "action": where.actions,
        "phase": [phase.value for phase in where.phases],
        "actor.id": where.actors,
        "actor.type": [each.value for each in where.actor_types],
    }
    conditions: list[dict[str, Any]] = [{field: {"$in": list(values)}} for field, values in several.items() if values]
    single = {"executionId": where.execution_id, "correlationId": where.correlation_id}
    conditions += [{field: value} for field, value in single.items() if value is not None]
    conditions += [{"words": word} for word in where.words]
    if where.names:
        conditions.append({"entity": {"$regex": f"^[^/]*/[^/]*/(?:{'|'.join(map(re.escape, where.names))})$"}})
    return conditions + _spans(where)


def _spans(where: EventFilter) -> list[dict[str, Any]]:
    bounds = (
        ("timestamp", "$gte", where.since),
        ("timestamp", "$lt", where.until),
        ("recordedAt", "$gte", where.recorded_since),
        ("recordedAt", "$lt", where.recorded_until),
    )
    return [{axis: {comparison: value}} for axis, comparison, value in bounds if value is not None]


def recorded_end(start: datetime, until: datetime, size: int) -> Pipeline:
    """When the last of `size` events since a time was recorded, from the index alone; nothing when there are fewer."""
    return [
        {"$match": {"recordedAt": {"$gte": start, "$lt": until}}},
        {"$sort": {"recordedAt": 1, "_id": 1}},
        {"$project": {"recordedAt": 1, "_id": 0}},
        {"$skip": size - 1},
        {"$limit": 1},
    ]


def _after(tie: str, at: datetime, position: str | int, order: Order = Order.NEWEST) -> list[dict[str, Any]]:
    """What follows a position. As `$expr`, because an `$or` invites the planner to merge and sort."""
    comparison = "$lt" if order.direction < 0 else "$gt"
    following = {comparison: [[f"${order.axis}", f"${tie}"], {"$literal": [at, position]}]}
    return [{order.axis: {f"{comparison}e": at}}, {"$expr": following}]


def seen(moment: Moment) -> dict[str, Any]:
    return {"timestamp": {"$lte": horizon(moment)}, "recordedAt": {"$lte": moment.known_at}}


def horizon(moment: Moment) -> datetime:
    """Nothing is recorded before it happens, so a search for what was known by then need not begin any later."""
    return min(moment.at, moment.known_at)


def _per_entity(keys: Sequence[str], select: Pipeline, limit: int, fields: Fields) -> Pipeline:
    """`select` with `limit` once for each entity, an index seek each.

    Answers one event in `events` at a time: all of an entity together may be larger than a document of MongoDB can be.
    """
    return [
        {"$documents": [{"entity": key} for key in dict.fromkeys(keys)]},
        {"$lookup": _lookup([*select, {"$limit": limit}, *_projected(fields)])},
        {"$unwind": "$events"},
    ]


def _lookup(pipeline: Pipeline, let: Mapping[str, str] | None = None) -> dict[str, Any]:
    lookup = {"from": EVENTS, "localField": "entity", "foreignField": "entity", "pipeline": pipeline, "as": "events"}
    return lookup if let is None else {**lookup, "let": dict(let)}


def _projected(fields: Fields, prefix: str = "") -> Pipeline:
    wanted = projection(fields)
    return [] if wanted is None else [{"$project": {f"{prefix}{path}": 1 for path in wanted}}]

"""The reads of `latest` that list entities. Their plans are asserted in tests/repository/test_plans.py."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from domain.conditions import Path
from domain.entity import key_range
from domain.labels import Operator, Requirement
from domain.ordering import Ordering, Position, Rank, rank_key
from repository import expressions, prefilters
from repository.documents import encode, latest_projection, state_path
from repository.event_log import EntityFilter, EntityPage, Moment
from repository.fields import Fields

Pipeline = list[dict[str, Any]]
_BY_SELECTIVITY = (Operator.IN, Operator.EXISTS, Operator.NOT_IN, Operator.ABSENT)
_RANK = f"{expressions.PLACED}.rank0"
_TYPES = {Rank.NUMBER: "number", Rank.TEXT: "string", Rank.BOOLEAN: "bool"}


def entity_bounds(page: EntityPage) -> dict[str, Any]:
    """The range of keys that a page may take from."""
    where = page.where
    start, end = key_range(where.type, where.app_id)
    bounds: dict[str, Any] = {"$gte": start, "$lt": end}
    if page.after is not None and not page.order:
        bounds = {"$gt": max(page.after.key, start), "$lt": end}
    return bounds


def living(page: EntityPage) -> dict[str, Any]:
    """Which summaries a page may hold, by key and label."""
    conditions = [{"_id": entity_bounds(page)}, *_label_conditions(page.where.labels)]
    return {"live": True, "$and": conditions}


@dataclass(frozen=True, slots=True)
class Scan:
    """Reads what the indexes leave over, up to a limit, and then chooses from it."""

    source: Pipeline
    choice: Pipeline
    in_order: bool
    """Whether it comes upon entities in the order of the page, so that a full page ends it."""

    def among(self, most: int, page: EntityPage, fields: Fields) -> Pipeline:
        """What of the page is among the first `most` of the source."""
        shown: Pipeline = [{"$limit": page.first}, {"$project": latest_projection(fields)}]
        return [*self.source, {"$limit": most}, *self.choice, *shown]

    def beyond(self, most: int) -> Pipeline:
        """Answers a document when the source has more than that."""
        return [*self.source, {"$skip": most}, {"$limit": 1}, {"$project": {"_id": 1}}]


def scans(page: EntityPage, indexed: Collection[Path]) -> list[Scan]:
    """How to find a page by any condition and order: each scan answers what goes on where the one before ends."""
    source, choice = _source(page, indexed), _choice(page)
    if len(page.order) != 1 or not prefilters.is_indexed(page.order[0].path, indexed):
        return [Scan(source, choice, in_order="$sort" in source[-1])]
    rest = Scan(source, [*choice, {"$match": {_RANK: {"$gt": int(Rank.INSTANT)}}}], in_order=False)
    if page.after and page.after.places[0].rank > Rank.INSTANT:
        return [rest]
    return [_of_values(page, source), rest]


def more_than(most: int, where: EntityFilter) -> Pipeline:
    """Answers a document when a type or app has more entities than that."""
    start, end = key_range(where.type, where.app_id)
    return [{"$match": {"_id": {"$gte": start, "$lt": end}}}, {"$skip": most}, {"$limit": 1}, {"$project": {"_id": 1}}]


def moved(where: EntityFilter, moment: Moment) -> dict[str, Any]:
    """The entities of a type or app whose newest state took effect after the moment, or was not known by then."""
    start, end = key_range(where.type, where.app_id)
    later = [{"at.timestamp": {"$gt": moment.at}}, {"at.recordedAt": {"$gt": moment.known_at}}]
    return {"_id": {"$gte": start, "$lt": end}, "$or": later}


def _source(page: EntityPage, indexed: Collection[Path]) -> Pipeline:
    """The summaries that the indexes leave over, in the order of keys where the page needs it and it costs nothing."""
    match = living(page)
    match["$and"] += prefilters.equalities(page.where.condition, indexed)
    ranges = prefilters.ranges(page.where.condition, indexed)
    match["$and"] += ranges
    return [{"$match": match}, *([] if ranges or page.order else [{"$sort": {"_id": 1}}])]


def _choice(page: EntityPage) -> Pipeline:
    select: Pipeline = [{"$match": {"$expr": expressions.holds(page.where.condition)}}]
    if not page.order:
        return [*select, {"$sort": {"_id": 1}}]
    return [*select, *_placed(page), {"$sort": expressions.sort(page.order)}]


def _placed(page: EntityPage) -> Pipeline:
    """Each summary with its place, without those that do not follow the page before."""
    placed = {"$set": {expressions.PLACED: expressions.placed(page.order)}}
    if page.after is None:
        return [placed]
    return [placed, {"$match": {"$expr": expressions.follows(page.after, page.order)}}]


def _of_values(page: EntityPage, source: Pipeline) -> Scan:
    """Numbers, texts and booleans, in the order of the index."""
    [ordering] = page.order
    path, direction = state_path(ordering.path[1:]), -1 if ordering.descending else 1
    bounds = {"$match": {path: _bounds(ordering, page.after)}}
    holds = {"$match": {"$expr": expressions.holds(page.where.condition)}}
    valued = {"$match": {_RANK: {"$lte": int(Rank.INSTANT)}}}
    sorted_ = [*source, bounds, {"$sort": {path: direction, "_id": direction}}]
    return Scan(sorted_, [holds, *_placed(page), valued], in_order=True)


def _bounds(ordering: Ordering, after: Position | None) -> dict[str, Any]:
    if after is None:
        return {"$type": list(_TYPES.values())}
    [(reached, value)] = after.places
    reached_key = rank_key(reached, descending=ordering.descending)
    types = [type_ for rank, type_ in _TYPES.items() if rank_key(rank, descending=ordering.descending) >= reached_key]
    return {"$type": types, "$not": {"$gt" if ordering.descending else "$lt": encode(value)}}


def _label_conditions(requirements: Sequence[Requirement]) -> list[dict[str, Any]]:
    """MongoDB looks up the first in the index, so it had better be one that few entities fulfil."""
    ordered = sorted(requirements, key=lambda each: _BY_SELECTIVITY.index(each.operator))
    return [{"labels": _label_condition(each)} for each in ordered]


def _label_condition(requirement: Requirement) -> Any:
    key, values = requirement.key, [f"{requirement.key}={value}" for value in requirement.values]
    match requirement.operator:
        case Operator.EXISTS:
            return key
        case Operator.ABSENT:
            return {"$ne": key}
        case Operator.IN:
            return values[0] if len(values) == 1 else {"$in": values}
        case Operator.NOT_IN:
            return {"$nin": values}

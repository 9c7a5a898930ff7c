"""Which entities may refer to others, by the indexes of the names that references give."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from domain.backlink import Backlink
from domain.conditions import Path
from domain.entity import key_range
from repository.documents import LATEST, latest_projection, state_path
from repository.driver import Database
from repository.event_log import Latest, Seek
from repository.fields import Fields
from repository.stored_latest import StoredLatest

Pipeline = list[dict[str, Any]]


async def referring(
    database: Database, link: Backlink, seeks: Sequence[Seek], first: int, fields: Fields
) -> dict[str, list[Latest]]:
    """See EventLog.referring."""
    rows = await asyncio.gather(
        *(database.aggregate(None, candidates(link, path, seeks, first, fields)) for path in link.paths)
    )
    return {seek.target.key: _merged([_of(seek, each) for each in rows], first) for seek in seeks}


def candidates(link: Backlink, path: Path, seeks: Sequence[Seek], first: int, fields: Fields) -> Pipeline:
    """For each target the next entities that hold one of its names at the path: an index seek for each name."""
    start, end = key_range(link.source)
    follows = {"$gt": ["$_id", "$$after"]}
    own = {"$and": [{"$gte": ["$_id", "$$start"]}, {"$lt": ["$_id", "$$end"]}]}
    # Who names no app means its own.
    apps = [{"$ifNull": [f"${state_path(each)}", None]} for each in link.app_paths]
    names_apps: list[Any] = [{"$not": [{"$in": [each, [None, []]]}]} for each in apps]
    select: Pipeline = [
        {
            "$match": {
                "live": True,
                "_id": {"$gte": start, "$lt": end},
                "$expr": {"$and": [follows, {"$or": [own, *names_apps]}]},
            }
        },
        {"$sort": {"_id": 1}},
        {"$limit": first},
        {"$project": latest_projection(fields)},
    ]
    lookup = {
        "from": LATEST,
        "localField": "names",
        "foreignField": state_path(path),
        "let": {"after": "$after", "start": "$start", "end": "$end"},
        "pipeline": select,
        "as": "found",
    }
    return [{"$documents": [_sought(link, each) for each in seeks]}, {"$lookup": lookup}, {"$unwind": "$found"}]


def _sought(link: Backlink, seek: Seek) -> dict[str, Any]:
    start, end = key_range(link.source, seek.target.app_id)
    names = list(seek.names)
    return {"target": seek.target.key, "names": names, "after": seek.after, "start": start, "end": end}


def _of(seek: Seek, rows: Iterable[dict[str, Any]]) -> list[Latest]:
    return [StoredLatest(row["found"]) for row in rows if row["target"] == seek.target.key]


def _merged(lists: Sequence[Sequence[Latest]], first: int) -> list[Latest]:
    """The first of all lists together; of what lies behind the end of a full one nothing is known."""
    found = {each.entity.key: each for part in lists for each in part}
    return [found[key] for key in sorted(found)][:first]

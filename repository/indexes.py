"""The indexes, as data. What each is for, and in which order its keys must stand, is in docs/storage.md."""

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from domain.errors import StartupError
from repository.documents import BOOKKEEPING, EVENTS, LATEST
from repository.driver import Database

ORDER = "order"
STATE = "state"
TIMELINE = "timeline"
LOG = "log"
LIVE = "live"
LABELS = "labels"


def _index(name: str, *keys: str, unique: bool = False, present: str | None = None) -> IndexModel:
    pairs = [(key.removeprefix("-"), -1 if key.startswith("-") else 1) for key in keys]
    options = {"partialFilterExpression": {present: {"$exists": True}}} if present else {}
    return IndexModel(pairs, name=name, unique=unique, **options)


INDEXES: dict[str, list[IndexModel]] = {
    EVENTS: [
        _index(ORDER, "entity", "version", unique=True),
        _index(STATE, "stateful", "entity", "-timestamp", "-version", "recordedAt"),
        _index(TIMELINE, "entity", "-timestamp", "-version", "recordedAt"),
        _index(LOG, "-timestamp", "-_id"),
        _index("type", "type", "-timestamp", "-_id"),
        _index("kind", "kind", "-timestamp", "-_id"),
        _index("app", "appId", "-timestamp", "-_id"),
        _index("actor", "actor.id", "-timestamp", "-_id"),
        _index("execution", "executionId", "-timestamp", "-_id", present="executionId"),
        _index("correlation", "correlationId", "-timestamp", "-_id", present="correlationId"),
    ],
    LATEST: [_index(LIVE, "live", "_id"), _index(LABELS, "live", "labels", "_id")],
}
_MARKER = {
    "_id": "indexes",
    "indexes": {name: [index.document["name"] for index in indexes] for name, indexes in INDEXES.items()},
}
_UNAUTHORIZED = 13


async def ensure(database: Database) -> None:
    """Makes the indexes that are missing. Raises StartupError when the user may not."""
    try:
        if not await database.find(BOOKKEEPING, _MARKER, limit=1):
            await _make(database)
    except OperationFailure as error:
        if error.code != _UNAUTHORIZED:
            raise
        raise StartupError(
            "the database lacks indexes, and the user of DSEL_MONGODB_URI may not make them",
            hint="Run `dsel database-user` as an administrator of MongoDB.",
        ) from error


async def _make(database: Database) -> None:
    for collection, indexes in INDEXES.items():
        await database.create_indexes(collection, indexes)
    await database.put(BOOKKEEPING, _MARKER)

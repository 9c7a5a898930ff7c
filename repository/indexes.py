"""The indexes, as data. What each is for, and in which order its keys must stand, is in docs/storage.md."""

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from domain.errors import StartupError
from repository.documents import BOOKKEEPING, EVENTS, LATEST
from repository.driver import Database

ORDER = "order"
STATE = "state"
TIMELINE = "timeline"
ENTITY_FACET = "entityFacet"
ACTOR_TYPE = "actorType"
ACTS = "acts"
FACET = "facet"
APP_ACTS = "appActs"
APP_FACET = "appFacet"
ACTOR_ACTS = "actorActs"
ACTOR_FACET = "actorFacet"
APP_ACTOR = "appActor"
EXECUTION_ACTS = "executionActs"
CORRELATION_ACTS = "correlationActs"
WORDS = "words"
RECORDED = "recorded"
USE = "use"
LIVE = "live"
LABELS = "labels"
_ACT, _PLACE = ("phase", "actor.type"), ("-timestamp", "-_id")


def _index(name: str, *keys: str, unique: bool = False, present: str | None = None) -> IndexModel:
    pairs = [(key.removeprefix("-"), -1 if key.startswith("-") else 1) for key in keys]
    options = {"partialFilterExpression": {present: {"$exists": True}}} if present else {}
    return IndexModel(pairs, name=name, unique=unique, **options)


INDEXES: dict[str, list[IndexModel]] = {
    EVENTS: [
        _index(ORDER, "entity", "version", unique=True),
        _index(STATE, "stateful", "entity", "-timestamp", "-version", "recordedAt"),
        _index(TIMELINE, "entity", "-timestamp", "-version", "recordedAt"),
        _index(ENTITY_FACET, "facet", "entity", "-timestamp", "-version", "recordedAt"),
        _index(ACTOR_TYPE, "actor.type", "entity", "-timestamp", "-version", "recordedAt"),
        _index(ACTS, *_ACT, *_PLACE, "recordedAt"),
        _index(FACET, "facet", *_PLACE, "recordedAt"),
        _index(APP_ACTS, "appId", *_ACT, *_PLACE, "recordedAt"),
        _index(APP_FACET, "appId", "facet", *_PLACE, "recordedAt"),
        _index(ACTOR_ACTS, "actor.id", *_ACT, *_PLACE, "recordedAt"),
        _index(ACTOR_FACET, "actor.id", "facet", *_PLACE, "recordedAt"),
        _index(APP_ACTOR, "appId", "actor.id", "facet", *_PLACE, "recordedAt"),
        _index(EXECUTION_ACTS, "executionId", *_ACT, *_PLACE, "recordedAt", present="executionId"),
        _index(CORRELATION_ACTS, "correlationId", *_ACT, *_PLACE, "recordedAt", present="correlationId"),
        _index(WORDS, "words", *_PLACE, present="words"),
        _index(RECORDED, "recordedAt", "_id"),
        _index(USE, "state.spec.artifact.name", *_PLACE, present="state.spec.artifact.name"),
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

"""The indexes on `latest` that domain types declare. They are made while the service runs, beside its requests."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from pymongo import IndexModel
from pymongo.errors import OperationFailure, PyMongoError

from domain.conditions import Path
from domain.entity import key_range
from domain.errors import StoreUnavailable
from repository.documents import LATEST, state_path
from repository.driver import Database

_LONGEST = 3600.0  # seconds that making one may take
_PAUSE = 1.0  # seconds between tries
_UNAUTHORIZED, _NO_COLLECTION = 13, 26
_DENIED = "the user of DSEL_MONGODB_URI may not; run `dsel database-user` as an administrator of MongoDB"
_LOG = logging.getLogger("dsel.indexes")


class DeclaredIndexes:
    """Partial ones, of one type each, so that the types which declare none hardly pay when they are written.

    It drops none: another replica may serve the type still.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wanted: dict[str, Sequence[Path]] = {}
        self._made: dict[str, frozenset[Path]] = {}
        self._news = asyncio.Event()

    def want(self, declared: Mapping[str, Sequence[Path]]) -> None:
        """Has them made soon, by whoever runs `keep`; for each type its paths into the state."""
        self._wanted = {type_: paths for type_, paths in declared.items() if paths}
        self._news.set()

    def made(self, type_: str) -> frozenset[Path]:
        """The paths that an index answers."""
        return self._made.get(type_, frozenset())

    async def keep(self) -> None:
        """Makes what is wanted, until it is cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.make()
            except (StoreUnavailable, PyMongoError) as error:
                _LOG.warning("indexes of domain types are late: %s", error)
                self._news.set()
                await asyncio.sleep(_PAUSE)

    async def make(self) -> None:
        """Makes what is wanted and not made yet. Raises StoreUnavailable."""
        for type_, paths in list(self._wanted.items()):
            if missing := [path for path in paths if path not in self.made(type_)]:
                await self._make(type_, missing)

    async def _make(self, type_: str, paths: Sequence[Path]) -> None:
        try:
            await self._database.create_indexes(LATEST, [_index(type_, path) for path in paths], longest=_LONGEST)
        except OperationFailure as error:
            # Lists examine one entity after another then, up to the limit.
            why = _DENIED if error.code == _UNAUTHORIZED else error
            _LOG.warning("the indexes of %s cannot be made: %s", type_, why)
            return
        self._made[type_] = self.made(type_) | frozenset(paths)


async def unused(database: Database, declared: Mapping[str, Sequence[Path]]) -> list[str]:
    """The names of the indexes that some type declared once and none declares any more. Raises StoreUnavailable."""
    wanted = {index_name(type_, path) for type_, paths in declared.items() for path in paths}
    try:
        found = (await database.command({"listIndexes": LATEST}))["cursor"]["firstBatch"]
    except OperationFailure as error:
        if error.code == _NO_COLLECTION:
            return []
        raise
    return sorted(each["name"] for each in found if ":" in each["name"] and each["name"] not in wanted)


async def drop(database: Database, names: Sequence[str]) -> None:
    """For an administrator: the service may not. Raises StoreUnavailable."""
    if names:
        await database.command({"dropIndexes": LATEST, "index": list(names)})


def index_name(type_: str, path: Path) -> str:
    return f"{type_}:{state_path(path)}"


def _index(type_: str, path: Path) -> IndexModel:
    start, end = key_range(type_)
    field = state_path(path)
    part = {"live": True, "_id": {"$gte": start, "$lt": end}}
    return IndexModel([(field, 1), ("_id", 1)], name=index_name(type_, path), partialFilterExpression=part)

"""Where entities stand, remembered between writes."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from repository import pipelines
from repository.documents import EVENTS
from repository.driver import Database

_START = datetime(1, 1, 1, tzinfo=UTC)
_MOST = 20_000


@dataclass(slots=True)
class Head:
    """Where an entity stands: its newest version and the largest of each time so far."""

    version: int = 0
    newest: datetime = _START
    recorded_at: datetime = _START

    def copy(self) -> "Head":
        return Head(self.version, self.newest, self.recorded_at)


class Heads:
    """The heads of the entities that this process wrote last.

    A remembered head may be stale: then the version after it is taken, the write collides, and the head is read anew.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: OrderedDict[str, Head] = OrderedDict()

    async def read(self, keys: Iterable[str], *, fresh: Iterable[str] = ()) -> dict[str, Head]:
        """The head of each entity that has one; those of `fresh` from the log itself."""
        exact = set(fresh)
        known = {key: self._remembered[key] for key in keys if key in self._remembered and key not in exact}
        unknown = sorted({*keys, *exact} - known.keys())
        if not unknown:
            return known
        found = await self._database.aggregate(EVENTS, pipelines.heads(unknown))
        return known | {
            each["_id"]: Head(each["head"]["version"], each["head"]["newest"], each["head"]["recordedAt"])
            for each in found
        }

    def remember(self, heads: Mapping[str, Head]) -> None:
        for key, head in heads.items():
            self._remembered[key] = head
            self._remembered.move_to_end(key)
        while len(self._remembered) > _MOST:
            self._remembered.popitem(last=False)

    def forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._remembered.pop(key, None)

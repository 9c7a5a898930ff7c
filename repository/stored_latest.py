"""A summary as MongoDB holds it: its events are made when somebody asks for them, and two of three never are."""

from collections.abc import Mapping
from typing import Any, ClassVar

from domain.entity import from_stored
from domain.event import Event
from repository.documents import event_from
from repository.event_log import Latest
from repository.made_once import MadeOnce, put


def _state(latest: "StoredLatest") -> Event | None:
    document = latest._document
    at = document.get("at")
    if not at:
        return None
    state = {"state": document.get("state"), "encoded": document.get("encoded", False)}
    return event_from({**at, **state}, latest.entity)


class StoredLatest(MadeOnce, Latest):
    """As far as it was fetched."""

    __slots__ = ("_document",)

    _document: Mapping[str, Any]

    _made: ClassVar = {
        "state": _state,
        "first": lambda latest: event_from(latest._document["first"], latest.entity),
        "last": lambda latest: event_from(latest._document.get("last", {}), latest.entity),
        "outcomes": lambda latest: latest._document.get("counts", {}).get("outcome"),
        "intents": lambda latest: latest._document.get("counts", {}).get("intent"),
    }

    def __init__(self, document: Mapping[str, Any]) -> None:
        put(self, "_document", document)
        put(self, "entity", from_stored(document["_id"]))
        put(self, "version", document["version"])

    def showing(self, state: Event) -> Latest:
        other = StoredLatest(self._document)
        put(other, "state", state)
        return other

"""A summary as MongoDB holds it: its events are made when somebody asks for them, and two of three never are."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.entity import Entity, from_stored
from domain.event import Event
from repository.documents import event_from
from repository.event_log import Latest

_put = object.__setattr__


def _state(document: Mapping[str, Any], entity: Entity) -> Event | None:
    at = document.get("at")
    if not at:
        return None
    return event_from({**at, "state": document.get("state"), "encoded": document.get("encoded", False)}, entity)


_MADE: dict[str, Callable[[Mapping[str, Any], Entity], Any]] = {
    "state": _state,
    "first": lambda document, entity: event_from(document["first"], entity),
    "last": lambda document, entity: event_from(document.get("last", {}), entity),
    "outcomes": lambda document, _: document.get("counts", {}).get("outcome"),
    "intents": lambda document, _: document.get("counts", {}).get("intent"),
}


class StoredLatest(Latest):
    """As far as it was fetched."""

    __slots__ = ("_document",)

    _document: Mapping[str, Any]

    def __init__(self, document: Mapping[str, Any]) -> None:
        _put(self, "_document", document)
        _put(self, "entity", from_stored(document["_id"]))
        _put(self, "version", document["version"])

    def __getattr__(self, name: str) -> Any:
        """Python asks here for what is not there yet."""
        if name not in _MADE:
            raise AttributeError(name)
        made = _MADE[name](self._document, self.entity)
        _put(self, name, made)
        return made

    def showing(self, state: Event) -> Latest:
        other = StoredLatest(self._document)
        _put(other, "state", state)
        return other

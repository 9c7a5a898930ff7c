"""The shape of what is kept in MongoDB: only this file and `stored_event` know the field names there."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile
from typing import Any

import orjson
from bson.decimal128 import Decimal128

from domain.entity import Entity
from domain.event import Document, Event
from domain.facet import Facet
from domain.objects import labels_of
from domain.values import is_wide
from domain.words import comment_words
from repository.fields import Fields, Path
from repository.stored_event import StoredEvent

EVENTS = "events"
LATEST = "latest"
BOOKKEEPING = "state"

_POSITION = "_id entity version timestamp recordedAt stateful deletes".split()
_STORED = {
    "kind": "kind",
    "action": "action",
    "phase": "phase",
    "actor": "actor",
    "api_version": "apiVersion",
    "failed": "failed",
    "timestamp_text": "timestampText",
    "correlation_id": "correlationId",
    "execution_id": "executionId",
}
_HEADER = [*_POSITION, *_STORED.values()]
_BULK = ("state", "meta", "spec", "rest")
_BODY = ("meta", "spec", "rest", "stateKey", "digest")  # of which the digest alone is always there
# MongoDB and its drivers read meaning into a key that begins with a dollar sign ($ref makes a DBRef), so such keys are
# kept behind a full-width one.
_DOLLAR, _WIDE_DOLLAR = "$", "\uff04"


def event_document(event: Event, digest: str, newest: datetime) -> Document:
    """A new event. `newest` and `digest` are for the writer alone; `facet`, `words` and `labels` are for selection."""
    entity, actor = event.entity, event.actor
    document: Document = {
        "_id": event.id,
        "entity": entity.key,
        "type": entity.type,
        "appId": entity.app_id,
        "version": event.version,
        "timestamp": event.timestamp,
        "recordedAt": event.recorded_at,
        "kind": event.kind,
        "action": event.action,
        "phase": event.phase.value,
        "actor": {"id": actor.id, "type": actor.type.value},
        "apiVersion": event.api_version,
        "stateful": event.stateful,
        "deletes": event.deletes,
        "facet": Facet(entity.type, event.phase, actor.type, event.action, event.kind).key,
        "digest": digest,
        "newest": newest,
    }
    optional = {
        "failed": event.failed,
        "timestampText": event.timestamp_text,
        "correlationId": event.correlation_id,
        "executionId": event.execution_id,
        "stateKey": event.state_key,
        "words": comment_words(event.spec or {}),
    }
    document.update({key: value for key, value in optional.items() if value})
    if event.stateful:
        document["labels"] = label_terms(event.state)
    parts = {"meta": event.meta, "spec": event.spec, "rest": event.rest}
    bulk = {key: value for key, value in parts.items() if value}
    if event.state is not None:
        bulk["state"] = event.state
    encoded = encode(bulk)
    if encoded is not bulk:
        document["encoded"] = True
    document.update(encoded)
    return document


def header(document: Document) -> Document:
    """The event without its bulk, as `latest` repeats it."""
    return {key: document[key] for key in _HEADER if key in document and key != "entity"}


def event_from(document: Mapping[str, Any], entity: Entity | None = None) -> Event:
    """An event as far as `document` holds it."""
    if document.get("encoded"):
        document = {**document, **{key: decode(document[key]) for key in _BULK if key in document}}
    return StoredEvent(document, entity)


@lru_cache(maxsize=1024)
def projection(fields: Fields) -> Mapping[str, int] | None:
    """What to fetch of an event; None for all of it."""
    if fields.body and fields.state is None:
        return None
    wanted = [*_header_paths(fields), "encoded", *(_BODY if fields.body else ()), *state_paths(fields)]
    return dict.fromkeys(wanted, 1)


@lru_cache(maxsize=1024)
def latest_projection(fields: Fields, *, since_when: bool = False) -> Mapping[str, int]:
    """What to fetch of a summary; `since_when` tells the times of the first event too."""
    if fields.header is None:
        parts = ["at", "last", "first", "counts"]
    else:
        parts = [f"at.{path}" for path in _header_paths(fields) if path != "entity"]
        parts += ["last"] if fields.last else []
        parts += ["first.timestamp", "first.recordedAt"] if since_when else []
    return dict.fromkeys(["version", *parts, "encoded", *state_paths(fields)], 1)


def _header_paths(fields: Fields) -> list[str]:
    return _HEADER if fields.header is None else [*_POSITION, *sorted(_STORED[name] for name in fields.header)]


def state_paths(fields: Fields) -> list[str]:
    """The paths of the wanted parts of the state, without those inside others."""
    if fields.state is None:
        return ["state"]
    paths = {state_path(path) for path in fields.state}
    return sorted(path for path in paths if not any(path.startswith(f"{other}.") for other in paths))


def state_path(path: Path) -> str:
    """Where MongoDB finds a part of the state, or the nearest thing around it that can be named."""
    return ".".join(("state", *(encoded_key(key) for key in takewhile(is_nameable, path))))


def label_terms(state: Mapping[str, Any] | None) -> list[str]:
    """Labels as texts that one index answers: `team` for `exists` and `team=platform` for equality."""
    # No selector can name a key with an equals sign, and its term would look like that of another label.
    labels = [(key, value) for key, value in labels_of(state or {}).items() if "=" not in key]
    return sorted([term for key, value in labels for term in (key, f"{key}={value}")])


def encode(value: Any) -> Any:
    """JSON as BSON without a loss; the same object when nothing had to change."""
    return _encode(value) if _may_need_encoding(value) else value


def _may_need_encoding(value: Any) -> bool:
    """A quick look at the text: a dollar sign at the start of a word, a full-width one, or a number of 16 digits."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except TypeError:
        return True
    return b'"$' in text or _WIDE_DOLLAR.encode() in text


def _encode(value: Any) -> Any:
    match value:
        case dict():
            items = {encoded_key(key): _encode(item) for key, item in value.items()}
            same = all(new is old for new, old in zip(items.values(), value.values(), strict=True))
            return value if same and items.keys() == value.keys() else items
        case list() | tuple():
            encoded = [_encode(item) for item in value]
            return value if all(new is old for new, old in zip(encoded, value, strict=True)) else encoded
        case Decimal():
            return Decimal128(value)
        case int() if is_wide(value):
            return Decimal128(str(value))
        case _:
            return value


def decode(value: Any) -> Any:
    """The inverse of `encode`; numbers that BSON keeps as Decimal128 come back as Decimal."""
    match value:
        case dict():
            return {_decoded_key(key): decode(item) for key, item in value.items()}
        case list():
            return [decode(item) for item in value]
        case Decimal128():
            return value.to_decimal()
        case _:
            return value


def encoded_key(key: str) -> str:
    """The name of a key in MongoDB."""
    return _WIDE_DOLLAR + key if key.startswith((_DOLLAR, _WIDE_DOLLAR)) else key


def _decoded_key(key: str) -> str:
    return key.removeprefix(_WIDE_DOLLAR)


def is_nameable(key: str) -> bool:
    """Whether a path of MongoDB can hold the key."""
    return bool(key) and "." not in key

"""CloudEvents 1.0 in JSON as envelopes: the attributes name the event, `data` is the envelope or its spec."""

import uuid
from collections.abc import Mapping
from typing import Any

from domain.errors import InvalidEnvelope
from domain.event import Document

_OWN = frozenset({"specversion", "id", "source", "type", "time", "subject", "data", "datacontenttype", "dataschema"})
# CloudEvents allows lower-case letters and digits alone in the names of extensions.
_EXTENSIONS = {
    "appid": "appId",
    "actor": "userId",
    "actortype": "actorType",
    "correlationid": "correlationId",
    "executionid": "executionId",
}
_NAMESPACE = uuid.UUID("5b0f7d52-9a3e-5c0f-8f43-3a1d6c1f2f60")


def is_cloud_event(document: Any) -> bool:
    return isinstance(document, dict) and "specversion" in document


def envelope(event: Mapping[str, Any]) -> Document:
    """The envelope of a CloudEvent. Raises InvalidEnvelope with the attribute that is wrong.

    `source` and `id` together are the identity of a CloudEvent and make the event id. `type` is the kind, of a dotted
    type the last part. `subject` is the name, or `appId/name` without the extension `appid`. What has no place in an
    envelope is kept under `cloudEvent`.
    """
    for name in ("id", "source", "type"):
        if not isinstance(event.get(name), str) or not event[name]:
            raise InvalidEnvelope(f"/{name}", "a CloudEvent needs it as a text")
    if event["specversion"] != "1.0":
        raise InvalidEnvelope("/specversion", f"{event['specversion']!r} is not 1.0")
    data = _data(event)
    whole = data if "kind" in data and isinstance(data.get("meta"), dict) else {"spec": data}
    kept = {"source": event["source"], "id": event["id"], "type": event["type"]}
    kept |= {key: value for key, value in event.items() if key not in _OWN and key not in _EXTENSIONS}
    return {
        **whole,
        "kind": whole.get("kind", event["type"].rpartition(".")[2]),
        "meta": {**_meta(event), **whole.get("meta", {})},
        "cloudEvent": kept,
    }


def _data(event: Mapping[str, Any]) -> Document:
    if "data_base64" in event:
        raise InvalidEnvelope("/data_base64", "binary data holds no envelope", hint="Send JSON in data.")
    data = event.get("data", {})
    if not isinstance(data, dict):
        raise InvalidEnvelope("/data", f"an object is needed here, not {type(data).__name__}")
    return data


def _meta(event: Mapping[str, Any]) -> Document:
    meta: Document = {"eventId": str(uuid.uuid5(_NAMESPACE, f"{event['source']}\n{event['id']}"))}
    meta |= {ours: event[theirs] for theirs, ours in _EXTENSIONS.items() if theirs in event}
    if "time" in event:
        meta["timestamp"] = event["time"]
    if isinstance(subject := event.get("subject"), str) and subject:
        app_id, slash, name = subject.partition("/")
        if "appid" in event or not slash:
            meta["name"] = subject
        else:
            meta |= {"appId": app_id, "name": name}
    return meta

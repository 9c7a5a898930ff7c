"""Reading an envelope as it comes, and writing it back as it came."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain import instants, kinds, values
from domain.domain_type import DomainType
from domain.entity import Entity, entity
from domain.errors import InvalidArgument, InvalidEnvelope, InvalidInstant
from domain.event import Actor, ActorType, Document, Draft, Event, Phase
from domain.objects import group_of, meta_of, name_of
from domain.registry import Registry
from domain.values import pointer_part, quoted

# The summary of an entity repeats the headers of three events; the writer leaves room for that.
_LONGEST = 512
_ACTOR_TYPES = {each.value: each for each in ActorType}
_META = frozenset("eventId timestamp timestampText userId actorType correlationId executionId name appId".split())


@dataclass(frozen=True, slots=True)
class Naming:
    """What an envelope's kind says: whose event it is, what was done, and where the object stands in spec."""

    type: str
    action: str
    phase: Phase
    deletes: bool
    state_key: str | None


def read(envelope: Any, registry: Registry, caller: Actor) -> Draft:
    """A draft of what `envelope` reports, with its own time and the caller as the actor.

    Raises InvalidEnvelope with the JSON Pointer of the fault. The caller decides what the draft may keep:
    see `Draft.timestamp` and `claimed_actor`.
    """
    whole = _mapping(envelope, "")
    meta, spec = _mapping(whole.get("meta"), "/meta"), dict(_mapping(whole.get("spec", {}), "/spec"))
    checked = digest(whole)
    naming = _naming(_text(whole, "kind", ""), spec, registry)
    state = spec.pop(naming.state_key) if naming.state_key is not None else None
    timestamp, finer = _timestamp(meta)
    return Draft(
        id=_event_id(meta),
        entity=_entity(naming, meta, state or {}),
        kind=whole["kind"],
        action=naming.action,
        phase=naming.phase,
        deletes=naming.deletes,
        actor=caller,
        api_version=_optional_text(whole, "apiVersion", "") or "v1alpha1",
        digest=checked,
        timestamp=timestamp,
        timestamp_text=finer,
        correlation_id=_optional_text(meta, "correlationId", "/meta"),
        execution_id=_optional_text(meta, "executionId", "/meta"),
        state=state,
        state_key=naming.state_key,
        meta={key: value for key, value in meta.items() if value is None or key not in _META},
        spec=spec,
        rest={key: value for key, value in whole.items() if key not in ("apiVersion", "kind", "meta", "spec")},
    )


def claimed_actor(envelope: Any) -> Actor | None:
    """Who the envelope itself names as the actor. Only an import may believe it. Raises InvalidEnvelope."""
    meta = _mapping(_mapping(envelope, "").get("meta"), "/meta")
    user = _optional_text(meta, "userId", "/meta")
    if user is None:
        return None
    claimed = meta.get("actorType", ActorType.HUMAN.value)
    actor_type = _ACTOR_TYPES.get(claimed) if isinstance(claimed, str) else None
    if actor_type is None:
        raise InvalidEnvelope("/meta/actorType", f"{quoted(claimed)} is not one of: {', '.join(ActorType)}")
    return Actor(user, actor_type)


def write(event: Event) -> Document:
    """The envelope of an event that was read whole, as SPEC §3 shows it."""
    spec = dict(event.spec or {})
    if event.state_key is not None:
        spec[event.state_key] = event.written
    meta = {
        "eventId": event.id,
        "timestamp": instants.write(event.timestamp),
        "timestampText": event.timestamp_text,
        "userId": event.actor.id,
        "actorType": event.actor.type.value,
        "correlationId": event.correlation_id,
        "executionId": event.execution_id,
        "name": event.entity.name,
        "appId": event.entity.app_id,
    }
    return {
        "apiVersion": event.api_version,
        "kind": event.kind,
        "meta": (event.meta or {}) | {key: value for key, value in meta.items() if value is not None},
        "spec": spec,
        **(event.rest or {}),
    }


def digest(envelope: Mapping[str, Any]) -> str:
    """A hash of the content apart from the event id; key order does not matter.

    Raises InvalidDocument for what cannot be kept exactly.
    """
    meta = envelope.get("meta", {})
    if "eventId" in meta:
        meta = {key: value for key, value in meta.items() if key != "eventId"}
    return hashlib.sha256(values.canonical({**envelope, "meta": meta})).hexdigest()


def _naming(kind: str, spec: Mapping[str, Any], registry: Registry) -> Naming:
    _refuse_computed(kind, registry)
    if not kind.endswith("Event"):
        raise InvalidEnvelope("/kind", f"'{kind}' does not end in Event", hint="Name it like ArtifactAppliedEvent.")
    stem, key = kind.removesuffix("Event"), _object_key(kind, spec)
    owner = _owner(kind, None if key is None else spec[key], registry)
    naming = _declared(stem, kind, spec, owner) if owner else _guessed(stem, spec, key, registry)
    if not naming.action or not naming.type:
        raise InvalidEnvelope("/kind", f"'{kind}' lacks a type or an action", hint="Name it like ArtifactAppliedEvent.")
    if naming.state_key is None:
        _refuse_foreign_object(kind, spec)
    return naming


def _refuse_computed(kind: str, registry: Registry) -> None:
    owner = registry.owning(kind)
    if owner is not None and owner.computed:
        raise InvalidEnvelope(
            "/kind",
            f"'{kind}' is of {owner.name}, which is computed from other events",
            hint="Leave it to the service.",
        )


def _object_key(kind: str, spec: Mapping[str, Any]) -> str | None:
    """Where spec holds the object that the kind is about: of several the one with the longest kind."""
    found = [key for key, value in spec.items() if _is_object(value) and kind.startswith(value["kind"])]
    return max(found, key=lambda each: len(spec[each]["kind"])) if len(found) > 1 else next(iter(found), None)


def _owner(kind: str, state: Mapping[str, Any] | None, registry: Registry) -> DomainType | None:
    """The registered type of an event: that of the object, and without one that of the kind."""
    owner = registry.owning(kind)
    if owner is None or state is None or len(state["kind"]) < len(owner.kind):
        return owner
    # Not one whose kind goes on where the owner's ends (ConfigMap); of another group's equal kind, that one.
    return registry.of_object(state) if state["kind"] == owner.kind else None


def _declared(stem: str, kind: str, spec: Mapping[str, Any], owner: DomainType) -> Naming:
    stem = stem.removeprefix(owner.kind)
    declared = owner.by_kind(kind)
    action, phase = declared or (None, kinds.phase_of(stem))
    key = owner.state_key if owner.state_key in spec else None
    if key is not None:
        _check_object(f"/spec/{pointer_part(key)}", spec[key], owner.kind)
    return Naming(owner.name, stem, phase, _deletes(stem, phase, action.deletes if action else None), key)


def _guessed(stem: str, spec: Mapping[str, Any], key: str | None, registry: Registry) -> Naming:
    if key is None:
        type_, action = kinds.split(stem)
    else:
        kind, group = spec[key]["kind"], group_of(spec[key])
        type_, action = (f"{kind}.{group}" if kind in registry else kind), stem.removeprefix(kind)
    phase = kinds.phase_of(action)
    return Naming(type_, action, phase, _deletes(action, phase, None), key)


def _deletes(action: str, phase: Phase, declared: bool | None) -> bool:
    """Only an outcome ends an entity. A type that nobody registered ends by `Deleted`."""
    return phase is Phase.OUTCOME and (action == "Deleted" if declared is None else declared)


def _is_object(value: Any) -> bool:
    return (
        isinstance(value, dict) and isinstance(value.get("kind"), str) and bool(value["kind"]) and bool(meta_of(value))
    )


def _check_object(path: str, value: Any, type_: str) -> None:
    if not isinstance(value, dict):
        raise InvalidEnvelope(path, f"{type(value).__name__} is no domain object", hint="Send the complete object.")
    if value.get("kind") != type_:
        raise InvalidEnvelope(
            f"{path}/kind", f"{quoted(value.get('kind'))} contradicts the event, which is about {type_}"
        )


def _refuse_foreign_object(kind: str, spec: Mapping[str, Any]) -> None:
    for key, value in spec.items():
        if _is_object(value) and key == kinds.lower_camel(value["kind"]):
            path = f"/spec/{pointer_part(key)}/kind"
            raise InvalidEnvelope(path, f"'{value['kind']}' contradicts the event's kind {kind}")


def _entity(naming: Naming, meta: Mapping[str, Any], state: Document) -> Entity:
    """The object's own name counts; `name@…` tells apart objects that share it, as the files of overlays do."""
    own_meta, own_path = meta_of(state), _meta_path(naming, state)
    name, plain_name = _optional_text(meta, "name", "/meta"), _optional_text(own_meta, "name", own_path)
    own_name = name_of(state)
    told_apart = bool(name and own_name and name.startswith(f"{own_name}@"))
    if name and own_name and name not in (own_name, plain_name) and not told_apart:
        raise InvalidEnvelope("/meta/name", f"'{name}' contradicts the object, which is called '{own_name}'")
    app_id, own_app_id = _optional_text(meta, "appId", "/meta"), _optional_text(own_meta, "appId", own_path)
    if app_id and own_app_id and app_id != own_app_id:
        raise InvalidEnvelope("/meta/appId", f"'{app_id}' contradicts the object, which belongs to '{own_app_id}'")
    try:
        chosen = name if told_apart else own_name or name
        return entity(naming.type, _required(app_id or own_app_id, "appId"), _required(chosen, "name"))
    except InvalidArgument as error:
        raise InvalidEnvelope("/meta", str(error), hint=error.hint) from None


def _event_id(meta: Mapping[str, Any]) -> str | None:
    """It is no part of the digest, which checks the rest."""
    event_id = _optional_text(meta, "eventId", "/meta")
    if event_id is not None:
        values.check_text(event_id, "/meta/eventId")
    return event_id


def _meta_path(naming: Naming, state: Document) -> str:
    return f"/spec/{pointer_part(naming.state_key or '')}/{'meta' if 'meta' in state else 'metadata'}"


def _timestamp(meta: Mapping[str, Any]) -> tuple[datetime | None, str | None]:
    """The instant, and the text of it that says more: of what `write` wrote, its timestampText."""
    text, at = _instant(meta, "timestamp")
    if "timestampText" not in meta:
        return at, text if text is not None and instants.is_finer(text) else None
    finer, same = _instant(meta, "timestampText")
    if finer is not None and same != at:
        raise InvalidEnvelope(
            "/meta/timestampText", f"'{finer}' contradicts the timestamp, {text or 'which is missing'}"
        )
    text = finer or text
    return at, text if text is not None and instants.is_finer(text) else None


def _instant(meta: Mapping[str, Any], key: str) -> tuple[str | None, datetime | None]:
    text = _optional_text(meta, key, "/meta")
    try:
        return text, instants.parse(text) if text is not None else None
    except InvalidInstant as error:
        raise InvalidEnvelope(f"/meta/{key}", str(error), hint=error.hint) from None


def _required(text: str | None, key: str) -> str:
    if text is None:
        raise InvalidEnvelope(f"/meta/{key}", "it is missing, and the object does not say it either")
    return text


def _mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        shown = "nothing" if value is None else type(value).__name__
        raise InvalidEnvelope(path, f"an object is needed here, not {shown}")
    return value


def _text(source: Mapping[str, Any], key: str, path: str) -> str:
    text = _optional_text(source, key, path)
    if text is None:
        raise InvalidEnvelope(f"{path}/{key}", "it is missing")
    return text


def _optional_text(source: Mapping[str, Any], key: str, path: str) -> str | None:
    value = source.get(key)
    if value is None or (type(value) is str and 0 < len(value) <= _LONGEST):
        return value
    if not isinstance(value, str) or not value:
        raise InvalidEnvelope(f"{path}/{key}", f"a text is needed here, not {quoted(value)}", hint="Quote it.")
    if len(value) > _LONGEST:
        raise InvalidEnvelope(f"{path}/{key}", f"'{value[:40]}…' has {len(value):,} characters, {_LONGEST} are allowed")
    return value

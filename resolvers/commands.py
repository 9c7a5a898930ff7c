"""Writing: from an object or an envelope to an event in the log."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain import envelope as envelopes
from domain import instants
from domain.domain_type import Action, DomainType
from domain.entity import Entity
from domain.errors import DselError, EntityNotFound, Forbidden, InvalidEnvelope, VersionConflict
from domain.event import Document, Draft
from domain.validation import validate
from repository.event_log import Append, Appended
from repository.fields import HEADER, STATE
from resolvers.context import Context, Right

_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Options:
    """What a writer may say beside the object itself."""

    event_id: str | None = None
    expected_version: int | None = None
    execution_id: str | None = None
    correlation_id: str | None = None
    comment: str | None = None
    metadata: Any = None


async def apply(context: Context, domain_type: DomainType, state: Document, options: Options) -> Appended:
    """Stores the object as the new state. Raises ValidationFailed, VersionConflict and the like."""
    state = {"apiVersion": domain_type.newest.name, "kind": domain_type.name} | {
        key: value for key, value in state.items() if value is not None or key not in ("apiVersion", "kind")
    }
    action = _action(domain_type, "apply")
    return await record(
        context, _envelope(action.outcome, {}, options, {domain_type.state_key: state}), options.expected_version
    )


async def delete(context: Context, domain_type: DomainType, entity: Entity, options: Options) -> Appended:
    """Ends the entity, keeping its last state. Raises EntityNotFound when there is no state to end."""
    action = next((each for each in domain_type.actions if each.deletes), None)
    if action is None:
        raise Forbidden(f"objects of type {domain_type.name} cannot be deleted", hint="Declare an action that deletes.")
    meta = {"name": entity.name, "appId": entity.app_id}
    return await record(context, _envelope(action.outcome, meta, options, {}), options.expected_version)


async def record(
    context: Context, envelope: Any, expected_version: int | None = None, *, imported: bool = False
) -> Appended:
    """Stores an envelope of any kind.

    The actor is the caller, and so is the time the server's, unless the caller may import: then the envelope's own
    time counts, and with `imported` its own actor too, and the object need not satisfy its schema.
    """
    appended = await _commit(context, drafted(context, envelope, imported=imported), expected_version)
    context.renew(max(appended.event.timestamp, appended.event.recorded_at))
    return appended


def drafted(context: Context, envelope: Any, *, imported: bool) -> Draft:
    """What the caller may store of an envelope. Raises Forbidden, InvalidEnvelope or ValidationFailed."""
    draft = _authorised(context, envelopes.read(envelope, context.registry, context.caller.actor), envelope, imported)
    domain_type = context.registry.get(draft.entity.type)
    if domain_type is not None and draft.stateful and draft.state is not None and not imported:
        validate(domain_type, draft.state)
    return draft if imported else replace(draft, correlation_id=draft.correlation_id or context.correlation_id)


async def _commit(context: Context, draft: Draft, expected_version: int | None) -> Appended:
    if not (draft.deletes and draft.state is None):
        return await _append(context, draft, expected_version)
    return await commit_delete(context, draft, expected_version)


async def commit_delete(context: Context, draft: Draft, expected_version: int | None) -> Appended:
    """A delete that came without the object keeps the last one, read at the version that it is written on."""
    for _ in range(_ATTEMPTS):
        if draft.id is not None and draft.id in await context.log.events_by_id([draft.id], HEADER):
            return await _append(context, draft, None)  # a repetition, or a conflict: the log tells which
        version, complete = await _completed(context, draft)
        try:
            return await _append(context, complete, version if expected_version is None else expected_version)
        except VersionConflict:
            if expected_version is not None:
                raise
    return await _append(context, complete, version)


async def _completed(context: Context, draft: Draft) -> tuple[int, Draft]:
    key = draft.entity.key
    latest = (await context.log.latest([key], STATE)).get(key)
    if latest is None or latest.state is None or latest.state.deletes:
        raise EntityNotFound(f"there is no {draft.entity} to delete", hint="Look at its events with includeDeleted.")
    state_key = latest.state.state_key or _state_key(context, draft.entity)
    return latest.version, replace(draft, state=latest.state.state, state_key=state_key)


async def _append(context: Context, draft: Draft, expected_version: int | None) -> Appended:
    [result] = await context.log.append([Append(draft, expected_version)])
    if isinstance(result, DselError):
        raise result
    return result


def _authorised(context: Context, draft: Draft, envelope: Mapping[str, Any], imported: bool) -> Draft:
    may_import = context.caller.may(Right.IMPORT)
    if imported and not may_import:
        raise Forbidden(f"{context.caller.actor.id} may not import events", hint="Ask for the right 'import'.")
    claimed, meta = envelopes.claimed_actor(envelope), dict(draft.meta)
    if imported:
        draft = replace(draft, actor=claimed or context.caller.actor)
    elif claimed is not None and claimed.id != context.caller.actor.id:
        meta["claimedUserId"] = claimed.id
    if draft.timestamp is not None and not may_import:
        meta["claimedTimestamp"] = draft.timestamp_text or instants.write(draft.timestamp)
        draft = replace(draft, timestamp=None, timestamp_text=None)
    return replace(draft, meta=meta)


def _envelope(kind: str, meta: Document, options: Options, spec: Document) -> Document:
    known = {"eventId": options.event_id, "executionId": options.execution_id, "correlationId": options.correlation_id}
    metadata = dict(options.metadata or {}) if isinstance(options.metadata, dict | None) else None
    if metadata is None:
        raise InvalidEnvelope("/spec/metadata", f"an object is needed here, not {options.metadata!r}")
    if options.comment is not None:
        metadata["comment"] = options.comment
    return {
        "apiVersion": "v1alpha1",
        "kind": kind,
        "meta": {**meta, **{key: value for key, value in known.items() if value is not None}},
        "spec": {**spec, **({"metadata": metadata} if metadata else {})},
    }


def _action(domain_type: DomainType, name: str) -> Action:
    found = domain_type.action(name)
    if found is None:
        raise Forbidden(
            f"objects of type {domain_type.name} have no action '{name}'", hint="Declare it in the manifest."
        )
    return found


def _state_key(context: Context, entity: Entity) -> str:
    domain_type = context.registry.get(entity.type)
    return domain_type.state_key if domain_type else entity.type[:1].lower() + entity.type[1:]

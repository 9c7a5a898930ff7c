"""Writing: from an object or an envelope to an intent and an outcome in the log."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from domain import declaration, instants, kinds, rules
from domain import envelope as envelopes
from domain.domain_type import DomainType
from domain.entity import Entity
from domain.errors import (
    Contention,
    DselError,
    EntityNotFound,
    Forbidden,
    InvalidEnvelope,
    ValidationFailed,
    VersionConflict,
)
from domain.event import Document, Draft, Event, Phase
from domain.report import Report
from repository.event_log import Append, Appended, Latest, Moment
from repository.fields import HEADER, STATE
from resolvers.context import Context, Right

_ATTEMPTS = 10
_INTENTS = uuid.UUID("7f3b8c64-0e0b-5d4c-9a54-5f1b0c3c9d2e")


@dataclass(frozen=True, slots=True)
class Options:
    """What a writer may say beside the object itself."""

    event_id: str | None = None
    expected_version: int | None = None
    execution_id: str | None = None
    correlation_id: str | None = None
    comment: str | None = None
    """Why; kept in the intent."""
    client: Any = None
    """What the client says of itself; kept in the intent."""
    metadata: Any = None
    """What belongs to the object's delivery, such as the commit; kept in the outcome."""
    dry_run: bool = False
    name: str | None = None
    """The name in the log of an object that shares its own with others: `web@clusters/b.yaml`."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write. Of a dry run `appended` is None, and so is `intent` when none was worth storing."""

    appended: Appended | None
    report: Report | None = None
    intent: Event | None = None


class Rejected(ValidationFailed):
    """The object is not valid. `intent` tells of the attempt when its type records failures."""

    def __init__(self, subject: str, report: Report, intent: Event | None) -> None:
        super().__init__(subject, report.violations)
        self.report = report
        self.intent = intent


@dataclass(frozen=True, slots=True)
class _Command:
    """One act as a draft of its outcome, with what only its intent keeps."""

    outcome: Draft
    intent_kind: str
    asked: Document
    options: Options

    def intent(self, *, failed: Report | None = None) -> Draft:
        spec = self.asked | ({"validation": failed.as_document()} if failed else {})
        event_id = str(uuid.uuid5(_INTENTS, self.outcome.id)) if self.outcome.id else None
        action = self.intent_kind.removesuffix("Event").removeprefix(self.outcome.entity.kind)
        return replace(
            self.outcome,
            id=event_id,
            kind=self.intent_kind,
            action=action,
            phase=Phase.INTENT,
            deletes=False,
            failed=failed is not None,
            spec=spec,
        )


async def act(context: Context, action: str, state: Document, app_id: str | None, options: Options) -> Written:
    """Stores the object as its new state by the action, `apply` say. Raises Rejected, VersionConflict and the like."""
    domain_type = _type_of(context, state)
    if domain_type is not None:
        state = {"apiVersion": domain_type.newest.name, "kind": domain_type.kind} | state
    intent, outcome = _kinds(domain_type, action, str(state.get("kind")))
    key = _state_key(domain_type, str(state.get("kind")))
    meta = {key: value for key, value in (("appId", app_id), ("name", options.name)) if value is not None}
    command = _command(context, intent, outcome, meta, {key: state}, options)
    if domain_type is None:
        return await _commit(context, command, None, None)
    if not rules.need_old_state(domain_type):
        return await _commit(context, command, rules.evaluate(domain_type, state, None), None, domain_type)
    return await _on_current(context, command, lambda state: _judged(command, domain_type, state))


async def delete(context: Context, entity: Entity, options: Options) -> Written:
    """Ends the entity, keeping its last state. Raises EntityNotFound when there is no state to end."""
    intent, outcome = _deleting(context.registry.get(entity.type), entity.kind)
    command = _command(context, intent, outcome, {"name": entity.name, "appId": entity.app_id}, {}, options)
    # The entity is known: without its object a kind alone may be taken for another type's, ConfigMap's for Config's.
    action = outcome.removesuffix("Event").removeprefix(entity.kind)
    command = replace(command, outcome=replace(command.outcome, entity=entity, action=action, deletes=True))
    return await _on_current(context, command, lambda state: _ended(context, command, state))


async def record(
    context: Context,
    envelope: Any,
    expected_version: int | None = None,
    *,
    imported: bool = False,
    validated: bool | None = None,
) -> Written:
    """Stores an envelope of any kind.

    The actor is the caller, and so is the time the server's, unless the caller may import: then the envelope's own
    time counts, and with `imported` its own actor too, and the object is only validated when asked.
    """
    drafted = draft(context, envelope, imported=imported, validated=validated)
    if drafted.needs_current:
        return await commit_on_current(context, drafted, expected_version)
    command = _plain(drafted.draft, expected_version)
    return await _commit(context, command, drafted.report, expected_version)


@dataclass(frozen=True, slots=True)
class Drafted:
    """What the caller may store of an envelope."""

    draft: Draft
    report: Report | None = None
    domain_type: DomainType | None = None
    """The type whose rules are still to be asked, because they compare with the current state."""

    @property
    def needs_current(self) -> bool:
        """A delete without the object takes the last one; a rule may compare with it."""
        return self.domain_type is not None or (self.draft.deletes and self.draft.state is None)


def draft(context: Context, envelope: Any, *, imported: bool, validated: bool | None = None) -> Drafted:
    """Reads an envelope. Raises Forbidden, InvalidEnvelope or Rejected.

    An import is validated only when asked, and then without the rules that compare: what was current then is not
    known yet.
    """
    made = _imported(context, envelope) if imported else _authorised(context, envelope)
    if made.entity.type == declaration.TYPE and not (imported and context.caller.may(Right.TYPES)):
        raise _declares_type()
    domain_type = context.registry.get(made.entity.type)
    wanted = (not imported) if validated is None else validated
    if domain_type is None or not wanted or not made.stateful or made.state is None:
        return Drafted(made)
    if not imported and rules.need_old_state(domain_type):
        return Drafted(made, domain_type=domain_type)
    report = rules.evaluate(domain_type, made.state, None)
    if not report.passed:
        raise Rejected(str(made.entity), report, None)
    return Drafted(made, report)


async def commit_on_current(context: Context, drafted: Drafted, expected_version: int | None) -> Written:
    """Commits what depends on the state before it."""
    command, domain_type = _plain(drafted.draft, expected_version), drafted.domain_type
    if domain_type is None:
        return await _on_current(context, command, lambda state: _ended(context, command, state))
    return await _on_current(context, command, lambda state: _judged(command, domain_type, state))


def _plain(draft: Draft, expected_version: int | None) -> _Command:
    return _Command(draft, "", {}, Options(event_id=draft.id, expected_version=expected_version))


Prepared = tuple[_Command, Report | None, DomainType | None]


async def _on_current(context: Context, command: _Command, prepare: Callable[[Event | None], Prepared]) -> Written:
    """Writes what `prepare` makes of the current state, on the version at which that was read."""
    options, entity = command.options, command.outcome.entity
    if options.event_id is not None and options.event_id in await context.log.events_by_id([options.event_id], HEADER):
        return await _commit(context, command, None, None)  # a repetition, or a conflict: the log tells which
    for _ in range(_ATTEMPTS):
        latest = (await context.log.latest([entity.key], STATE)).get(entity.key)
        prepared, report, domain_type = prepare(await _state_before(context, command.outcome, latest))
        version = latest.version if latest else 0
        try:
            expected = version if options.expected_version is None else options.expected_version
            return await _commit(context, prepared, report, expected, domain_type)
        except VersionConflict:
            if options.expected_version is not None:
                raise
    raise Contention(f"{entity} is being written by too many at once", hint="Try again.")


async def _state_before(context: Context, outcome: Draft, latest: Latest | None) -> Event | None:
    """The state that the outcome follows: the newest, or of one that is reported late the state of its time."""
    state = latest.state if latest is not None else None
    if outcome.timestamp is not None and state is not None and state.timestamp > outcome.timestamp:
        key = outcome.entity.key
        moment = Moment(outcome.timestamp, context.clock())
        state = (await context.log.as_of([key], moment, STATE)).get(key)
    return state if state is not None and not state.deletes else None


def _judged(command: _Command, domain_type: DomainType, state: Event | None) -> Prepared:
    old = state.written if state is not None else None
    return command, rules.evaluate(domain_type, command.outcome.state or {}, old), domain_type


def _ended(context: Context, command: _Command, state: Event | None) -> Prepared:
    entity = command.outcome.entity
    if state is None:
        raise EntityNotFound(f"there is no {entity} to delete", hint="Look at its events with includeDeleted.")
    key = _state_key(context.registry.get(entity.type), entity.kind)
    return replace(command, outcome=replace(command.outcome, state=state.written, state_key=key)), None, None


async def _commit(
    context: Context,
    command: _Command,
    report: Report | None,
    expected_version: int | None,
    domain_type: DomainType | None = None,
) -> Written:
    expected = expected_version if expected_version is not None else command.options.expected_version
    if report is not None and not report.passed:
        raise Rejected(str(command.outcome.entity), report, await _failure(context, command, report, domain_type))
    if command.options.dry_run:
        await _expect(context, command.outcome.entity, expected)
        return Written(None, report)
    outcome = command.outcome
    if report is not None and "validation" not in outcome.spec:
        outcome = replace(outcome, spec={**outcome.spec, "validation": report.as_document()})
    if not command.asked:
        [appended] = await _append(context, [Append(outcome, expected)])
        return Written(appended, report)
    intent = Append(command.intent(), expected)
    asked, appended = await _append(context, [intent, Append(outcome, follows=True)])
    return Written(appended, report, asked.event if asked.event.phase is Phase.INTENT else None)


async def _expect(context: Context, entity: Entity, version: int | None) -> None:
    """Raises VersionConflict when the entity has moved on from `version`."""
    if version is None:
        return
    latest = (await context.log.latest([entity.key], HEADER)).get(entity.key)
    actual = latest.version if latest else 0
    if actual != version:
        raise VersionConflict(str(entity), version, actual)


async def _failure(context: Context, command: _Command, report: Report, domain_type: DomainType | None) -> Event | None:
    """The failed attempt as an intent, where the type wants to know of them; never as state."""
    if domain_type is None or not domain_type.record_failures or command.options.dry_run:
        return None
    [appended] = await _append(context, [Append(command.intent(failed=report))])
    return appended.event


async def _append(context: Context, appends: list[Append]) -> list[Appended]:
    stored = []
    for result in await context.log.append(appends):
        if isinstance(result, DselError):
            raise result
        stored.append(result)
    context.renew(max(max(each.event.timestamp, each.event.recorded_at) for each in stored))
    return stored


def _command(context: Context, intent: str, outcome: str, meta: Document, spec: Document, options: Options) -> _Command:
    asked = {"comment": options.comment, "client": options.client}
    asked = {key: value for key, value in asked.items() if value is not None}
    own = {"metadata": options.metadata} if options.metadata is not None else {}
    ids = {"eventId": options.event_id, "executionId": options.execution_id, "correlationId": options.correlation_id}
    meta |= {key: value for key, value in ids.items() if value is not None}
    # The intent's part is read too: the digest must tell two commands apart that differ in nothing else.
    envelope = {"apiVersion": "v1alpha1", "kind": outcome, "meta": meta, "spec": {**own, **spec}, "asked": asked}
    if not isinstance(options.metadata, dict | None):
        raise InvalidEnvelope("/spec/metadata", f"an object is needed here, not {options.metadata!r}")
    draft = envelopes.read(envelope, context.registry, context.caller.actor)
    if draft.entity.type == declaration.TYPE:
        raise _declares_type()
    draft = replace(draft, spec=own, rest={}, correlation_id=draft.correlation_id or context.correlation_id)
    return _Command(draft, intent, asked, options)


def _imported(context: Context, envelope: Any) -> Draft:
    """An envelope with its own time and actor."""
    if not context.caller.may(Right.IMPORT):
        raise Forbidden(f"{context.caller.actor.id} may not import events", hint="Ask for the right 'import'.")
    return envelopes.read(envelope, context.registry, envelopes.claimed_actor(envelope) or context.caller.actor)


def _authorised(context: Context, envelope: Any) -> Draft:
    """An envelope with the caller as its actor; another that it names is noted, and so is a time it may not set."""
    draft, claimed = envelopes.read(envelope, context.registry, context.caller.actor), envelopes.claimed_actor(envelope)
    changes: Document = {"correlation_id": draft.correlation_id or context.correlation_id}
    claims: Document = {}
    if claimed is not None and claimed.id != context.caller.actor.id:
        claims["claimedUserId"] = claimed.id
    if draft.timestamp is not None and not context.caller.may(Right.IMPORT):
        claims["claimedTimestamp"] = draft.timestamp_text or instants.write(draft.timestamp)
        changes |= {"timestamp": None, "timestamp_text": None}
    return replace(draft, **changes, meta={**draft.meta, **claims})


def _declares_type() -> Forbidden:
    return Forbidden("a domain type is served only once it was checked", hint="Use applyDomainType, retireDomainType.")


def _state_key(domain_type: DomainType | None, kind: str) -> str:
    """Where in spec the object stands; `metadata` is the act's own."""
    if domain_type is not None:
        return domain_type.state_key
    key = kinds.lower_camel(kind)
    return key if key != "metadata" else "object"


def _type_of(context: Context, state: Document) -> DomainType | None:
    """The registered type of an object, by its kind and group."""
    kind = state.get("kind")
    if not isinstance(kind, str) or not kind:
        raise InvalidEnvelope("/kind", "the object does not say its kind")
    return context.registry.of_object(state)


def _kinds(domain_type: DomainType | None, name: str, kind: str) -> tuple[str, str]:
    """The kinds of the intent and the outcome of an action."""
    if domain_type is None:
        word = name[:1].upper() + name[1:]
        return f"{kind}{word}Event", f"{kind}{kinds.past(word)}Event"
    action = domain_type.action(name)
    if action is None:
        raise Forbidden(
            f"objects of type {domain_type.name} have no action '{name}'", hint="Declare it in the manifest."
        )
    return action.intent, action.outcome


def _deleting(domain_type: DomainType | None, kind: str) -> tuple[str, str]:
    if domain_type is None:
        return _kinds(None, "delete", kind)
    action = next((each for each in domain_type.actions if each.deletes), None)
    if action is None:
        raise Forbidden(f"objects of type {domain_type.name} cannot be deleted", hint="Declare an action that deletes.")
    return action.intent, action.outcome

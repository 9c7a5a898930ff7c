"""Domain types in the log: reading what is declared, and storing what somebody declares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from domain import declaration
from domain import envelope as envelopes
from domain.declaration import APP, TYPE, Declaration
from domain.entity import Entity
from domain.errors import DselError
from domain.event import Document, Event, Phase
from domain.registry import Registry
from repository.event_log import Append, EventLog, Moment
from repository.fields import HEADER, STATE
from resolvers.beside import beside
from resolvers.context import Context
from resolvers.type_keeper import TypeOptions

_ALWAYS = Moment(datetime(9999, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
"""Whatever the clocks of other replicas say."""
_NO_TYPES = Registry([])
_TOGETHER = 4
"""How many are stored at once: a definition may have a megabyte, and requests go on meanwhile."""


async def changed(log: EventLog, known: Mapping[str, int]) -> list[Event]:
    """The newest states of the types whose version in the log is not the known one. Raises StoreUnavailable."""
    heads = await log.states(TYPE, APP, _ALWAYS, HEADER)
    stale = [key for key, event in heads.items() if known.get(event.entity.name) != event.version]
    return list((await log.as_of(stale, _ALWAYS, STATE)).values()) if stale else []


def declarations(events: Iterable[Event]) -> list[Declaration]:
    """What these events declare. Takes the processor a while."""
    return [_without_state(declaration.from_event(event)) for event in events]


async def heads(log: EventLog, names: Iterable[str]) -> dict[str, int]:
    """How far the entity of each type has come in the log; 0 where there is none."""
    entities = {name: Entity(TYPE, APP, name) for name in names}
    found = await log.last_events([each.key for each in entities.values()], _ALWAYS)
    return {name: found[each.key].version if each.key in found else 0 for name, each in entities.items()}


async def store(
    context: Context, changes: Sequence[Declaration], expected: Mapping[str, int], options: TypeOptions
) -> list[Declaration]:
    """The declarations as they stand in the log afterwards.

    Raises VersionConflict when somebody was faster with one of them; others may be stored then.
    """
    events: list[Event] = []
    for start in range(0, len(changes), _TOGETHER):
        appends = await beside(_appends, context, changes[start : start + _TOGETHER], expected, options)
        for append, result in zip(appends, await context.log.append(appends), strict=True):
            if isinstance(result, DselError):
                raise result
            if append.draft.phase is Phase.OUTCOME:
                events.append(result.event)
    context.renew(max(max(each.timestamp, each.recorded_at) for each in events))
    return [_without_state(replace(each, event=event)) for each, event in zip(changes, events, strict=True)]


def _appends(
    context: Context, changes: Iterable[Declaration], expected: Mapping[str, int], options: TypeOptions
) -> list[Append]:
    return [append for each in changes for append in _drafts(context, each, expected[each.name], options)]


def _drafts(context: Context, change: Declaration, expected: int, options: TypeOptions) -> Iterable[Append]:
    verb = "Retire" if change.retired else "Apply"
    given = {"comment": options.comment, "client": options.client}
    asked: Document = {key: value for key, value in given.items() if value is not None}
    # The intent's part is read too: the digest must tell two acts apart that differ in nothing else.
    spec = {"domainType": declaration.as_object(change), **asked}
    kind = f"{TYPE}{'Retired' if change.retired else 'Applied'}Event"
    envelope = {"apiVersion": "v1alpha1", "kind": kind, "meta": {}, "spec": spec}
    draft = envelopes.read(envelope, _NO_TYPES, context.caller.actor)
    outcome = replace(draft, correlation_id=context.correlation_id, deletes=change.retired, spec={})
    if not asked:
        return [Append(outcome, expected)]
    intent = replace(
        outcome,
        kind=f"{TYPE}{verb}Event",
        action=verb,
        phase=Phase.INTENT,
        deletes=False,
        state=None,
        state_key=None,
        spec=asked,
    )
    return [Append(intent, expected), Append(outcome, follows=True)]


def _without_state(read: Declaration) -> Declaration:
    """Its manifest is kept already."""
    return replace(read, event=read.event.showing(None, read.event.recorded)) if read.event else read

"""Storing many envelopes: each by itself, in order, and the same ones again without a trace."""

import uuid
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, cast

from domain import cloud_events
from domain import envelope as envelopes
from domain.errors import DselError, StoreUnavailable
from repository.event_log import Append, Appended
from resolvers import commands
from resolvers.commands import Drafted
from resolvers.context import Context

BATCH = 2_000
_NAMESPACE = uuid.UUID("0b7c9d1e-6f0a-5a55-9b39-6a4a4c1d7e11")
Result = Appended | DselError


async def commit(context: Context, reads: Sequence[Drafted | DselError]) -> list[Result]:
    """What became of each document that was read; an error stands in the place of what was refused.

    Raises StoreUnavailable, after which a part may be stored: send all of it again.
    """
    results: list[Result] = []
    run: list[Drafted | DselError] = []
    for each in reads:
        if isinstance(each, Drafted) and each.needs_current:
            # The state before it may be of an event right before it.
            results += await _append(context, run)
            results.append(await _on_current(context, each))
            run = []
        else:
            run.append(each)
    results += await _append(context, run)
    context.renew(max((_recorded(each) for each in results if isinstance(each, Appended)), default=context.instant))
    return results


async def store(
    context: Context, documents: Sequence[Any], *, imported: bool, validated: bool | None = None
) -> list[Result]:
    """Reads and commits. A document with a time but no id gets an id made from its content."""
    reads = [read(context, document, imported=imported, validated=validated) for document in documents]
    return await commit(context, reads)


def batches(documents: Iterable[Any], size: int = BATCH) -> Iterable[list[Any]]:
    rest = iter(documents)
    while batch := list(islice(rest, size)):
        yield batch


def read(context: Context, document: Any, *, imported: bool, validated: bool | None = None) -> Drafted | DselError:
    """An envelope or CloudEvent as a draft, or the reason why it is none. Takes the processor, not MongoDB."""
    try:
        envelope = cloud_events.envelope(document) if cloud_events.is_cloud_event(document) else document
        return commands.draft(context, _identified(envelope), imported=imported, validated=validated)
    except DselError as error:
        return error


def _identified(envelope: Any) -> Any:
    meta = envelope.get("meta") if isinstance(envelope, dict) else None
    if not isinstance(meta, dict) or meta.get("eventId") is not None or meta.get("timestamp") is None:
        return envelope
    return {**envelope, "meta": {**meta, "eventId": str(uuid.uuid5(_NAMESPACE, envelopes.digest(envelope)))}}


async def _append(context: Context, run: Sequence[Drafted | DselError]) -> list[Result]:
    stored = iter(await context.log.append([Append(each.draft) for each in run if isinstance(each, Drafted)]))
    return [next(stored) if isinstance(each, Drafted) else each for each in run]


async def _on_current(context: Context, drafted: Drafted) -> Result:
    try:
        written = await commands.commit_on_current(context, drafted, None)
        return cast(Appended, written.appended)
    except StoreUnavailable:
        raise
    except DselError as error:
        return error


def _recorded(appended: Appended) -> Any:
    return max(appended.event.timestamp, appended.event.recorded_at)

"""Storing many envelopes: each by itself, in order, and the same ones again without a trace."""

import uuid
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, cast

from domain import cloud_events
from domain import envelope as envelopes
from domain.errors import DselError
from repository.event_log import Append, Appended
from resolvers import commands
from resolvers.context import Context

BATCH = 500
_NAMESPACE = uuid.UUID("0b7c9d1e-6f0a-5a55-9b39-6a4a4c1d7e11")
Result = Appended | DselError


async def commit(context: Context, reads: Sequence[Append | DselError]) -> list[Result]:
    """What became of each document that was read; an error stands in the place of what was refused.

    Raises StoreUnavailable, after which a part may be stored: send all of it again.
    """
    results: list[Result] = []
    run: list[Append | DselError] = []
    for each in reads:
        if isinstance(each, Append) and each.draft.deletes and each.draft.state is None:
            # The state that it ends may be of an event right before it.
            results += await _append(context, run)
            results.append(await _deleted(context, each))
            run = []
        else:
            run.append(each)
    results += await _append(context, run)
    context.renew(max((_recorded(each) for each in results if isinstance(each, Appended)), default=context.instant))
    return results


async def store(context: Context, documents: Sequence[Any], *, imported: bool) -> list[Result]:
    """Reads and commits. A document without an event id gets one made from its content: the same again is the same."""
    return await commit(context, [read(context, document, imported=imported) for document in documents])


def batches(documents: Iterable[Any], size: int = BATCH) -> Iterable[list[Any]]:
    rest = iter(documents)
    while batch := list(islice(rest, size)):
        yield batch


def read(context: Context, document: Any, *, imported: bool) -> Append | DselError:
    """An envelope or CloudEvent as an append, or the reason why it is none. Takes the processor, not MongoDB."""
    try:
        envelope = cloud_events.envelope(document) if cloud_events.is_cloud_event(document) else document
        return Append(commands.drafted(context, _identified(envelope), imported=imported)[0])
    except DselError as error:
        return error


def _identified(envelope: Any) -> Any:
    meta = envelope.get("meta") if isinstance(envelope, dict) else None
    if not isinstance(meta, dict) or meta.get("eventId") is not None:
        return envelope
    return {**envelope, "meta": {**meta, "eventId": str(uuid.uuid5(_NAMESPACE, envelopes.digest(envelope)))}}


async def _append(context: Context, run: Sequence[Append | DselError]) -> list[Result]:
    stored = iter(await context.log.append([each for each in run if isinstance(each, Append)]))
    return [next(stored) if isinstance(each, Append) else each for each in run]


async def _deleted(context: Context, append: Append) -> Result:
    try:
        written = await commands.commit_delete(context, append.draft, None)
        return cast(Appended, written.appended)
    except DselError as error:
        return error


def _recorded(appended: Appended) -> Any:
    return max(appended.event.timestamp, appended.event.recorded_at)

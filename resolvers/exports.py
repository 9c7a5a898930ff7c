"""Everything that a search finds, as of one instant, in batches of bounded size."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain import envelope, instants
from domain.event import Document, Event
from domain.words import comment_of
from repository.event_log import EventFilter, LogPage, Moment, Order
from repository.fields import WHOLE
from resolvers.context import Context

_FIRST, _MOST = 20, 1_000
_BATCH_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported: the events of a search as of a moment, in an order that is theirs whatever is written."""

    where: EventFilter
    order: Order
    moment: Moment
    settled: datetime
    """Whatever was recorded by then is in the export; what was just being recorded may be missing."""

    def position(self, event: Event) -> tuple[datetime, str]:
        return (event.recorded_at if self.order is Order.RECORDED else event.timestamp), event.id


@dataclass(slots=True)
class Pace:
    """How many events make a batch, from what the last one came to."""

    events: int = _FIRST

    def note(self, events: int, size: int) -> None:
        self.events = max(1, min(_MOST, 4 * self.events, _BATCH_BYTES * events // max(size, 1)))


async def batches(context: Context, export: Export, pace: Pace) -> AsyncIterator[Sequence[Event]]:
    """The events, at least one empty batch. The caller notes at `pace` how large each one was."""
    page = LogPage(pace.events, None, export.where, export.order)
    while True:
        found = await context.log.search(page, export.moment, WHOLE)
        yield found
        if len(found) < page.first:
            return
        page = replace(page, first=pace.events, after=export.position(found[-1]))


def row(event: Event) -> Document:
    """An event as a line of an export: what it says of itself, and the whole envelope."""
    return {
        "id": event.id,
        "kind": event.kind,
        "type": event.entity.type,
        "appId": event.entity.app_id,
        "name": event.entity.name,
        "version": event.version,
        "action": event.action,
        "phase": event.phase.value,
        "timestamp": instants.write(event.timestamp),
        "recordedAt": instants.write(event.recorded_at),
        "actorId": event.actor.id,
        "actorType": event.actor.type.value,
        "correlationId": event.correlation_id,
        "executionId": event.execution_id,
        "comment": comment_of(event.spec or {}) or None,
        "envelope": envelope.write(event),
    }


def told(export: Export, where: Any) -> Document:
    """The query and its moment, as the file says them."""
    return {
        "where": where,
        "order": export.order.name,
        "time": instants.write(export.moment.at),
        "knownAt": instants.write(export.moment.known_at),
        "settled": instants.write(export.settled),
        "complete": complete(export),
    }


def ended(export: Export, events: int) -> Document:
    """What the end of the file says."""
    return {"events": events, "settled": instants.write(export.settled)}


def complete(export: Export) -> str:
    """For people: what is surely in the file, and how to have one that never changes."""
    settled, known_at = instants.write(export.settled), instants.write(export.moment.known_at)
    surely = f"All events that meet the query and were recorded by {settled}."
    if export.settled >= export.moment.known_at:
        return f"{surely} With this query, time and knownAt it is the same again."
    return (
        f"{surely} Those recorded from then to {known_at} are here as far as their writes had ended; an export with"
        f" knownAt={settled} is the same whenever it is made."
    )

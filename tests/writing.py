"""Short ways to write to a log and to look at what became of it."""

from typing import Any

from domain.entity import Entity
from domain.errors import DselError
from domain.event import Draft, Event
from examples import artifact, draft
from histories import ALWAYS, committed
from repository.event_log import Append, Appended, TimelinePage
from repository.fields import WHOLE
from repository.mongo_event_log import MongoEventLog


def applied(entity: Entity, **fields: Any) -> Draft:
    return draft(entity, "Applied", artifact(entity), **fields)


async def append(log: MongoEventLog, one: Draft, expected_version: int | None = None) -> Event:
    (event,) = committed(await log.append([Append(one, expected_version)]))
    return event


def refusal(results: list[Appended | DselError]) -> DselError:
    (error,) = results
    assert isinstance(error, DselError)
    return error


async def stored(log: MongoEventLog, entity: Entity) -> list[Event]:
    """Every event of an entity, by version."""
    found = await log.events([entity.key], TimelinePage(1000), ALWAYS, WHOLE)
    return sorted(found.get(entity.key, []), key=lambda event: event.version)

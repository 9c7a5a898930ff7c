"""The conditions on events, asked of an event itself: what MongoDB is asked of the log, a live event is asked here."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from domain.event import Event
from domain.words import comment_words
from repository.event_log import EventFilter

Test = Callable[[Event], bool]

_TESTS: dict[str, Callable[[Event, Any], bool]] = {
    "types": lambda event, wanted: event.entity.type in wanted,
    "app_ids": lambda event, wanted: event.entity.app_id in wanted,
    "names": lambda event, wanted: event.entity.name in wanted,
    "kinds": lambda event, wanted: event.kind in wanted,
    "actions": lambda event, wanted: event.action in wanted,
    "phases": lambda event, wanted: event.phase in wanted,
    "actors": lambda event, wanted: event.actor.id in wanted,
    "actor_types": lambda event, wanted: event.actor.type in wanted,
    "execution_id": lambda event, wanted: event.execution_id == wanted,
    "correlation_id": lambda event, wanted: event.correlation_id == wanted,
    "words": lambda event, wanted: set(wanted) <= set(comment_words(event.spec or {})),
    "since": lambda event, wanted: event.timestamp >= wanted,
    "until": lambda event, wanted: event.timestamp < wanted,
    "recorded_since": lambda event, wanted: event.recorded_at >= wanted,
    "recorded_until": lambda event, wanted: event.recorded_at < wanted,
}


def test_of(where: EventFilter) -> Test:
    """Whether an event meets the conditions."""
    given = [(each.name, getattr(where, each.name)) for each in fields(where)]
    tests = [(_TESTS[name], wanted) for name, wanted in given if wanted not in ((), None)]
    return lambda event: all(test(event, wanted) for test, wanted in tests)

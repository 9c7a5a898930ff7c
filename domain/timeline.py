"""The executable specification of time: what the log must answer, over all events of one entity.

Slow and obvious on purpose. The MongoDB log is tested against it on random histories.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from domain.changes import same
from domain.event import Event
from domain.leaves import Leaf, counterparts, leaves


def history(events: Iterable[Event], at: datetime, known_at: datetime) -> list[Event]:
    """All events in effect at `at` as far as they were known at `known_at`, newest first."""
    seen = (event for event in events if event.timestamp <= at and event.recorded_at <= known_at)
    return sorted(seen, key=lambda event: event.order, reverse=True)


def as_of(events: Iterable[Event], at: datetime, known_at: datetime, *, include_deleted: bool = False) -> Event | None:
    """The event that carries the state at `at`; None before the first one and after a delete."""
    newest = next((event for event in history(events, at, known_at) if event.stateful), None)
    if newest is None or (newest.deletes and not include_deleted):
        return None
    return newest


def current(events: Iterable[Event], now: datetime, *, include_deleted: bool = False) -> Event | None:
    return as_of(events, now, now, include_deleted=include_deleted)


def last_event(events: Iterable[Event], at: datetime, known_at: datetime) -> Event | None:
    """The newest event of any kind: who or what last acted."""
    return next(iter(history(events, at, known_at)), None)


def valid_to(events: Iterable[Event], state: Event, at: datetime, known_at: datetime) -> datetime | None:
    """When the state that `state` carries ended: at the next one in state order. None while it still holds."""
    later = [event for event in history(events, at, known_at) if event.stateful and event.order > state.order]
    return later[-1].timestamp if later else None


def blame(events: Iterable[Event], state: Event, at: datetime, known_at: datetime) -> dict[str, Event]:
    """By the JSON Pointer of each leaf of a state, the event since which it has had its value without a break."""
    earlier = [event for event in history(events, at, known_at) if event.stateful and event.order < state.order]
    return {leaf.pointer: _origin(leaf, state, earlier) for leaf in leaves(state.state)}


def _origin(leaf: Leaf, state: Event, earlier: Iterable[Event]) -> Event:
    path: list[Any] = list(leaf.path)
    for older in earlier:
        newer_part, older_part = state.state, older.state
        for depth, key in enumerate(path):
            there = counterparts(newer_part, older_part)
            if key not in there:
                return state
            path[depth] = there[key]
            newer_part, older_part = newer_part[key], older_part[there[key]]  # type: ignore[index]
        if older.deletes or not same(leaf.value, older_part):
            return state
        state = older
    return state

"""What came of a thread of events: a run of a workflow, or a request."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from domain import kinds
from domain.event import Event, Phase

Answers = Callable[[Event, Event], bool]
"""Whether an outcome tells what happened of an intent."""


class ThreadOutcome(StrEnum):
    PENDING = "PENDING"
    FAILED = "FAILED"
    COMPLETED = "COMPLETED"


def outcome(events: Sequence[Event], answers: Answers) -> ThreadOutcome:
    """Of all events of a thread. What waits comes before what failed: a thread that still runs has not failed yet.

    An entity waits while an intent about it has no outcome, or while the last outcome tells only that something began.
    It has failed when its last outcome tells a failure, or when an intent was refused and none succeeded afterwards.
    """
    by_entity: dict[str, list[Event]] = {}
    for event in sorted(events, key=lambda each: each.version):
        by_entity.setdefault(event.entity.key, []).append(event)
    found = {_of_one(each, answers) for each in by_entity.values()}
    for each in (ThreadOutcome.PENDING, ThreadOutcome.FAILED):
        if each in found:
            return each
    return ThreadOutcome.COMPLETED


def _of_one(events: Sequence[Event], answers: Answers) -> ThreadOutcome:
    outcomes = [event for event in events if event.phase is Phase.OUTCOME]
    if any(_waits(intent, outcomes, answers) for intent in events):
        return ThreadOutcome.PENDING
    last = outcomes[-1] if outcomes else None
    if last is None or kinds.tells_failure(last.action) or any(event.failed for event in events[events.index(last) :]):
        return ThreadOutcome.FAILED
    return ThreadOutcome.PENDING if kinds.tells_beginning(last.action) else ThreadOutcome.COMPLETED


def _waits(intent: Event, outcomes: Sequence[Event], answers: Answers) -> bool:
    if intent.phase is Phase.OUTCOME or intent.failed:
        return False
    later = (each for each in outcomes if each.version > intent.version)
    return not any(each.correlation_id == intent.correlation_id and answers(each, intent) for each in later)

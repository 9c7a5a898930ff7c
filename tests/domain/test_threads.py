import pytest

from domain import kinds
from domain.entity import Entity
from domain.event import Event
from domain.threads import ThreadOutcome, outcome
from examples import T0 as NOW
from examples import VPC, draft, recorded


def told(*actions: str, entity: Entity = VPC, refused: str = "") -> list[Event]:
    return [
        recorded(
            draft(entity, action, failed=action == refused, phase=kinds.phase_of(action), correlation_id="req"),
            version,
            NOW,
            NOW,
        )
        for version, action in enumerate(actions, start=1)
    ]


def answers(one: Event, other: Event) -> bool:
    return kinds.answers(one.action, other.action)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (told("Apply"), ThreadOutcome.PENDING),
        (told("Apply", "Applied"), ThreadOutcome.COMPLETED),
        (told("Apply", "Scanned"), ThreadOutcome.PENDING),
        (told("Applied", "Apply"), ThreadOutcome.PENDING),
        (told("Apply", "Applied", "Started"), ThreadOutcome.PENDING),
        (told("Started", "Failed"), ThreadOutcome.FAILED),
        (told("Started", "TimedOut"), ThreadOutcome.FAILED),
        (told("Failed", "RolledBack"), ThreadOutcome.COMPLETED),
        (told("Apply", refused="Apply"), ThreadOutcome.FAILED),
        (told("Apply", "Applied", refused="Apply"), ThreadOutcome.COMPLETED),
        (told("Applied", "Delete", refused="Delete"), ThreadOutcome.FAILED),
        (told("Failed") + told("Applied", entity=VPC._replace(name="b")), ThreadOutcome.FAILED),
        (told("Failed") + told("Apply", entity=VPC._replace(name="b")), ThreadOutcome.PENDING),
    ],
)
def test_the_outcome_of_a_thread_is_told_by_its_events_in_any_order(
    events: list[Event], expected: ThreadOutcome
) -> None:
    assert outcome(events, answers) is expected
    assert outcome(events[::-1], answers) is expected


def test_an_outcome_of_another_request_answers_nothing() -> None:
    asked, done = told("Apply", "Applied")
    other = recorded(draft(VPC, "Applied", correlation_id="other"), 2, NOW, NOW)
    assert outcome([asked, done], answers) is ThreadOutcome.COMPLETED
    assert outcome([asked, other], answers) is ThreadOutcome.PENDING

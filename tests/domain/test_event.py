import dataclasses

import pytest

from domain.event import Phase
from examples import artifact, draft, event, later


@pytest.mark.parametrize(
    ("phase", "state", "stateful"),
    [
        (Phase.OUTCOME, artifact(), True),
        (Phase.OUTCOME, {}, True),
        (Phase.OUTCOME, None, False),
        (Phase.INTENT, artifact(), False),
        (Phase.INTENT, None, False),
    ],
)
def test_only_an_outcome_with_an_object_changes_state(
    phase: Phase, state: dict[str, object] | None, stateful: bool
) -> None:
    assert draft(phase=phase, state=state).stateful is stateful


def test_state_order_is_time_then_version() -> None:
    events = [event(1, later(5)), event(2, later(3)), event(10, later(5)), event(9, later(5))]
    assert [each.version for each in sorted(events, key=lambda each: each.order)] == [2, 1, 9, 10]


def test_an_event_is_never_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        event(1).version = 2  # type: ignore[misc]

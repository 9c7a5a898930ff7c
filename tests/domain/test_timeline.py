"""The specification itself, on histories that a person can check."""

from datetime import datetime

from domain import timeline
from domain.event import Event
from examples import artifact, event, later

NOW = later(60_000)

APPLY = event(1, later(0), action="Apply", state=artifact(version="1"))
APPLIED = event(2, later(10), state=artifact(version="1"))
SCANNED = event(3, later(20), action="Scanned")
TIE = event(4, later(20), state=artifact(version="2"))
DELETED = event(5, later(30), action="Deleted", state=artifact(version="2"))
REBORN = event(6, later(40), state=artifact(version="3"))
BACKDATED = event(7, later(15), recorded_at=later(50), state=artifact(version="1.5"))
ALL = [APPLY, APPLIED, SCANNED, TIE, DELETED, REBORN, BACKDATED]


def test_history_runs_from_new_to_old_by_time_then_version() -> None:
    assert timeline.history(ALL, NOW, NOW) == [REBORN, DELETED, TIE, SCANNED, BACKDATED, APPLIED, APPLY]


def test_history_does_not_depend_on_the_order_of_arrival() -> None:
    assert timeline.history(reversed(ALL), NOW, NOW) == timeline.history(ALL, NOW, NOW)


def test_an_event_is_visible_at_its_own_instant_and_not_before() -> None:
    assert timeline.as_of(ALL, later(10), NOW) == APPLIED
    assert timeline.as_of(ALL, later(9), NOW) is None


def test_intents_and_acts_leave_the_state_as_it_was() -> None:
    before_tie = [APPLY, APPLIED, SCANNED]
    assert timeline.as_of(before_tie, NOW, NOW) == APPLIED
    assert timeline.last_event(before_tie, NOW, NOW) == SCANNED


def test_of_one_millisecond_the_higher_version_wins() -> None:
    other = event(8, later(20), recorded_at=later(50), state=artifact(version="2b"))
    assert timeline.as_of([*ALL, other], later(20), NOW) == other


def test_from_a_delete_on_there_is_no_state_until_a_rebirth() -> None:
    assert timeline.as_of(ALL, later(29), NOW) == TIE
    assert timeline.as_of(ALL, later(30), NOW) is None
    assert timeline.as_of(ALL, later(39), NOW, include_deleted=True) == DELETED
    assert timeline.as_of(ALL, later(40), NOW) == REBORN


def test_current_is_the_state_now() -> None:
    assert timeline.current(ALL, NOW) == REBORN
    assert timeline.current(ALL, later(35)) is None
    assert timeline.current([], NOW) is None


def test_known_at_tells_what_was_believed_then() -> None:
    assert timeline.as_of(ALL, later(17), NOW) == BACKDATED
    assert timeline.as_of(ALL, later(17), later(49)) == APPLIED
    assert timeline.as_of(ALL, later(17), later(50)) == BACKDATED


def test_a_backdated_event_never_changes_current() -> None:
    assert timeline.current([*ALL[:-1]], NOW) == timeline.current(ALL, NOW)


def test_a_state_holds_until_the_next_one() -> None:
    def end(state: Event, known_at: datetime = NOW) -> datetime | None:
        return timeline.valid_to(ALL, state, NOW, known_at)

    assert end(APPLIED) == later(15)
    assert end(APPLIED, later(49)) == later(20)
    assert end(TIE) == later(30)
    assert end(DELETED) == later(40)
    assert end(REBORN) is None


def test_a_state_that_a_tie_replaced_held_for_no_time() -> None:
    first, second = event(1, later(0), state=artifact()), event(2, later(0), state=artifact())
    assert timeline.valid_to([first, second], first, NOW, NOW) == later(0)

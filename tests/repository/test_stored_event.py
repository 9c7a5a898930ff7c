import pytest

from domain.event import Event
from examples import T0
from repository.stored_event import StoredEvent

NARROW = StoredEvent({"_id": "e", "entity": "Artifact/09287/vpc", "version": 1, "timestamp": T0, "recordedAt": T0})


def test_what_was_not_fetched_of_a_header_is_an_error_and_never_null() -> None:
    assert (NARROW.id, NARROW.entity.name, NARROW.order) == ("e", "vpc", (T0, 1))
    with pytest.raises(KeyError, match="kind"):
        _ = NARROW.kind


def test_it_is_shown_with_another_state_and_stays_the_same_event() -> None:
    shown = NARROW.showing({"a": 1}, {"a": 0})
    assert (shown.state, shown.recorded, shown.written) == ({"a": 1}, {"a": 0}, {"a": 0})
    assert (shown.id, NARROW.state) == ("e", None)


def test_it_is_an_event_like_any_other() -> None:
    assert isinstance(NARROW, Event)
    assert hash(NARROW) == hash(NARROW.showing(None, None))

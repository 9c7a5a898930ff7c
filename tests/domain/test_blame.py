"""The quick blame agrees with the specification, and says of examples what a reader expects."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import timeline
from domain.blame import Blame
from domain.event import Event
from examples import event, later
from json_values import scalars

FAR = later(10**6)


def blamed(events: Sequence[Event], pointers: Sequence[str] = ("",)) -> dict[str, int]:
    """By JSON Pointer the version that the newest state's field is from."""
    *earlier, state = events
    blame = Blame(state, pointers)
    for each in [*(each for each in reversed(earlier) if each.stateful), None]:
        blame.read(each)
    assert blame.explained
    return {leaf.pointer: blame.origins[leaf.path].version for leaf in blame.leaves}


def history(*states: Any) -> list[Event]:
    """One event for each state; None is a delete, and a text an act without a state."""
    events: list[Event] = []
    for version, state in enumerate(states, start=1):
        if state is None:
            events.append(event(version, later(version), action="Deleted", state=events[-1].state))
        elif isinstance(state, str):
            events.append(event(version, later(version), action=state))
        else:
            events.append(event(version, later(version), state=state))
    return events


CONTAINERS = [{"name": "app", "image": "a:1"}, {"name": "proxy", "image": "p:1"}]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([{"a": 1}], {"/a": 1}),
        ([{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 2, "c": None}], {"/a": 1, "/b": 2, "/c": 3}),
        # A value that went and came back is from its return.
        ([{"a": 1}, {"a": 2}, {"a": 1}], {"/a": 3}),
        ([{"a": 1, "b": 1}, {"b": 1}, {"a": 1, "b": 1}], {"/a": 3, "/b": 1}),
        # A delete is an end; an act changes nothing.
        ([{"a": 1}, None, {"a": 1}, {"a": 1}], {"/a": 3}),
        ([{"a": 1}, "Scanned", {"a": 1}], {"/a": 1}),
        # What is in the object that a delete keeps was set before, unless the delete says otherwise.
        ([{"a": 1}, {"a": 1, "b": 2}, None], {"/a": 1, "/b": 2}),
        # An emptied object, a value that became an object, and true that was 1.
        ([{"a": {"b": 1}}, {"a": {}}, {"a": {}}], {"/a": 2}),
        ([{"a": 1}, {"a": {"b": 1}}], {"/a/b": 2}),
        ([{"a": 1, "b": 1}, {"a": True, "b": 1.0}], {"/a": 2, "/b": 1}),
        ([{}, {}], {"": 1}),
        # Elements keep their blame when others come and go.
        ([{"l": ["x", "y"]}, {"l": ["new", "x", "y"]}, {"l": ["new", "y"]}], {"/l/0": 2, "/l/1": 1}),
        (
            [
                {"c": CONTAINERS},
                {"c": [CONTAINERS[1], {"name": "app", "image": "a:2"}]},
                {"c": [{"name": "init", "image": "i:1"}, CONTAINERS[1], {"name": "app", "image": "a:2"}]},
            ],
            {"/c/0/image": 3, "/c/0/name": 3, "/c/1/image": 1, "/c/1/name": 1, "/c/2/image": 2, "/c/2/name": 1},
        ),
    ],
)
def test_a_field_is_from_the_event_since_which_it_has_its_value(states: list[Any], expected: dict[str, int]) -> None:
    events = history(*states)
    assert blamed(events) == expected
    told = timeline.blame(events, events[-1], FAR, FAR)
    assert {pointer: origin.version for pointer, origin in told.items()} == expected


@pytest.mark.parametrize(
    ("pointers", "expected"),
    [
        (["/a"], {"/a/b": 1, "/a/c/0": 2}),
        (["/a/c"], {"/a/c/0": 2}),
        (["/ab", "/a/b"], {"/a/b": 1, "/ab": 1}),
        (["/nothing", "/a/"], {}),
    ],
)
def test_fields_at_and_below_the_pointers_are_explained(pointers: list[str], expected: dict[str, int]) -> None:
    state = {"a": {"b": 1, "c": ["x"]}, "ab": 2}
    events = history({"a": {"b": 1, "c": ["y"]}, "ab": 2}, state)
    assert blamed(events, pointers) == expected


def test_what_is_not_explained_yet_is_known_up_to_the_earliest_state_that_was_read() -> None:
    events = history({"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 2})
    blame = Blame(events[-1])
    blame.read(events[2])
    assert (blame.explained, blame.reached.version, blame.origins) == (False, 3, {})
    blame.read(events[1])
    assert (blame.explained, blame.reached.version) == (False, 2)
    assert {path: origin.version for path, origin in blame.origins.items()} == {("b",): 3}


def some_states() -> st.SearchStrategy[Any]:
    """Few keys, names and values, so that histories keep, move, lose and regain them."""
    values: st.SearchStrategy[Any] = st.one_of(st.sampled_from([0, 1, True, None, "x", {}, []]), scalars())
    named = st.lists(st.sampled_from("abc"), unique=True, max_size=3).map(lambda names: [{"name": n} for n in names])
    below = st.recursive(
        st.one_of(values, named),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.sampled_from(["a", "b", "name", "0"]), inner, max_size=3),
            st.builds(lambda name, inner: {"name": name, "v": inner}, st.sampled_from("abc"), inner),
        ),
        max_leaves=8,
    )
    return st.dictionaries(st.sampled_from(["a", "b", "l"]), below, max_size=3)


@given(
    pool=st.lists(some_states(), min_size=1, max_size=4),
    picks=st.lists(st.integers(-2, 3), min_size=1, max_size=8),
    pointers=st.sampled_from([[""], ["/a"], ["/l/0", "/b"]]),
)
def test_the_quick_way_agrees_with_the_specification(pool: list[Any], picks: list[int], pointers: list[str]) -> None:
    acts = {-2: None, -1: "Scanned"}
    events = history(pool[0], *(acts.get(pick, pool[pick % len(pool)]) for pick in picks))
    while not events[-1].stateful:
        events.pop()
    told = timeline.blame(events, events[-1], FAR, FAR)
    expected = {
        pointer: origin.version
        for pointer, origin in told.items()
        if any(f"{pointer}/".startswith(f"{each}/") for each in pointers)
    }
    assert blamed(events, pointers) == expected

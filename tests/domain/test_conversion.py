"""An object of one version of a type is shown in another, and what goes there comes back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversion import Conversions
from domain.conversion_step import copied
from domain.domain_type import DomainType
from domain.errors import InvalidManifest
from domain.manifest import read
from manifests import manifest

Json = dict[str, Any]


class Upper:
    """A function as a built-in type may have one."""

    def forward(self, object_: Json) -> None:
        object_["spec"]["name"] = object_["spec"]["name"].upper()

    def backward(self, object_: Json) -> None:
        object_["spec"]["name"] = object_["spec"]["name"].lower()


upper = Upper()


def declared(*ways: list[Json] | None) -> DomainType:
    """A type with the versions v1, v2 … and these conversions between them."""
    made = manifest("Widget", versions={f"v{number}": {} for number in range(1, len(ways) + 2)})
    for version, way in zip(made["spec"]["versions"][1:], ways, strict=True):
        if way is not None:
            version["conversion"] = way
    return read(made)


def conversions(*ways: list[Json] | None) -> Conversions:
    return declared(*ways).conversions


def in_v1(spec: Any, **meta: Any) -> Json:
    return {"apiVersion": "v1", "kind": "Widget", "meta": {"name": "w", **meta}, "spec": spec}


def in_v2(spec: Any, **meta: Any) -> Json:
    return {**in_v1(spec, **meta), "apiVersion": "v2"}


STEPS: dict[str, tuple[Json, Any, Any]] = {
    "a key gets another name": ({"rename": "/spec/a", "to": "b"}, {"a": 1, "c": 2}, {"b": 1, "c": 2}),
    "a key within each element": (
        {"rename": "/spec/parts/*/kind", "to": "type"},
        {"parts": [{"kind": "x", "n": 1}, {"n": 2}, "odd"]},
        {"parts": [{"type": "x", "n": 1}, {"n": 2}, "odd"]},
    ),
    "a key within each value of a map": (
        {"rename": "/spec/by/*/a", "to": "b"},
        {"by": {"x/y": {"a": 1}, "z": {}}},
        {"by": {"x/y": {"b": 1}, "z": {}}},
    ),
    "a value moves down": ({"move": "/spec/size", "to": "/spec/disk/size"}, {"size": 1}, {"disk": {"size": 1}}),
    "a value moves into itself": ({"move": "/spec/size", "to": "/spec/size/gib"}, {"size": 1}, {"size": {"gib": 1}}),
    "a value moves up": ({"move": "/spec/disk/size", "to": "/spec/size"}, {"disk": {"size": 1}}, {"size": 1}),
    "a value moves beside others": (
        {"move": "/spec/a/b", "to": "/spec/c/b"},
        {"a": {"b": 1, "x": 1}, "c": {"y": 1}},
        {"a": {"x": 1}, "c": {"y": 1, "b": 1}},
    ),
    "a value is wrapped in a list": ({"wrap": "/spec/region"}, {"region": "eu"}, {"region": ["eu"]}),
    "a null is no value to wrap": ({"wrap": "/spec/region"}, {"region": None}, {"region": None}),
    "a new value has a default": ({"default": "/spec/tier", "value": [1]}, {"a": 1}, {"a": 1, "tier": [1]}),
    "a default in each element": (
        {"default": "/spec/parts/*/n", "value": 1},
        {"parts": [{"a": 1}]},
        {"parts": [{"a": 1, "n": 1}]},
    ),
    "a key with slash and tilde": ({"rename": "/spec/a~1b~0c", "to": "d/e"}, {"a/b~c": 1}, {"d/e": 1}),
    "what is not there": ({"rename": "/spec/a/b/c", "to": "d"}, {"a": {}}, {"a": {}}),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_leads_there_and_back(name: str) -> None:
    step, old, new = STEPS[name]
    ways = conversions([step])
    assert ways.convert(in_v1(old), "v2") == in_v2(new)
    assert ways.convert(in_v2(new), "v1") == in_v1(old)


def test_what_a_version_has_no_place_for_is_an_annotation_and_comes_back() -> None:
    ways = conversions([{"annotate": "/spec/legacy", "as": "acme.io/legacy"}, {"annotate": "/spec/parts/*/old"}])
    old = in_v1({"legacy": {"a": 10**30}, "parts": [{"old": "x", "n": 1}]}, annotations={"mine": "1"})
    new = ways.convert(old, "v2")
    notes = {"mine": "1", "acme.io/legacy": '{"a":1000000000000000000000000000000}', "dsel:/spec/parts/0/old": '"x"'}
    assert new == in_v2({"parts": [{"n": 1}]}, annotations=notes)
    assert ways.convert(new, "v1") == old


@pytest.mark.parametrize("regions", [[], ["eu", "us"], [["eu"]], [None]])
def test_a_list_that_is_no_single_value_is_remembered_in_an_annotation(regions: list[Any]) -> None:
    ways = conversions([{"wrap": "/spec/region"}])
    old = ways.convert(in_v2({"region": regions}), "v1")
    assert old is not None
    assert old["spec"] == ({"region": regions[0]} if regions else {})
    assert ways.convert(old, "v2") == in_v2({"region": regions})


def test_a_first_element_that_somebody_changed_counts_more_than_what_was_remembered() -> None:
    ways = conversions([{"wrap": "/spec/region"}])
    old = ways.convert(in_v2({"region": ["eu", "us"]}), "v1")
    assert old is not None
    old["spec"]["region"] = "ap"
    assert ways.convert(old, "v2") == in_v2({"region": ["ap"]})


def test_a_value_other_than_the_default_is_remembered_in_an_annotation() -> None:
    ways = conversions([{"default": "/spec/on", "value": 1}])
    assert ways.convert(in_v2({"on": True}), "v1") == in_v1({}, annotations={"dsel:/spec/on": "true"})
    assert ways.convert(in_v1({}, annotations={"dsel:/spec/on": "true"}), "v2") == in_v2({"on": True})


def test_the_memory_of_a_kubernetes_object_is_in_its_metadata() -> None:
    ways = conversions([{"annotate": "/spec/a"}])
    old = {"apiVersion": "v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"a": 1}}
    new = ways.convert(old, "v2")
    assert new is not None
    assert new["metadata"] == {"name": "w", "annotations": {"dsel:/spec/a": "1"}}
    assert "meta" not in new
    assert ways.convert(new, "v1") == old


def test_a_place_that_is_taken_is_left_alone() -> None:
    ways = conversions([{"rename": "/spec/a", "to": "b"}, {"move": "/spec/c", "to": "/spec/d/e"}])
    taken = {"a": 1, "b": 2, "c": 3, "d": "no object"}
    assert ways.convert(in_v1(taken), "v2") == in_v2(taken)


def test_versions_are_a_chain_and_an_undeclared_link_breaks_it() -> None:
    ways = conversions([{"rename": "/spec/a", "to": "b"}], [], None)
    assert ways.convert(in_v1({"a": 1}), "v3") == {**in_v1({"b": 1}), "apiVersion": "v3"}
    assert ways.convert({**in_v1({"b": 1}), "apiVersion": "v3"}, "v1") == in_v1({"a": 1})
    assert ways.convert(in_v1({"a": 1}), "v4") is None
    assert ways.convert(in_v1({"a": 1}), "v5") is None
    assert ways.convert({"apiVersion": "v0"}, "v1") is None
    assert ways.convert({}, "v1") is None


def test_what_is_converted_stays_as_it_was_and_what_needs_none_is_itself() -> None:
    ways = conversions([{"rename": "/spec/a", "to": "b"}])
    old = in_v1({"a": {"deep": [1]}})
    before = copied(old)
    assert ways.convert(old, "v2") == in_v2({"b": {"deep": [1]}})
    assert old == before
    assert ways.convert(old, "v1") is old


def test_a_function_of_the_code_converts_a_built_in_type() -> None:
    ways = conversions([{"function": f"{__name__}:upper"}])
    assert ways.convert(in_v1({"name": "a"}), "v2") == in_v2({"name": "A"})
    assert ways.convert(in_v2({"name": "A"}), "v1") == in_v1({"name": "a"})
    assert ways.sources([("spec", "name")]) is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("spec", "b"), {("spec", "a"), ("spec", "b"), ("spec", "z", "c")}),
        (("spec", "b", "deep"), {("spec", "a"), ("spec", "b"), ("spec", "z", "c")}),
        (("spec", "z"), {("spec", "a"), ("spec", "b"), ("spec", "z", "c")}),
        (("spec", "other"), set()),
        (("spec", "parts", "type"), {("spec", "parts")}),
        (("spec", "tier"), {("meta", "annotations"), ("metadata", "annotations")}),
        (("meta", "annotations"), {("spec", "tier"), ("metadata", "annotations")}),
        (("meta", "labels"), set()),
    ],
)
def test_the_places_that_a_value_may_come_from_are_known(wanted: tuple[str, ...], found: set[Any]) -> None:
    ways = conversions(
        [{"rename": "/spec/a", "to": "b"}, {"rename": "/spec/parts/*/kind", "to": "type"}],
        [{"move": "/spec/b", "to": "/spec/z/c"}, {"default": "/spec/tier", "value": 1}],
    )
    assert set(ways.sources([wanted]) or ()) == found | {wanted, ("apiVersion",)}


WRONG: dict[str, tuple[Json, str]] = {
    "no step": ({"turn": "/spec/a"}, "a step says one of"),
    "no pointer": ({"wrap": "spec.a"}, "pattern"),
    "the whole object": ({"wrap": ""}, "pattern"),
    "two lists": ({"move": "/spec/a/*/x", "to": "/spec/b/*/x"}, "do not lead through the same elements"),
    "one annotation for many": ({"annotate": "/spec/a/*/x", "as": "y"}, "leave out `as`"),
    "something more": ({"wrap": "/spec/a", "value": 1}, "not permitted"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_step_that_makes_no_sense_is_refused_with_its_path(name: str) -> None:
    step, problem = WRONG[name]
    with pytest.raises(InvalidManifest, match=problem) as refusal:
        declared([step])
    assert refusal.value.details["path"].startswith("/spec/versions/1/conversion/0")


def test_nothing_can_be_converted_into_the_first_version_and_no_version_is_declared_twice() -> None:
    first = manifest("Widget", a="string")
    first["spec"]["versions"][0]["conversion"] = []
    with pytest.raises(InvalidManifest, match="no version comes before v1"):
        read(first)
    twice = manifest("Widget", a="string")
    twice["spec"]["versions"] *= 2
    with pytest.raises(InvalidManifest, match="declared twice"):
        read(twice)


KEYS = st.sampled_from("abc")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=6,
)
PLACES = st.lists(KEYS, min_size=1, max_size=2).map(lambda keys: "/spec/" + "/".join(keys))
ANY_STEP = st.one_of(
    st.builds(lambda place: {"wrap": place}, PLACES),
    st.builds(lambda place: {"annotate": place}, PLACES),
    st.builds(lambda place, value: {"default": place, "value": value}, PLACES, VALUES),
    st.builds(lambda place, key: {"rename": place, "to": f"new-{key}"}, PLACES, KEYS),
)


@given(step=ANY_STEP, spec=st.dictionaries(KEYS, VALUES, max_size=3))
def test_any_object_comes_back_as_it_was_unless_the_step_added_what_was_already_there(step: Json, spec: Json) -> None:
    """Wrapping what is a list already, and a default for what is there, cannot be told apart on the way back."""
    ways = conversions([step])
    new = ways.convert(in_v1(spec), "v2")
    assert new is not None
    back = ways.convert(new, "v1")
    assert back is not None
    if "wrap" not in step and "default" not in step:
        assert back == in_v1(spec)
    assert ways.convert(back, "v2") == new

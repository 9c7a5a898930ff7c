"""Random conditions and orders, and entities whose states hold whatever may stand in a field."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from domain.conditions import All, At, Compare, Condition, Either, Exists, Not, OneOf, Operator, Path, Some
from domain.entity import Entity
from domain.event import Document
from domain.ordering import Ordering

SCALARS: list[Any] = [
    "",
    "a",
    "ab",
    "b$",
    "$a",
    "Zürich",
    "日本\U0001f600",
    "2.1",
    "10",
    True,
    False,
    0,
    -1,
    3,
    3.0,
    2.5,
    Decimal("2.50000000000000000001"),
    2**53 + 1,
    2**63 + 1,
    1e300,
]
VALUES: list[Any] = [*SCALARS, None, [], [3], ["a", None], {}, {"b": 3}, [{"b": 3}, {"b": "a"}, "b"], [[3]]]
KEYS = ("a", "b", "x.y", "$z", "")
PATHS: list[Path] = [
    ("state", "spec", "a"),
    ("state", "spec", "a", "b"),
    ("state", "spec", "x.y"),
    ("state", "spec", "x.y", "$z"),
    ("state", "spec", "$z"),
    ("state", "spec", "$z", ""),
    ("state", "spec", "missing", "b"),
    ("state", "spec"),
    ("meta", "labels", "team"),
    ("meta", "labels", "example.com/tier"),
    ("name",),
    ("appId",),
    ("at", "kind"),
    ("last", "actor", "id"),
]


def states() -> list[Document]:
    """Bodies of states: every value at every path."""
    specs: list[Document] = []
    for value in VALUES:
        specs += [
            {"a": value, "b": 1},
            {"a": {"b": value}},
            {"a": [{"b": value}]},
            {"x.y": value},
            {"x.y": {"$z": value}, "$z": value},
            {"$z": {"": value}},
        ]
    return [{"spec": spec, **_meta(index)} for index, spec in enumerate(specs)]


def _meta(index: int) -> Document:
    labels = [{"team": "a"}, {"team": "ab", "example.com/tier": "web"}, {"example.com/tier": "2.1"}, {}, None][
        index % 5
    ]
    return {"metadata" if index % 3 else "meta": {"name": f"n{index}", **({"labels": labels} if labels else {})}}


def entity(type_: str, app_id: str, index: int) -> Entity:
    return Entity(type_, app_id, f"ns/n{index}" if index % 2 else f"n{index}")


def orders() -> st.SearchStrategy[tuple[Ordering, ...]]:
    return st.lists(st.builds(Ordering, st.sampled_from(PATHS), st.booleans()), max_size=3).map(tuple)


def conditions() -> st.SearchStrategy[Condition]:
    """On the view of an entity."""
    located = st.builds(At, st.sampled_from(PATHS), _on_a_value())
    return st.recursive(located, _combined, max_leaves=4)


def _on_a_value() -> st.SearchStrategy[Condition]:
    scalars = st.sampled_from(SCALARS)
    texts = st.sampled_from([each for each in SCALARS if isinstance(each, str)])
    ordered = [Operator.GT, Operator.GTE, Operator.LT, Operator.LTE]
    leaves = st.one_of(
        st.builds(OneOf, st.lists(scalars, max_size=3).map(tuple)),
        st.builds(Compare, st.sampled_from(ordered), scalars),
        st.builds(Compare, st.sampled_from([each for each in Operator if each not in ordered]), texts),
        st.just(Exists()),
    )
    return st.recursive(leaves, _within, max_leaves=3)


def _within(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.one_of(
        st.builds(Some, inner), st.builds(At, st.sampled_from([("b",), ("$z",), ("",)]), inner), _combined(inner)
    )


def _combined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(st.builds(All, several), st.builds(Either, several), st.builds(Not, inner))

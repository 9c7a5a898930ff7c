"""Strategies for whatever JSON a domain object may consist of."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from domain.values import MOST_DIGITS, is_wide

AWKWARD_KEYS = (
    "$ref $id $db $set $ $$ $numberDecimal $date $oid a.b . .. a. .a $a.b _id state spec meta name \uff04 \uff04\uff04"
    " \uff04ref $\uff04 \uff04$ $\uff04x \uff04\uff04x $$x 0 1 -1 constructor __proto__ encoded"
).split()


def texts() -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def keys() -> st.SearchStrategy[str]:
    mark = st.sampled_from(["$", "\uff04", ".", "", " ", "a", "\u202e", "é", "e\u0301", "😀"])
    return st.one_of(st.sampled_from(["", *AWKWARD_KEYS]), st.lists(mark, max_size=4).map("".join), texts())


def integers() -> st.SearchStrategy[int]:
    widest = 10**MOST_DIGITS - 1
    edges = [sign * (2**bits + step) for bits in (31, 32, 53, 63, 64) for step in (-1, 0, 1) for sign in (1, -1)]
    return st.one_of(st.integers(-5, 5), st.sampled_from([*edges, widest, -widest]), st.integers(-widest, widest))


def decimals() -> st.SearchStrategy[Decimal]:
    """Up to 34 digits and any exponent that can be kept."""
    return st.builds(
        lambda sign, digits, exponent: Decimal((sign, tuple(map(int, str(digits))), exponent)),
        st.integers(0, 1),
        st.one_of(st.integers(0, 99), st.integers(0, 10**MOST_DIGITS - 1)),
        st.one_of(st.integers(-30, 0), st.integers(-6176, 6111)),
    )


def scalars() -> st.SearchStrategy[Any]:
    floats = st.floats(allow_nan=False, allow_infinity=False)
    return st.one_of(st.none(), st.booleans(), integers(), floats, decimals(), texts())


def values() -> st.SearchStrategy[Any]:
    return st.recursive(
        scalars(),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys(), inner, max_size=4)),
        max_leaves=12,
    )


def objects() -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(keys(), values(), max_size=5)


def exact(value: Any) -> Any:
    """A form that is equal only for the same JSON: 1 is not true, 1.0 is not 1, -0.0 is not 0.0, digits count."""
    match value:
        case dict():
            return {key: exact(item) for key, item in value.items()}
        case list():
            return [exact(item) for item in value]
        case Decimal():
            return "number", str(value)
        case bool() | None | str():
            return value, type(value)
        case int():
            # One that BSON cannot hold may come back as a Decimal, one of more than 32 bits as BSON's own int.
            return ("number", str(Decimal(value))) if is_wide(value) else ("int", int(value))
        case _:
            return type(value), repr(value)

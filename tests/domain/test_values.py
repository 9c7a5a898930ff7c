from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given

from domain import values
from domain.errors import InvalidDocument
from json_values import objects


def nested(levels: int) -> Any:
    value: Any = "deep"
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


@given(objects())
def test_json_is_accepted_whatever_its_keys_are(document: dict[str, Any]) -> None:
    values.check(document)


@pytest.mark.parametrize(
    ("value", "path", "problem"),
    [
        ({"a": {"b": ["x", "y\0"]}}, "/a/b/1", "NUL"),
        ({"a": {"k\0": 1}}, "/a/k\\0", "NUL"),
        ({"a": "\ud83d"}, "/a", "half a surrogate pair at character 0"),
        ({"\udc00": 1}, "/?", "half a surrogate pair"),
        ({"a/b": {"c~d": float("nan")}}, "/a~1b/c~0d", "nan is no JSON number"),
        ([float("inf")], "/0", "inf is no JSON number"),
        ([Decimal("NaN")], "/0", "is no JSON number"),
        ([Decimal("sNaN")], "/0", "is no JSON number"),
        ([Decimal("-Infinity")], "/0", "is no JSON number"),
        ([10**34], "/0", "more than 34 digits"),
        ([-(10**34)], "/0", "more than 34 digits"),
        ([10**100_000], "/0", "more than 34 digits"),
        ([Decimal("1." + "1" * 34)], "/0", "beyond 34 digits"),
        ([Decimal("1E+6112")], "/0", "exponents of"),
        ([Decimal("1E-6177")], "/0", "exponents of"),
        ({"a": {1: "x"}}, "/a", "the key 1 is no text"),
        ({"a": (1, 2)}, "/a", "tuple is no JSON type"),
        ({"a": b"x"}, "/a", "bytes is no JSON type"),
    ],
)
def test_what_cannot_be_kept_exactly_is_refused_at_its_place(value: Any, path: str, problem: str) -> None:
    with pytest.raises(InvalidDocument, match=problem) as refusal:
        values.check(value)
    assert refusal.value.details["path"] == path
    assert str(refusal.value).startswith(path)


@pytest.mark.parametrize(
    "value", [10**34 - 1, -(10**34) + 1, Decimal("9" * 34), Decimal("9E+6111"), Decimal("-1E-6176"), -0.0, 5e-324]
)
def test_numbers_are_kept_up_to_34_digits(value: Any) -> None:
    values.check(value)


def test_nesting_is_bounded() -> None:
    values.check(nested(values.DEEPEST))
    with pytest.raises(InvalidDocument, match="nested deeper than 80 levels"):
        values.check(nested(values.DEEPEST + 1))


def test_integers_beyond_64_bits_are_wide() -> None:
    assert [values.is_wide(each) for each in (2**63 - 1, 2**63, -(2**63), -(2**63) - 1)] == [False, True, False, True]


def test_every_digit_of_a_number_is_written() -> None:
    digits = '{"a":[1.10000000000000000001,12345678901234567890123,9007199254740993,true,0.5]}'
    value = {"a": [Decimal("1.10000000000000000001"), 12345678901234567890123, 9007199254740993, True, 0.5]}
    assert orjson.dumps(values.exact(value)).decode() == digits


def test_of_very_many_names_a_message_tells_those_that_are_like_the_one_sought() -> None:
    assert values.told(["Pear", "Apple"], "appel") == "Apple, Pear"
    assert values.told([], "x") == "none"
    many = ["Deployment", "Deploymint", *(f"Q{number}" for number in range(1_500))]
    assert values.told(many, "deployments") == "Deployment, Deploymint and 1,500 more"
    assert values.told(many, "~").endswith(" and 1,497 more")

"""What is written as YAML is read as the same, by Kubernetes' rules."""

from collections.abc import Iterator
from decimal import Decimal
from math import isfinite
from typing import Any

import pytest
from hypothesis import assume, given

from cli import yaml_text
from cli.git_history.documents import documents
from json_values import objects

TRICKY = ["y", "1e3", "0644", "0x1F", "1_000", ".inf", "~", "", " x ", "a: b", "x\n", "x\n\n", "\tx", "- a", "#", "<<"]
TRICKY += ["2025-01-15", "1:30", "é", "\u2028", "\x85", "null", "true", "=", "? x", "1.", "+1", "a\tb\nc"]


@pytest.mark.parametrize("text", TRICKY)
def test_a_text_stays_a_text_as_a_value_and_as_a_key(text: str) -> None:
    assert read({"a": text, "b": [text]}) == {"a": text, "b": [text]}
    assert read({text: 1}) == {text: 1}


@pytest.mark.parametrize("text", ["1.10000000000000000001", "1E+300", "-1.5E-300", "12345678901234567890.5"])
def test_a_number_keeps_every_digit(text: str) -> None:
    assert readable(read({"a": Decimal(text)})) == {"a": Decimal(text)}
    assert read({"a": 10**30 + 1}) == {"a": 10**30 + 1}


@given(objects())
def test_any_object_comes_back(value: Any) -> None:
    doubles = [(number, float(number)) for number in numbers(value)]
    assume(all(isfinite(double) for _, double in doubles))  # any other is a text for Kubernetes
    assume(all(bool(double) == bool(number) for number, double in doubles))  # and what is too small is its zero
    assert readable(read(value)) == readable(value)


def test_keys_are_in_order_and_lines_are_never_broken() -> None:
    text = yaml_text.dumps({"b": "word " * 100 + "end", "a": [{"d": 1, "c": {}}], "e": "two\nlines\n"})
    assert text == f"a:\n- c: {{}}\n  d: 1\nb: {'word ' * 100}end\ne: |\n  two\n  lines\n"


def readable(value: Any) -> Any:
    """A form that is equal for equal numbers."""
    match value:
        case dict():
            return {key: readable(item) for key, item in value.items()}
        case list():
            return [readable(item) for item in value]
        case int() | float() | Decimal() if not isinstance(value, bool):
            return Decimal(repr(value) if isinstance(value, float) else value)
        case _:
            return value


def numbers(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            yield from (number for each in value.values() for number in numbers(each))
        case list():
            yield from (number for each in value for number in numbers(each))
        case int() | float() | Decimal():
            yield value


def read(value: Any) -> Any:
    [found] = documents(yaml_text.dumps(value).encode())
    assert not isinstance(found, Exception), found
    return found

import json
import string
from datetime import UTC, datetime
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.json_text import MAX_DEPTH, JsonError, dumps, loads


def exactly(text: str) -> Any:
    """What a JSON text means, with every number as a Decimal."""
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


def with_decimals(value: Any) -> Any:
    """A parsed value with every number as the Decimal that it prints."""
    if isinstance(value, dict):
        return {key: with_decimals(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_decimals(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value))
    return value


def number_texts() -> st.SearchStrategy[str]:
    digits = st.text(string.digits, min_size=1, max_size=40)
    sign = st.sampled_from(["", "-"])
    whole = st.one_of(digits.map(lambda text: text.lstrip("0") or "0"), st.integers(2**53 - 3, 2**66).map(str))
    fraction = st.one_of(st.just(""), digits.map(".{}".format))
    exponent = st.one_of(
        st.just(""),
        st.builds("{}{}{}".format, st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), st.integers(0, 400)),
    )
    return st.builds("{}{}{}{}".format, sign, whole, fraction, exponent)


def texts() -> st.SearchStrategy[str]:
    """JSON texts of random shape, with white space, escapes and brackets in strings."""
    characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    plain = st.text(st.one_of(characters, st.sampled_from('[]{}"\\,:e+-.0123456789')))
    strings = st.builds(lambda text, ascii_only: json.dumps(text, ensure_ascii=ascii_only), plain, st.booleans())
    leaves = st.one_of(number_texts(), strings, st.sampled_from(["true", "false", "null"]))
    space = st.sampled_from(["", " ", "\n\t", "\r\n "])

    def arrays(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.builds(
            lambda items, gap: f"[{gap}{f'{gap},{gap}'.join(items)}{gap}]", st.lists(children, max_size=5), space
        )

    def objects(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pairs = st.lists(st.tuples(strings, children), max_size=5)
        return st.builds(
            lambda items, gap: (
                "{" + f"{gap},{gap}".join(f"{key}{gap}:{gap}{value}" for key, value in items) + gap + "}"
            ),
            pairs,
            space,
        )

    return st.recursive(leaves, lambda children: arrays(children) | objects(children), max_leaves=30)


@given(texts())
@example("18446744073709551616")
@example("-9223372036854775809")
@example("0.1234567890123456789")
@example("9007199254740993")
@example("[1e400, -1E-400, 4.9e-324, 2.2250738585072011e-308]")
@example('{"1e999": "12345678901234567890", "": "\\\\\\""}')
def test_what_is_read_means_what_was_written(text: str) -> None:
    assert with_decimals(loads(text)) == exactly(text)
    assert loads(text.encode()) == loads(text)


@given(texts())
def test_what_is_written_again_means_the_same(text: str) -> None:
    assert exactly(dumps(loads(text)).decode()) == exactly(text)


@given(number_texts())
def test_a_number_is_a_float_only_where_the_float_prints_the_same_number(text: str) -> None:
    value = loads(text)
    assert type(value) in (int, float, Decimal)
    if isinstance(value, Decimal):
        as_float = float(text)
        assert abs(as_float) == inf or Decimal(repr(as_float)) != Decimal(text)


@given(st.lists(st.sampled_from("[{"), min_size=1, max_size=MAX_DEPTH + 60))
def test_up_to_200_levels_are_taken_and_more_are_refused(openers: list[str]) -> None:
    text = "".join('{"]}":' if opener == "{" else "[" for opener in openers) + '"[[[{{{\\"[["'
    text += "".join("}" if opener == "{" else "]" for opener in reversed(openers))
    if len(openers) > MAX_DEPTH:
        with pytest.raises(JsonError, match="deeper than 200 levels"):
            loads(text)
    else:
        assert loads(text) == json.loads(text)


def test_brackets_in_strings_and_side_by_side_are_no_depth() -> None:
    assert loads("[" + ",".join(["[]"] * 500) + "]") == [[]] * 500
    assert loads(json.dumps(["[" * 500, '"[' * 500, "\\[" * 500, {"{" * 300: "]"}])) == [
        "[" * 500,
        '"[' * 500,
        "\\[" * 500,
        {"{" * 300: "]"},
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "malformed JSON: .* at byte 0"),
        (b'{"a": 1', "malformed JSON: .* at byte 7"),
        (b'["\xc3\xa9", x]', "malformed JSON: .* at byte 7"),
        (b'["\xc3\xa9", 12345678901234567890, x]', "malformed JSON: .* at byte 29"),
        (b"[1] 2", "malformed JSON"),
        (b"01", "malformed JSON"),
        (b"00000000000000000000001", "malformed JSON"),
        (b"NaN", "malformed JSON"),
        (b"[12345678901234567890, -Infinity]", "-Infinity is no JSON number at byte 23"),
        (b'"ab\xff"', "invalid UTF-8 at byte 3"),
        (b'["\xff", 12345678901234567890]', "invalid UTF-8 at byte 2"),
        (b'"\xed\xa0\x80"', "invalid UTF-8 at byte 1"),
        (b'"a\x00"', "malformed JSON"),
        (b'"\\\\\\u0000"', r"a NUL character \(\\u0000\), which cannot be stored, at byte 3"),
        (b'{"a\\u0000b": 12345678901234567890}', "NUL character .* at byte 3"),
        (b'"\\ud800"', "half of a surrogate pair, .* at byte 1"),
        (b'"\\ud83d\\ude00\\udE00"', "half of a surrogate pair, .* at byte 13"),
        (b'["\\ud800\\u0041", 12345678901234567890]', "half of a surrogate pair, .* at byte 2"),
        ('"\ud800"', "half of a surrogate pair, .* at byte 1"),
        (b"[" * 20_000, "deeper than 200 levels"),
        (b'{"a":' * 20_000, "deeper than 200 levels"),
        (b"[ " + b"9" * 4301 + b"]", "more than 4300 digits at byte 2"),
        (b"[ 0." + b"9" * 4300 + b"]", "more than 4300 digits at byte 2"),
        (b"[1, 1e10000]", "exponent beyond ±9999 at byte 4"),
        (b"1e-99999999999999999999", "exponent beyond ±9999 at byte 0"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_place(data: bytes | str, message: str) -> None:
    with pytest.raises(JsonError, match=message):
        loads(data)


@given(
    st.lists(st.sampled_from(["\\\\", "\\", "u", "0000", "u0000", "ud83d", "uDE00", "\\uD83d", "\\ude00", "n", "x"]))
)
def test_a_text_is_taken_only_where_every_escape_stands_for_a_character(parts: list[str]) -> None:
    text = '"' + "".join(parts) + '"'
    try:
        expected = json.loads(text)
        is_good = "\0" not in expected and expected.encode() is not None
    except ValueError:  # no JSON, or half of a surrogate pair
        is_good = False
    if is_good:
        assert loads(text) == expected
    else:
        with pytest.raises(JsonError):
            loads(text)


def test_an_escaped_backslash_before_u0000_is_plain_text() -> None:
    assert loads(b'"\\\\u0000 \\\\ud800"') == "\\u0000 \\ud800"


def test_nan_and_infinity_are_never_written() -> None:
    assert dumps([nan, inf, 2**70]) == b"[null,null,1180591620717411303424]"
    with pytest.raises(TypeError, match="Decimal"):
        dumps(Decimal("NaN"))


def test_tuples_and_booleans_beside_big_integers_stay_what_they_are() -> None:
    assert dumps({"a": (2**64, True, None, Decimal("1.10"))}) == b'{"a":[18446744073709551616,true,null,1.10]}'


def test_what_is_no_json_value_is_refused() -> None:
    for value in (datetime(2025, 1, 1, tzinfo=UTC), object(), {1: 2}, "\ud800"):
        with pytest.raises(TypeError):
            dumps(value)


def test_sixteen_digits_with_an_exponent_keep_the_last_one() -> None:
    assert Decimal(str(loads(b"9007199254740989e2"))) == 900719925474098900

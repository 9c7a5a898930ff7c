"""Formats of texts answer in rules as in Kubernetes."""

import pytest

from domain import expression
from domain.expression import ExpressionError, Scope


def value(source: str, self: object = None) -> object:
    return expression.condition(source).evaluate(Scope(self, []))


@pytest.mark.parametrize(
    ("name", "texts", "others"),
    [
        ("dns1123Label", ["a", "0-a", "a" * 63], ["", "A", "-a", "a-", "a.b", "a" * 64, "a\n"]),
        ("dns1123LabelPrefix", ["a", "a-"], ["-a", "a.b"]),
        ("dns1123Subdomain", ["a", "a.b-c.0"], ["", "a..b", "a.-b", "a" * 254]),
        ("dns1123SubdomainPrefix", ["a.b-"], ["a..b"]),
        ("dns1035Label", ["a0"], ["0a"]),
        ("dns1035LabelPrefix", ["a0-"], ["0a-"]),
        ("qualifiedName", ["A.b_c", "acme.io/A"], ["", "acme.io/", "/a", "Acme.io/a", "a/b/c"]),
        ("labelValue", ["", "A.b_c"], ["-a", "a/b"]),
        ("uri", ["https://acme.io/a", "/a"], ["", "a b", "a"]),
        ("uuid", ["0190e0c2-7d1f-7000-8000-0123456789AB"], ["", "0190e0c2", "0190e0c2-7d1f-7000-8000-0123456789ag"]),
        ("byte", ["", "YQ=="], ["YQ", "?"]),
        ("date", ["2024-02-29"], ["", "2023-02-29", "20240229", "2024-W01-1"]),
        (
            "datetime",
            ["2024-02-29T10:00:00Z", "2024-02-29T10:00:00.123456789+01:00"],
            ["2024-02-29", "2024-02-29T25:00Z"],
        ),
    ],
)
def test_a_text_has_a_format_or_not(name: str, texts: list[str], others: list[str]) -> None:
    for text in texts:
        assert value(f"!format.{name}().validate(self).hasValue()", text) is True, text
    for text in others:
        assert value(f"!format.{name}().validate(self).hasValue()", text) is False, text


def test_problems_are_compared_with_null_and_asked_for_no_default() -> None:
    """Gateway API compares; with Kubernetes an optional equals no null either."""
    assert value("size(self) == 0 || format.dns1123Label().validate(self) == null", "") is True
    assert value("format.dns1123Label().validate(self) == null", "a") is False
    with pytest.raises(ExpressionError, match="ask hasValue and value"):
        value("format.dns1123Label().validate(self).orValue([]).size() == 0", "a")


def test_problems_name_the_text_and_the_format() -> None:
    assert value("format.uuid().validate(self).value() == [\"'x' is no uuid\"]", "x") is True
    assert value("format.uuid().validate(self).optMap(found, size(found)).orValue(0) == 1", "x") is True


def test_a_format_is_known_by_name() -> None:
    assert value("format.named('uuid').value().validate('x').hasValue() && !format.named('colour').hasValue()") is True
    with pytest.raises(ExpressionError, match="there is no value"):
        value("format.named('colour').value() == ''")


def test_optional_values_stay_what_they_are() -> None:
    assert value("self.?a.hasValue() && self.?a.value() == 1 && !self.?b.hasValue()", {"a": 1}) is True

import jsonschema_rs
import pytest

from domain.go_patterns import translated


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (r"^[\w-.]+$", "a-.", "!"),
        (r"^[\d-z]$", "-", "y"),
        (r"^[a-z\-.]+$", "a-", "_"),
        (r"^[a-]$", "-", "b"),
        (r"^[[:alpha:]_]+$", "ab_", "1"),
        (r"^[^[:space:]]+$", "a", " "),
        (r"^\Qa.b\E$", "a.b", "axb"),
        (r"^a{,3}$", "a{,3}", "aa"),
        (r"^a{2}$", "aa", "a"),
        (r"^[a{2}]$", "{", "b"),
        (r"^[]a]+$", "]a", "b"),
        (r"^[^]]$", "a", "]"),
        (r"^[[]$", "[", "a"),
        (r"^[[-a]-{$", "[-{", "b-{"),
        (r"^a\z", "a", "ab"),
        (r"\Aa", "a", "ba"),
        (r"^\pL+$", "é", "1"),
        (r"^\x{41}$", "A", "B"),
        (r"(?i)^abc$", "ABC", "x"),
        (r"^(?i:abc)$", "ABC", "abd"),
        (r"(?s)^a.b$", "a\nb", "ab"),
        (r"^(?P<name>a)$", "a", "b"),
        (r"^a/b$", "a/b", "ab"),
        (r"^[[:^alpha:]]$", "1", "a"),
        (r"^[a[:^ascii:]]+$", "aé€", "b"),
        (r"^[^[:^digit:]]$", "1", "é"),
        (r"^\<\&\_\'\>$", "<&_'>", "x"),
        (r"^[\<\&\]]+$", "<&]", "x"),
        (r"^\101\07\a\0$", "A\a\a\0", "101"),
    ],
)
def test_a_pattern_means_what_it_means_in_go(pattern: str, matching: str, other: str) -> None:
    validator = jsonschema_rs.Draft202012Validator({"pattern": translated(pattern)})
    assert validator.is_valid(matching)
    assert not validator.is_valid(other)


@pytest.mark.parametrize("pattern", ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", r"^\d{1,3}(\.\d+)?$", "", "("])
def test_a_pattern_that_means_the_same_stays_as_it_is(pattern: str) -> None:
    assert translated(pattern) == pattern

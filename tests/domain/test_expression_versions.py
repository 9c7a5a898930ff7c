"""Semantic versions are read and compared in rules as in Kubernetes."""

from itertools import pairwise

import pytest

from domain import expression
from domain.expression import ExpressionError, Scope

RISING = (
    "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.10 1.2.0 10.0.0".split()
)


def value(source: str, self: object = None) -> object:
    return expression.condition(source).evaluate(Scope(self, []))


def test_versions_rise_as_semver_says() -> None:
    for lower, higher in pairwise(RISING):
        assert value("semver(self[0]).isLessThan(semver(self[1]))", [lower, higher]) is True, (lower, higher)
        assert value("semver(self[1]).isGreaterThan(semver(self[0]))", [lower, higher]) is True, (lower, higher)
        assert value("semver(self[0]).compareTo(semver(self[1])) == -1", [lower, higher]) is True, (lower, higher)


@pytest.mark.parametrize(
    "source",
    [
        "semver('1.2.3-rc.1').major() == 1 && semver('1.2.3').minor() == 2 && semver('1.2.3').patch() == 3",
        "semver('1.0.0+a') == semver('1.0.0+b') && semver('1.0.0').compareTo(semver('1.0.0+b')) == 0",
        "!isSemver('v1.2.3') && !isSemver('1.2') && !isSemver('01.2.3') && !isSemver('1.2.3-01') && !isSemver('')",
        "isSemver('v1.2', true) && semver('v01.02', true) == semver('1.2.0') && !isSemver('1.2-rc', true)",
        "isSemver('v1.2.3-rc.1', true) && !isSemver('v1.2.3', false) && semver('1', true).major() == 1",
    ],
)
def test_what_is_a_version(source: str) -> None:
    assert value(source) is True


def test_what_is_no_version_is_named() -> None:
    with pytest.raises(ExpressionError, match=r"'1\.2' is no version such as"):
        value("semver(self).major() == 1", "1.2")

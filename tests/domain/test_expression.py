"""Expressions are checked when they are read and bounded when they run."""

from typing import Any

import pytest

from domain import expression
from domain.expression import Expression, ExpressionError, Scope

OBJECT = {
    "text": "héllo",
    "number": 5,
    "ratio": 2.5,
    "large": 2**53 + 1,
    "list": [1, 2, 3],
    "map": {"a": 1, "b": 2},
    "none": None,
    "at": "2025-01-01T00:00:00Z",
    "items": [{"k": "a", "v": 1}, {"k": "b", "v": 2}],
}
LOOPS = "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))"


def value(source: str, self: Any = OBJECT, old: list[Any] | None = None, *, optional_old: bool = False) -> Any:
    return expression.condition(source, optional_old=optional_old).evaluate(Scope(self, old or []))


@pytest.mark.parametrize(
    "source",
    [
        "self.number == 5 && self.number == 5.0 && self.ratio > 2 && self.number > 4.9",
        "self.large == 9007199254740993 && self.large != 9007199254740992",
        "has(self.none) && self.none == null && !has(self.missing) && has(self.map.a)",
        "'a' in self.map && 2 in self.list && !(self.number in [1, 2])",
        "self.list.all(x, x > 0) && self.list.exists(x, x == 1 || 1 / 0 > 1) && self.list.exists_one(x, x > 2)",
        "self.list.all(at, x, at < x) && {'a': 1}.exists(key, x, key == 'a') && {'a': 1}.transformList(k, x, x) == [1]",
        "self.list.map(x, x * 2) == [2, 4, 6] && self.list.filter(x, x > 1) == [2, 3]",
        "self.map.all(k, self.map[k] > 0) && self.items.map(i, i.k) == ['a', 'b']",
        "size(self.text) == 5 && self.text.startsWith('hé') && self.text.endsWith('lo') && self.text.contains('ll')",
        "self.text.matches('^h.llo$') && self.text.find('l+') == 'll' && 'a1b2'.findAll('[a-z](.)') == ['a1', 'b2']",
        "(true ? 1 : 1 / 0) == 1 && (true || 1 / 0 > 0) && !(false && 1 / 0 > 0)",
        "7 / 2 == 3 && -7 % 2 == -1 && 1u + 2u == 3u && 'a' + 'b' == 'ab' && [1] + [2] == [1, 2]",
        "timestamp(self.at) + duration('1h') == timestamp('2025-01-01T01:00:00Z')",
        "timestamp(self.at).getFullYear() == 2025 && duration('1h30m').getMinutes() == 90",
        "self.?missing.orValue(3) == 3 && self.?map.?a.orValue(0) == 1 && !self.?map.?z.hasValue()",
        "'A-b'.lowerAscii().split('-') == ['a', 'b'] && ['a', 'b'].join('-') == 'a-b' && 'abc'.substring(1, 2) == 'b'",
        "sets.contains(self.list, [2]) && cel.bind(n, self.number, n * n) == 25",
        "self.map == {'b': 2, 'a': 1} && type(self.number) == int",
    ],
)
def test_what_rules_of_kubernetes_use_means_what_it_means_there(source: str) -> None:
    assert value(source) is True


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("self.missing == 1", 'Key not found in map : "missing"'),
        ("9223372036854775807 + self.number > 0", "overflow"),
        ("self.number / 0 == 1", "divide by zero"),
        ("self.text + self.number == ''", "No matching overloads"),
        ("self.list[9] == 1", "Index error"),
        ("int(self.text) == 1", "cannot convert"),
        ("self.text.matches(self.text + '(')", "missing \\)"),
        ("self.number", "it gives INT, not BOOL"),
        ("self.none", "it gives NULL, not BOOL"),
        ("self.list.sum() == 'x' || self.items.sum() == 1", "unsupported operand"),
    ],
)
def test_what_cannot_be_evaluated_is_an_error_that_says_why(source: str, problem: str) -> None:
    with pytest.raises(ExpressionError, match=problem):
        value(source)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", "Syntax error"),
        ("self.", "Syntax error"),
        ("self =", "Syntax error.* \\(line 1, column 6\\)"),
        ("self.x &&\n  nothing > 1", "undeclared reference to 'nothing' \\(line 2, column 3\\)"),
        ("unknown(self)", "undeclared reference to 'unknown'"),
        ("self.all(x)", "undeclared reference"),
        ("has(self)", "has\\(\\)"),
        ("'a' + 1 == 'a'", "no matching overload"),
        ("1 + 1", "it gives INT, not BOOL"),
        ("self.matches('(')", "missing \\)"),
        ("self.find('[') == ''", "missing \\]"),
        ("self == '" + "x" * 5_000 + "'", "longer than 5,000"),
        ("(" * 40 + "true" + ")" * 40, "recursion"),
        (f"[self]{'.map(a, a + a)' * 24}[0].size() > 0", "too long texts or lists"),
        (f"'a'{''.join(['.replace(self, self)'] * 4)} == ''", "too long texts or lists"),
        ("self.all(a, self.all(b, self.all(c, self.all(d, self.all(e, true)))))", "too many loops"),
    ],
)
def test_what_is_no_condition_or_could_never_be_safe_is_refused_when_it_is_read(source: str, problem: str) -> None:
    with pytest.raises(ExpressionError, match=problem):
        expression.condition(source)


def test_loops_end_after_ten_thousand_steps() -> None:
    """The same on every run, and long before it is a matter of time."""
    with pytest.raises(ExpressionError, match="more than 10,000 steps"):
        value(LOOPS, list(range(30)))
    assert value(LOOPS, list(range(20))) is True


@pytest.mark.parametrize(
    ("source", "cheap"),
    [
        ("self.number > 1", True),
        ("self.items.all(i, i.k != '')", True),
        ("self.items.all(a, self.items.exists_one(b, a.k == b.k))", True),
        ("self.items.filter(i, i.k == 'a').size() <= 1", False),
        ("self.items.all(i, self == oldSelf)", False),
        ("self.items.map(i, i.k + self.text).size() > 1", False),
    ],
)
def test_an_expression_knows_how_much_it_can_safely_be_run_on(source: str, cheap: bool) -> None:
    """Kubernetes' own rules are of the first kind; the others compare or copy the whole in every step."""
    condition = expression.condition(source)
    assert condition.affords(Scope(OBJECT, [OBJECT]).extent)
    assert condition.affords(Scope({"items": [{"k": "x" * 100}] * 500}, []).extent)
    assert condition.affords(Scope([["x" * 1000] * 1000] * 15, []).extent) is cheap


@pytest.mark.parametrize(
    "source",
    [
        "self.text.split('/').filter(s, s == '.' || s == '..').size() == 0",
        "self.text.split('/')[0].split('.')[0].split(':')[0] != 'localhost'",
    ],
)
def test_a_text_may_be_split_as_openshift_does(source: str) -> None:
    """A part of a text is no longer than the text."""
    assert value(source, {"text": "a.b/c"}) is True


def test_an_optional_old_self_is_empty_on_a_create() -> None:
    source = "!oldSelf.hasValue() || oldSelf.value() == self // the comment stays one"
    assert value(source, 1, [], optional_old=True) is True
    assert value(source, 1, [1], optional_old=True) is True
    assert value(source, 1, [2], optional_old=True) is False


@pytest.mark.parametrize(
    ("source", "compares"),
    [
        ("self == oldSelf", True),
        ("self.all(x, x in oldSelf)", True),
        ("self == 'oldSelf'", False),
        ("has(self.oldSelf)", False),
    ],
)
def test_an_expression_tells_whether_it_looks_at_the_current_state(source: str, compares: bool) -> None:
    assert expression.condition(source).compares is compares


def test_an_expression_is_compiled_once() -> None:
    first: Expression = expression.condition("self.number > 3")
    assert expression.condition("self.number > 3") is first


def test_a_text_is_asked_for_as_a_text() -> None:
    assert expression.text("'it is ' + self.text").evaluate(Scope(OBJECT, [])) == "it is héllo"
    with pytest.raises(ExpressionError, match="it gives BOOL, not STRING"):
        expression.text("self.text == ''")

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidSelector
from domain.labels import Operator, Requirement, parse

PLATFORM = {"team": "platform", "tier": "web", "example.com/owner": "a", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ("", True),
        ("team", True),
        ("!team", False),
        ("team=platform", True),
        ("team==platform", True),
        ("team = platform", True),
        ("team=Platform", False),
        ("team!=platform", False),
        ("team!=other", True),
        ("absent!=other", True),
        ("absent=other", False),
        ("!absent", True),
        ("absent", False),
        ("tier in (web, api)", True),
        ("tier in (api)", False),
        ("tier notin (web, api)", False),
        ("tier notin (api)", True),
        ("absent notin (api)", True),
        ("absent in (api)", False),
        ("example.com/owner=a", True),
        ("empty=", True),
        ("empty", True),
        ("team=platform,tier in (web,api),!legacy", True),
        (" team = platform , ! legacy ", True),
        ("team=platform,tier=api", False),
        ("in in (in)", False),
        ("notin", False),
    ],
)
def test_a_selector_holds_as_in_kubernetes(selector: str, holds: bool) -> None:
    assert all(requirement.holds(PLATFORM) for requirement in parse(selector)) is holds


def test_requirements_come_in_the_order_of_the_text() -> None:
    assert parse("team=platform,tier notin (web, api),!legacy,owner") == (
        Requirement("team", Operator.IN, ("platform",)),
        Requirement("tier", Operator.NOT_IN, ("web", "api")),
        Requirement("legacy", Operator.ABSENT),
        Requirement("owner", Operator.EXISTS),
    )


@pytest.mark.parametrize(
    ("selector", "wrong"),
    [
        (",", ","),
        ("team=platform,", ""),
        ("team=platform,,tier", ",tier"),
        ("team platform", "team platform"),
        ("=platform", "=platform"),
        ("team=a=b", "team=a=b"),
        ("team>1", "team>1"),
        ("team in web", "team in web"),
        ("team in (web", "team in (web"),
        ("-team", "-team"),
        ("team=-x", "team=-x"),
        ("a/b/c", "a/b/c"),
        ("team=$where", "team=$where"),
        ("tëam", "tëam"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_wrong_selector_is_refused_with_the_part_that_is_wrong(selector: str, wrong: str) -> None:
    with pytest.raises(InvalidSelector) as refusal:
        parse(selector)
    assert f"is wrong from '{wrong}'" in str(refusal.value)
    assert refusal.value.hint


@pytest.mark.parametrize("selector", ["tier in (we b)", "tier in (web,-)", "tier in (a=b)"])
def test_a_member_that_is_no_label_value_is_named(selector: str) -> None:
    with pytest.raises(InvalidSelector, match="is no label value"):
        parse(selector)


@given(st.text(st.sampled_from("ab=!,() innot/.-"), max_size=30))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except InvalidSelector:
        return


def test_a_long_hostile_selector_takes_no_time_to_refuse() -> None:
    with pytest.raises(InvalidSelector):
        parse("a" * 63 + "." * 20_000 + "!")
    with pytest.raises(InvalidSelector):
        parse(" " * 20_000)

"""Points in time as people write them."""

from datetime import UTC, datetime, timedelta

import pytest

from cli import times
from cli.failure import Misuse
from domain.instants import parse


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2025-01-15T10:30:00Z", "2025-01-15T10:30:00.000Z"),
        ("2025-01-15T11:30:00.123456+01:00", "2025-01-15T10:30:00.123Z"),
    ],
)
def test_rfc_3339_is_taken_as_it_is_and_cut_to_milliseconds(text: str, written: str) -> None:
    assert times.instant(text) == written


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("0s", timedelta()),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("1w", timedelta(weeks=1)),
        ("1d12h", timedelta(hours=36)),
    ],
)
def test_a_duration_is_how_long_ago(text: str, ago: timedelta) -> None:
    before, instant, after = datetime.now(UTC), parse(times.instant(text)), datetime.now(UTC)
    assert before - ago - timedelta(milliseconds=1) <= instant <= after - ago


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2h ago", "-2h", "2", "1.5h", "2025-01-15", "2025-01-15T10:30:00", "999999999w", "3M"]
)
def test_anything_else_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(Misuse) as refused:
        times.instant(text)
    assert refused.value.hint is not None
    assert "15m, 2h, 3d, 1w" in refused.value.hint


def test_a_plain_number_is_a_version_where_one_can_stand() -> None:
    assert times.point("7") == 7
    assert times.point("2025-01-15T10:30:00Z") == "2025-01-15T10:30:00.000Z"
    with pytest.raises(Misuse, match="is not an instant"):
        times.point("seven")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0s"),
        (119, "119s"),
        (120, "2m"),
        (7_199, "119m"),
        (7_200, "2h"),
        (172_799, "47h"),
        (172_800, "2d"),
        (63_071_999, "729d"),
        (63_072_000, "2y"),
    ],
)
def test_an_age_is_told_in_the_largest_unit_of_which_there_are_two(seconds: int, shown: str) -> None:
    now = datetime(2025, 1, 15, tzinfo=UTC)
    since = (now - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    assert times.age(since, now.isoformat().replace("+00:00", "Z")) == shown

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import instants
from domain.errors import InvalidInstant
from examples import Hands, later

MOMENTS = st.integers(0, 3_650_000 * 86_400_000_000).map(
    lambda microseconds: datetime(1, 1, 3, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(MOMENTS)
def test_what_is_written_is_read_as_the_same_instant_in_milliseconds(moment: datetime) -> None:
    assert instants.parse(instants.write(moment)) == instants.floor(moment)


@given(MOMENTS, ZONES)
def test_every_offset_names_the_same_instant(moment: datetime, zone: timezone) -> None:
    text = moment.astimezone(zone).isoformat(timespec="microseconds")
    assert instants.parse(text) == instants.floor(moment)
    assert instants.parse(text).utcoffset() == timedelta(0)


@given(MOMENTS)
def test_an_instant_is_floored_never_rounded(moment: datetime) -> None:
    floored = instants.floor(moment)
    assert floored.microsecond % 1000 == 0
    assert timedelta(0) <= moment - floored < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2025-01-15T10:30:00Z", "2025-01-15T10:30:00.000Z"),
        ("2025-01-15t10:30:00z", "2025-01-15T10:30:00.000Z"),
        ("2025-01-15T10:30:00.5Z", "2025-01-15T10:30:00.500Z"),
        ("2025-01-15T10:30:00.999999999Z", "2025-01-15T10:30:00.999Z"),
        ("2025-01-15T10:30:00+05:30", "2025-01-15T05:00:00.000Z"),
        ("2025-01-15T10:30:00-00:00", "2025-01-15T10:30:00.000Z"),
        ("2024-12-31T23:59:59.999-01:00", "2025-01-01T00:59:59.999Z"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:59.999Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"),
    ],
)
def test_output_is_always_utc_with_three_digits(text: str, written: str) -> None:
    assert instants.write(instants.parse(text)) == written


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2025-01-15T10:30:00", "the offset from UTC is missing"),
        ("2025-01-15T10:30:00.123", "the offset from UTC is missing"),
        ("2025-01-15 10:30:00", "the offset from UTC is missing"),
        ("2025-01-15", "a date without a time of day"),
        ("2025-W03-3", "week dates"),
        ("2025-W03-3T10:30:00Z", "week dates"),
        ("2025W033T103000Z", "week dates"),
        ("2025-01-15T10:30:60Z", "leap second"),
        ("2016-12-31T23:59:60.5+00:00", "leap second"),
        ("2025-01-15 10:30:00Z", "joined by T"),
        ("2025-02-29T00:00:00Z", "no such day"),
        ("2025-01-15T24:00:00Z", "no such day, time or offset"),
        ("2025-01-15T10:30:00+24:00", "no such day, time or offset"),
        ("2025-01-15T10:30:00+00:60", "no such day, time or offset"),
        ("0000-01-01T00:00:00Z", "no such day"),
        ("0001-01-01T00:00:00+01:00", "no such day"),
        ("9999-12-31T23:59:59-01:00", "no such day"),
        ("", "RFC 3339"),
        ("now", "RFC 3339"),
        ("1736937000", "RFC 3339"),
        ("20250115T103000Z", "RFC 3339"),
        ("2025-01-15T10:30Z", "RFC 3339"),
        ("2025-01-15T10:30:00,5Z", "RFC 3339"),
        ("2025-01-15T10:30:00.Z", "RFC 3339"),
        ("2025-01-15T10:30:00+0100", "RFC 3339"),
        ("2025-01-15T10:30:00Z ", "RFC 3339"),
        ("2025-01-15T10:30:00Z\n", "RFC 3339"),
        ("٢٠٢٥-01-15T10:30:00Z", "RFC 3339"),
        ("+002025-01-15T10:30:00Z", "RFC 3339"),
    ],
)
def test_what_names_no_instant_is_refused_with_the_reason(text: str, fault: str) -> None:
    with pytest.raises(InvalidInstant, match=fault) as refusal:
        instants.parse(text)
    assert repr(text)[1:-1] in str(refusal.value) or text in str(refusal.value)
    assert "2025-01-15T10:30:00.000Z" in str(refusal.value.hint)


def test_a_long_text_is_quoted_in_part() -> None:
    with pytest.raises(InvalidInstant) as refusal:
        instants.parse("9" * 1_000_000)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("text", "finer"),
    [
        ("2025-01-15T10:30:00Z", False),
        ("2025-01-15T10:30:00.123Z", False),
        ("2025-01-15T10:30:00.123000Z", False),
        ("2025-01-15T10:30:00.123001Z", True),
        ("2025-01-15T10:30:00.0000001Z", True),
    ],
)
def test_a_text_is_finer_when_it_says_more_than_milliseconds(text: str, finer: bool) -> None:
    assert instants.is_finer(text) is finer


def test_the_monotone_clock_never_runs_backwards_and_counts_in_milliseconds() -> None:
    source = Hands()
    clock = instants.monotone(source)
    first = clock()
    source.move(-5000)
    assert clock() == first
    source.move(5000.7)
    assert clock() == later(0, first)
    source.move(1)
    assert clock() == later(1, first)


def test_the_system_clock_tells_the_time() -> None:
    before = instants.floor(datetime.now(UTC))
    told = instants.system_clock()()
    assert before <= told <= datetime.now(UTC)
    assert told.microsecond % 1000 == 0

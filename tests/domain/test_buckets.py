from datetime import UTC, datetime, timedelta

import pytest

from domain.buckets import MOST, Bucket, Buckets
from domain.errors import InvalidArgument, QueryTooLarge
from domain.instants import parse, write


def edges(unit: Bucket, since: str, until: str, zone: str = "UTC") -> list[str]:
    return [write(each) for each in Buckets(unit, parse(since), parse(until), zone).edges()]


def test_buckets_begin_at_the_calendar_and_cover_the_span() -> None:
    assert edges(Bucket.HOUR, "2026-01-15T10:30:00Z", "2026-01-15T12:00:00Z") == [
        "2026-01-15T10:00:00.000Z",
        "2026-01-15T11:00:00.000Z",
        "2026-01-15T12:00:00.000Z",
    ]
    assert edges(Bucket.MINUTE, "2026-01-15T10:30:00Z", "2026-01-15T10:30:00.001Z") == [
        "2026-01-15T10:30:00.000Z",
        "2026-01-15T10:31:00.000Z",
    ]
    assert edges(Bucket.WEEK, "2026-01-15T10:30:00Z", "2026-01-20T00:00:00Z") == [
        "2026-01-12T00:00:00.000Z",
        "2026-01-19T00:00:00.000Z",
        "2026-01-26T00:00:00.000Z",
    ]
    assert edges(Bucket.MONTH, "2025-12-31T23:59:59Z", "2026-02-01T00:00:00Z") == [
        "2025-12-01T00:00:00.000Z",
        "2026-01-01T00:00:00.000Z",
        "2026-02-01T00:00:00.000Z",
    ]


def test_days_are_those_of_the_zone_also_when_the_clocks_change() -> None:
    """25 October 2026 has 25 hours in Berlin."""
    assert edges(Bucket.DAY, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", "Europe/Berlin") == [
        "2026-10-23T22:00:00.000Z",
        "2026-10-24T22:00:00.000Z",
        "2026-10-25T23:00:00.000Z",
        "2026-10-26T23:00:00.000Z",
    ]


def test_there_are_no_more_buckets_than_a_chart_can_show() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    assert len(Buckets(Bucket.MINUTE, since, since + timedelta(minutes=MOST)).edges()) == MOST + 1
    with pytest.raises(QueryTooLarge, match="1,000 buckets of one minute"):
        Buckets(Bucket.MINUTE, since, since + timedelta(minutes=MOST, milliseconds=1)).edges()


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", "", "\0"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(InvalidArgument, match="is no time zone"):
        edges(Bucket.DAY, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", zone)


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="until lies before since"):
        edges(Bucket.DAY, "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z")


def test_a_day_that_a_zone_leaves_out_is_no_bucket() -> None:
    """Samoa went from 29 to 31 December 2011."""
    assert edges(Bucket.DAY, "2011-12-29T12:00:00Z", "2012-01-01T00:00:00Z", "Pacific/Apia") == [
        "2011-12-29T10:00:00.000Z",
        "2011-12-30T10:00:00.000Z",
        "2011-12-31T10:00:00.000Z",
        "2012-01-01T10:00:00.000Z",
    ]


@pytest.mark.parametrize(
    ("unit", "since", "until", "zone"),
    [
        (Bucket.DAY, "0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z", "America/New_York"),
        (Bucket.DAY, "0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z", "Asia/Tokyo"),
        (Bucket.WEEK, "9999-12-30T00:00:00Z", "9999-12-31T23:59:59Z", "UTC"),
        (Bucket.MONTH, "9999-12-30T00:00:00Z", "9999-12-31T23:59:59Z", "UTC"),
        (Bucket.HOUR, "9999-12-31T22:00:00Z", "9999-12-31T23:59:59Z", "UTC"),
    ],
)
def test_a_bucket_beyond_the_calendar_is_refused(unit: Bucket, since: str, until: str, zone: str) -> None:
    with pytest.raises(InvalidArgument, match="years 1 to 9999"):
        edges(unit, since, until, zone)

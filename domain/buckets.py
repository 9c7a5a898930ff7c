"""Spans of equal calendar length, for counting events over time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.errors import InvalidArgument, QueryTooLarge

MOST = 1_000


class Bucket(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_FIXED = {Bucket.MINUTE: timedelta(minutes=1), Bucket.HOUR: timedelta(hours=1)}
_DAYS = {Bucket.DAY: 1, Bucket.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Buckets:
    """How the span [since, until) is cut. Minutes and hours are those of UTC, longer buckets those of the zone."""

    unit: Bucket
    since: datetime
    until: datetime
    zone: str = "UTC"

    def edges(self) -> list[datetime]:
        """Where each bucket begins, the first at or before `since`; and at last where the last one ends.

        Raises InvalidArgument for a span that ends before it begins or reaches beyond the calendar, or a zone that is
        none, QueryTooLarge for more than 1,000 buckets.
        """
        if self.until < self.since:
            raise InvalidArgument("until lies before since", hint="Give the earlier moment as since.")
        try:
            return self._edges()
        except (OverflowError, ValueError):
            raise InvalidArgument(
                f"the first or last {self.unit.value} of the span is not within the years 1 to 9999",
                hint="Take since from a later time, or until from an earlier one.",
            ) from None

    def _edges(self) -> list[datetime]:
        edges: list[datetime] = []
        for edge in self._from(zone(self.zone)):
            if edge not in edges[-1:]:  # a zone may leave out a whole day, as Samoa did at the end of 2011
                edges.append(edge)
            if edge >= self.until:
                break
            if len(edges) > MOST:
                raise QueryTooLarge(
                    f"the span has more than {MOST:,} buckets of one {self.unit.value}", hint="Take longer ones."
                )
        return edges

    def _from(self, zone: ZoneInfo) -> Iterator[datetime]:
        if self.unit in _FIXED:
            yield from _steps(self.since, _FIXED[self.unit])
            return
        local = self.since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        local = local.replace(day=1) if self.unit is Bucket.MONTH else local
        local -= timedelta(days=local.weekday() if self.unit is Bucket.WEEK else 0)
        while True:
            yield local.replace(tzinfo=zone).astimezone(UTC)
            local = _next_month(local) if self.unit is Bucket.MONTH else local + timedelta(days=_DAYS[self.unit])


def zone(name: str) -> ZoneInfo:
    """The time zone of a name. Raises InvalidArgument."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise InvalidArgument(
            f"'{name[:60]}' is no time zone", hint="Take a name of the IANA database, such as Europe/Berlin."
        ) from None


def _steps(since: datetime, length: timedelta) -> Iterator[datetime]:
    start = since - (since - datetime.min.replace(tzinfo=UTC)) % length
    while True:
        yield start
        start += length


def _next_month(day: datetime) -> datetime:
    return day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)

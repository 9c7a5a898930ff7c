"""The times of commits: as they were written, and as instants that can be stored."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_EARLIEST = -62_135_596_800  # the years 1 to 9999
_LATEST = 253_402_300_799


@dataclass(frozen=True, slots=True)
class CommitTime:
    seconds: int
    """Since 1970."""
    text: str
    """In the writer's own offset: `2025-01-15T11:30:00+01:00`"""


@lru_cache(maxsize=8)
def parse(raw: str) -> CommitTime | None:
    """`1736937000 +0100`; None for what names no moment between the years 1 and 9999."""
    number, _, offset = raw.partition(" ")
    if not number.lstrip("-").isdecimal() or not _EARLIEST <= int(number) <= _LATEST:
        return None
    moment = datetime.fromtimestamp(int(number), UTC)
    return CommitTime(int(number), _local(moment, offset).isoformat())


@lru_cache(maxsize=8)
def written(seconds: int) -> str:
    """`2025-01-15T10:30:00.000Z`"""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.000Z".rjust(24, "0")


def _local(moment: datetime, offset: str) -> datetime:
    try:
        minutes = int(offset[1:3]) * 60 + int(offset[3:5])
        return moment.astimezone(timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes)))
    except (ValueError, IndexError, OverflowError):  # an offset of days, or none
        return moment

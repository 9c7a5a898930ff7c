"""Time, in one place. An instant is an aware UTC datetime, cut to milliseconds because BSON dates are."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from domain.errors import InvalidInstant

Clock = Callable[[], datetime]

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.(?P<fraction>\d{1,18}))?(?:[Zz]|[+-]\d{2}:(?P<offset>\d{2}))", re.ASCII
)
_HINT = "Write it like 2025-01-15T10:30:00.000Z or 2025-01-15T11:30:00+01:00."


def floor(moment: datetime) -> datetime:
    """The instant at or before an aware `moment`."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def parse(text: str) -> datetime:
    """The instant that an RFC 3339 text names, floored to milliseconds.

    Raises InvalidInstant for a text without an offset, without a time of day, with a leap second, or beyond
    the years 1 to 9999.
    """
    match = _INSTANT.fullmatch(text)
    if match is None or (match["offset"] or "") > "59" or text[11:13] == "24":  # as Python is more lenient
        raise _refused(text)
    try:
        return floor(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        raise _refused(text) from None


def is_finer(text: str) -> bool:
    """Whether `text`, which parse accepts, says more than the milliseconds that are kept."""
    match = _INSTANT.fullmatch(text)
    return match is not None and bool((match["fraction"] or "")[3:].strip("0"))


def write(instant: datetime) -> str:
    """`2025-01-15T10:30:00.000Z`"""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def monotone(clock: Clock) -> Clock:
    """`clock` in instants, never running backwards within this process."""
    last = datetime.min.replace(tzinfo=UTC)

    def tick() -> datetime:
        nonlocal last
        last = max(last, floor(clock()))
        return last

    return tick


def system_clock() -> Clock:
    return monotone(lambda: datetime.now(UTC))


def _refused(text: str) -> InvalidInstant:
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    return InvalidInstant(f"'{shown}' is not an instant: {_fault(text)}", hint=_HINT)


def _fault(text: str) -> str:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return "it is a date without a time of day and an offset"
    if re.match(r"\d{4}-?W\d", text):
        return "week dates are not accepted"
    if re.match(r".{10}[Tt]\d{2}:\d{2}:60", text):
        return "a leap second (:60) has no place on the time line, take :59.999"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?", text):
        return "the offset from UTC is missing, add Z or +01:00"
    if re.match(r"\d{4}-\d{2}-\d{2} ", text):
        return "date and time are joined by T"
    return "no such day, time or offset exists" if _INSTANT.fullmatch(text) else "it does not follow RFC 3339"

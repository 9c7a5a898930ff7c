"""Points in time as people write them: RFC 3339, or how long ago."""

import re
from datetime import UTC, datetime, timedelta

from cli.failure import Misuse
from domain import instants
from domain.errors import InvalidInstant

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"(?:\d{1,9}[smhdw])+", re.ASCII)
_PART = re.compile(r"(\d+)([smhdw])", re.ASCII)
_HINT = "Write it like 2025-01-15T10:30:00Z, or as how long ago: 15m, 2h, 3d, 1w, 1d12h."


def instant(text: str) -> str:
    """The instant that a text names, for the server. A finer fraction than milliseconds is cut. Raises Misuse."""
    try:
        return instants.write(_ago(text) or instants.parse(text))
    except (InvalidInstant, OverflowError) as error:
        reason = str(error) if isinstance(error, InvalidInstant) else f"'{text}' lies before the year 1"
        raise Misuse(reason, hint=_HINT) from None


def point(text: str) -> str | int:
    """An instant, or a version of an entity when it is a plain number. Raises Misuse."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    try:
        return instant(text)
    except Misuse as error:
        raise Misuse(str(error), hint=f"{_HINT} A plain number is a version.") from None


def age(since: str, now: str) -> str:
    """How long ago, in the largest unit of which there are two, as kubectl does: 90s, 36h, 3d."""
    seconds = max(int((instants.parse(now) - instants.parse(since)).total_seconds()), 0)
    sizes = ((31_536_000, "y"), (86_400, "d"), (3_600, "h"), (60, "m"))
    return next((f"{seconds // size}{unit}" for size, unit in sizes if seconds >= 2 * size), f"{seconds}s")


def _ago(text: str) -> datetime | None:
    if not _AGO.fullmatch(text):
        return None
    return datetime.now(UTC) - sum(
        (timedelta(**{_UNITS[unit]: int(number)}) for number, unit in _PART.findall(text)), timedelta()
    )

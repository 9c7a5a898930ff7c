"""When things happen: the demo's six months, office hours, and a schedule with a human rhythm."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cli.demo.dice import Dice

OPENING = datetime(2026, 5, 1, tzinfo=UTC)
CLOSING = datetime(2026, 11, 1, tzinfo=UTC)

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

_FRIDAY = 4
_OPENS, _CLOSES, _LAST_RISK = 7, 17, 12  # hours, UTC


def at(text: str) -> datetime:
    """The instant of a text such as `2026-09-17T13:31:04.120Z`."""
    return datetime.fromisoformat(text)


def text(moment: datetime) -> str:
    """An instant as envelopes write it: `2026-09-17T13:31:04.120Z`."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def office(moment: datetime, dice: Dice, *, production: bool = False) -> datetime:
    """The moment itself in office hours, else some time the next working morning; production rests from Friday noon."""
    closes = _LAST_RISK if production and moment.weekday() == _FRIDAY else _CLOSES
    if moment.weekday() <= _FRIDAY and _OPENS <= moment.hour < closes:
        return moment
    day = midnight(moment) if moment.hour < _OPENS else midnight(moment) + DAY
    while day.weekday() > _FRIDAY:
        day += DAY
    return day + _OPENS * HOUR + dice.between(0 * HOUR, 3 * HOUR)


def every(days: int, since: datetime, dice: Dice) -> Iterator[datetime]:
    """Office-hour instants about `days` apart, the first one interval after `since`, none in the last four days."""
    moment = since
    while True:
        moment += dice.between(days * DAY * 7 // 10, days * DAY * 13 // 10)
        if moment > CLOSING - 4 * DAY:
            return
        yield office(moment, dice)

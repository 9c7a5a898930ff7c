"""Where an entity stands in a list, as a cursor carries it: its key, and a place for each order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain import entity_view, ordering, values
from domain.errors import InvalidDocument
from domain.ordering import Ordering, Place, Rank
from resolvers.views import EntityView

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parts(view: EntityView, orders: Sequence[Ordering]) -> list[Any]:
    """JSON for `Position(key, places)`."""
    event = view.state or (view.latest.state if view.latest else None)
    seen = entity_view.view(view.entity, event, view.latest.last if view.latest else None) if orders else None
    position = ordering.position(seen, orders, view.entity.key)
    return [position.key, *([int(each.rank), _written(each.value)] for each in position.places)]


def place(part: Any) -> Place:
    """The inverse. Raises ValueError or TypeError for what is no place."""
    rank, value = part
    return Place(Rank(rank), _READ[Rank(rank)](value))


def _written(value: Any) -> Any:
    match value:
        case datetime():
            return (value - _EPOCH) // timedelta(milliseconds=1)
        case int() if values.is_wide(value):
            return str(value)
        case Decimal():
            return str(value)
        case _:
            return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(value)
    number = _decimal(value) if isinstance(value, str) else value
    try:
        values.check(number)
    except InvalidDocument as error:
        raise ValueError(value) from error
    return number


def _decimal(text: str) -> Decimal:
    if len(text) > 50:
        raise ValueError(text)
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise ValueError(text) from error


def _of(kind: type) -> Any:
    def read(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(value)
        return value

    return read


def _instant(value: Any) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(value))


def _nothing(_: Any) -> None:
    return None


_READ = {
    Rank.NUMBER: _number,
    Rank.TEXT: _of(str),
    Rank.BOOLEAN: _of(bool),
    Rank.INSTANT: _instant,
    Rank.COMPOUND: _nothing,
    Rank.NOTHING: _nothing,
}

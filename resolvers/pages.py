"""Connections: opaque cursors that name a position, so that a page stays right while others write."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import orjson

from domain.errors import InvalidArgument, InvalidCursor
from domain.values import is_wide
from resolvers.views import PageView, Search

MOST = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Node = TypeVar("Node")


def checked_size(first: int, most: int = MOST) -> int:
    """Raises InvalidArgument for a page that is no page or too large."""
    if not 1 <= first <= most:
        raise InvalidArgument(f"first is {first}, but a page has 1 to {most} items", hint="Follow pageInfo.endCursor.")
    return first


def scope(*query: Any) -> str:
    """A short name of the query that a cursor belongs to."""
    return hashlib.blake2s(repr(query).encode(), digest_size=6).hexdigest()


def cursor(query: str, *position: Any) -> str:
    """The position of one item of the query; instants are kept as milliseconds."""
    parts = [milliseconds(part) if isinstance(part, datetime) else part for part in position]
    return base64.urlsafe_b64encode(orjson.dumps([query, *parts])).rstrip(b"=").decode()


def position(text: str | None, query: str, *shape: type | Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """The position that a cursor names. Raises InvalidCursor for a text that is none, or of another query."""
    if text is None:
        return None
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        raise InvalidCursor(f"'{text[:60]}' is no cursor", hint="Take endCursor of the page before.") from None
    if not isinstance(parts, list) or len(parts) != len(shape) + 1 or parts[0] != query:
        raise InvalidCursor(
            f"the cursor '{text[:60]}' belongs to another query", hint="Keep type, filter and order while paging."
        )
    try:
        return tuple(_read(kind, part) for kind, part in zip(shape, parts[1:], strict=True))
    except (TypeError, ValueError, OverflowError):
        raise InvalidCursor(f"'{text[:60]}' is no cursor", hint="Take endCursor of the page before.") from None


def page(
    found: Sequence[Node],
    first: int,
    after: str | None,
    place: Callable[[Node], str],
    type_: str | None = None,
    search: Search | None = None,
) -> PageView:
    """Of up to `first` + 1 found items a page; the one too many says that there is more."""
    return PageView(list(found[:first]), place, len(found) > first, after is not None, type_, search)


def milliseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def _read(kind: type | Callable[[Any], Any], part: Any) -> Any:
    value: Any = _instant(part) if kind is datetime else kind(part)
    if kind is int and is_wide(value):
        raise OverflowError(f"{value} is no version")
    return value


def _instant(milliseconds: Any) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(milliseconds))

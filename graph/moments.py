"""The time arguments of a field against the request's one instant."""

from datetime import datetime

from domain import instants
from domain.errors import InstantInFuture, KnownAtInFuture
from repository.event_log import Moment
from resolvers.context import Context
from resolvers.views import RootView, now


def checked(context: Context, at: datetime | None, known_at: datetime | None, name: str = "asOf") -> None:
    """Raises InstantInFuture or KnownAtInFuture for a time after the request's instant. `name` is that of `at`."""
    if at is not None and at > context.instant:
        raise InstantInFuture(
            _message(name, at, context.instant), hint="The future is not known; leave the time out for now."
        )
    if known_at is not None and known_at > context.instant:
        raise KnownAtInFuture(_message("knownAt", known_at, context.instant), hint="Leave knownAt out for now.")


def moment(context: Context, base: Moment, at: datetime | None, known_at: datetime | None) -> Moment:
    """A moment of the caller's; what is left out comes from `base`."""
    checked(context, at, known_at)
    return Moment(at or base.at, known_at or base.known_at)


def at_root(context: Context, root: RootView | None) -> Moment:
    """That of the `at` around a root field, or the request's instant."""
    return root.moment if root is not None else now(context.instant)


def _message(name: str, asked: datetime, instant: datetime) -> str:
    return f"{name} {instants.write(asked)} lies after the request's instant, {instants.write(instant)}"

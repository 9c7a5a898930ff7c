"""Everything a caller can be told went wrong. `code` is stable, the message may be reworded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class DselError(Exception):
    """The root. `str(error)` names the thing and the value, `hint` says what to do."""

    code = "ERROR"
    retryable = False

    def __init__(self, message: str, *, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.hint = hint
        self.details = details


class InvalidInstant(DselError):
    code = "INVALID_INSTANT"


class InstantInFuture(DselError):
    """A time after the request's own instant. `code` is ASOF_IN_FUTURE or KNOWN_AT_IN_FUTURE."""

    code = "ASOF_IN_FUTURE"


class KnownAtInFuture(InstantInFuture):
    code = "KNOWN_AT_IN_FUTURE"


class TimestampInFuture(DselError):
    code = "TIMESTAMP_IN_FUTURE"


class InvalidEnvelope(DselError):
    """An event that cannot be stored. `path` is a JSON Pointer into the envelope."""

    code = "INVALID_ENVELOPE"

    def __init__(self, path: str, problem: str, *, hint: str | None = None) -> None:
        super().__init__(f"{path or '/'}: {problem}", hint=hint, path=path)


class InvalidDocument(InvalidEnvelope):
    """A value that no store can keep exactly: too deep, a NUL, a number with too many digits."""

    code = "INVALID_DOCUMENT"


class EventTooLarge(DselError):
    code = "EVENT_TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a manifest. `path` is a JSON Pointer into it."""

    path: str
    problem: str
    hint: str | None = None

    def below(self, path: str) -> "Fault":
        return Fault(path + self.path, self.problem, self.hint)


class InvalidManifest(DselError):
    """A domain type that cannot be served. The message tells the first of the faults, `details` all of them."""

    code = "INVALID_MANIFEST"

    def __init__(self, path: str, problem: str, *, hint: str | None = None, others: Sequence[Fault] = ()) -> None:
        self.faults = (Fault(path, problem, hint), *others)
        more = f" (and {len(others)} more)" if others else ""
        told = [{"path": each.path, "message": each.problem} for each in self.faults]
        super().__init__(f"{path or '/'}: {problem}{more}", hint=hint, path=path, faults=told)

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> "InvalidManifest":
        first, *others = faults
        return cls(first.path, first.problem, hint=first.hint, others=others)


@dataclass(frozen=True, slots=True)
class ManifestFault:
    """One reason why domain types cannot be served. `manifest` counts from 0, `path` is a JSON Pointer into it."""

    manifest: int
    path: str
    message: str
    hint: str | None = None


class InvalidManifests(DselError):
    """Some of the domain types that were to be applied together cannot be served, so none of them is."""

    code = "INVALID_MANIFEST"

    def __init__(self, faults: Sequence[ManifestFault]) -> None:
        first, more = faults[0], f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"{first.path or '/'}: {first.message}{more}", hint=first.hint, path=first.path)
        self.faults = tuple(faults)


class BreakingChange(DselError):
    """Domain types that clients of today's schema could not live with. `changes` has the kind and a text of each."""

    code = "BREAKING_CHANGE"

    def __init__(self, changes: Sequence[tuple[str, str]]) -> None:
        more = f" (and {len(changes) - 1} more)" if len(changes) > 1 else ""
        super().__init__(f"{changes[0][1]}{more}", hint="Queries of today may fail with it; `force` applies it.")
        self.changes = tuple(changes)


class InvalidArgument(DselError):
    code = "INVALID_ARGUMENT"


class InvalidCursor(InvalidArgument):
    code = "INVALID_CURSOR"


class InvalidSelector(InvalidArgument):
    code = "INVALID_LABEL_SELECTOR"


class ValueMismatch(DselError):
    """A value of a history that the type of today cannot show. It costs its own field."""

    code = "VALUE_MISMATCH"


class UnknownType(DselError):
    code = "UNKNOWN_TYPE"


class EntityNotFound(DselError):
    code = "ENTITY_NOT_FOUND"


class Forbidden(DselError):
    code = "FORBIDDEN"


class Unauthenticated(DselError):
    code = "UNAUTHENTICATED"


class QueryTooLarge(DselError):
    code = "QUERY_TOO_LARGE"


class FilterTooWide(QueryTooLarge):
    """No index answers this combination of conditions, and too many events would have to be read without one."""

    code = "FILTER_TOO_WIDE"


class VersionConflict(DselError):
    """Somebody else wrote first. `expected` and `actual` are entity versions."""

    code = "VERSION_CONFLICT"

    def __init__(self, entity: str, expected: int, actual: int) -> None:
        super().__init__(
            f"{entity} is at version {actual}, not at {expected}",
            hint="Read the entity again, repeat your change on what you find, and send its version.",
            expected=expected,
            actual=actual,
        )


class EventIdConflict(DselError):
    code = "EVENT_ID_CONFLICT"

    def __init__(self, event_id: str) -> None:
        super().__init__(
            f"the event id {event_id} already stands for an event with other content",
            hint="An event id is an idempotency key: send the same content again, or take a new id.",
            eventId=event_id,
        )


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which an object breaks its schema. `path` is a JSON Pointer into the object."""

    path: str
    message: str
    rule: str


class ValidationFailed(DselError):
    code = "VALIDATION_FAILED"

    def __init__(self, subject: str, violations: Sequence[Violation]) -> None:
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        super().__init__(f"{subject} is not valid at {first.path or '/'}: {first.message}{more}")
        self.violations = tuple(violations)


class Contention(DselError):
    """Too many writers wanted the same entity at once. Nothing was stored."""

    code = "CONTENTION"
    retryable = True


class StoreUnavailable(DselError):
    """MongoDB did not answer in time. For a write the outcome is unknown: repeat it with the same event id."""

    code = "STORE_UNAVAILABLE"
    retryable = True


class SlowConsumer(DselError):
    """A subscriber did not take its events as fast as they came. Its last cursor says where to go on."""

    code = "SLOW_CONSUMER"
    retryable = True


class TooManySubscriptions(DselError):
    code = "TOO_MANY_SUBSCRIPTIONS"
    retryable = True


class HistoryLost(DselError):
    """MongoDB's change stream does not reach back far enough: what is missing has to be read from the log."""

    code = "HISTORY_LOST"
    retryable = True


class StartupError(DselError):
    """The service cannot start; the message fits on one line."""

    code = "STARTUP"

"""What a write answers: a success, or a typed reason why nothing was stored."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import strawberry
from graphql import GraphQLResolveInfo
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.union import StrawberryUnion

from domain import errors
from domain.event import Event
from domain.report import Report
from graph.common_types import CommonTypes
from graph.definitions import Reads, field, nullable, object_type
from graph.resolving import Asked
from repository.event_log import Appended
from repository.fields import HEADER
from resolvers.commands import Rejected, Written
from resolvers.views import EntityView, EventView, now


@strawberry.type(description="What became of one rule.")
class RuleResult:
    name: str = strawberry.field(description="The rule; `schema` is the JSON Schema of the type.")
    outcome: str = strawberry.field(description="`PASSED`, `FAILED` or `SKIPPED`.")
    message: str | None = strawberry.field(description="What is wrong, or why it was skipped.")
    path: str | None = strawberry.field(description="A JSON Pointer to where it applies.")
    reason: str | None = strawberry.field(description="A word for the failure, or for why it was skipped.")


@strawberry.type(description="Every rule of the type, and what became of it.")
class ValidationReport:
    overall: str = strawberry.field(description="`SUCCESS` or `FAILED`.")
    results: list[RuleResult] = strawberry.field(description="One for each rule, the schema first.")


@strawberry.interface(description="Why a write was refused. Nothing was stored.")
class WriteError:
    code: str = strawberry.field(description="A stable code, such as `VERSION_CONFLICT`.")
    message: str = strawberry.field(description="What is wrong, with the value that is.")
    hint: str | None = strawberry.field(description="What to do about it.")
    path: str | None = strawberry.field(description="A JSON Pointer to what is wrong.")


@strawberry.type(description="One way in which an object is not valid.")
class Violation:
    path: str = strawberry.field(description="A JSON Pointer into the object.")
    message: str = strawberry.field(description="What is wrong there.")
    rule: str = strawberry.field(description="The rule that is broken.")


@strawberry.type(description="The write was refused; `code` tells why.")
class WriteRefused(WriteError):
    retryable: bool = strawberry.field(description="Whether the same write may succeed later.")


@strawberry.type(description="Somebody else wrote first.")
class VersionConflict(WriteError):
    expected: int = strawberry.field(description="The version that you expected.")
    actual: int = strawberry.field(description="The version that the entity has.")


@strawberry.type(description="A dry run: the write would have been stored.")
class DryRun:
    validation: ValidationReport | None = strawberry.field(description="What the rules say; null without any.")


@dataclass(frozen=True, slots=True)
class Invalid:
    """A refusal as a result: an exception among the results would be taken as raised."""

    error: errors.ValidationFailed


class WriteResults:
    """The result types of one schema."""

    def __init__(self, common: CommonTypes) -> None:
        self._common = common
        self._failure = object_type(
            "ValidationFailure",
            "The object is not valid.",
            [
                *(_error_field(name, type_) for name, type_ in _ERROR_FIELDS.items()),
                field(_violations, list[Violation], "Every violation, with its path.", name="violations"),
                field(_failed_report, nullable(ValidationReport), "Every rule, passed or not.", name="validation"),
                field(
                    _failed_intent,
                    nullable(common.event),
                    "The event that tells of the attempt, where the type records failures.",
                    name="intent",
                ),
            ],
            interfaces=[WriteError],
        )

    def of(self, prefix: str, written: str, event: type, entity: type) -> Any:
        """The union of a success and the ways to fail."""
        success = object_type(
            written,
            "The event is stored.",
            [
                field(_event, event, "The event.", name="event", reads=Reads.THROUGH),
                field(_entity, entity, "The entity, seen right after the write.", name="entity"),
                field(
                    _deduplicated, bool, "Whether it had been stored before: same id and content.", name="deduplicated"
                ),
                field(_report, nullable(ValidationReport), "What the rules said of the object.", name="validation"),
                field(_intent, nullable(event), "The intent, when it was worth storing.", name="intent"),
            ],
        )
        return _Result(f"{prefix}Result", written, (success, DryRun, self._failure, VersionConflict, WriteRefused))


class _Result(StrawberryUnion):
    def __init__(self, name: str, written: str, members: tuple[type, ...]) -> None:
        annotations = tuple(StrawberryAnnotation(each) for each in members)
        super().__init__(name=name, type_annotations=annotations, description="What became of a write.")
        self._written = written

    def get_type_resolver(self, type_map: Any) -> Callable[..., str]:  # noqa: ARG002 - Strawberry's
        return self._resolve

    def _resolve(self, value: Any, _: GraphQLResolveInfo[Any], __: Any) -> str:
        match value:
            case Written():
                return self._written
            case Invalid():
                return "ValidationFailure"
            case _:
                return type(value).__name__


async def answered(write: Awaitable[Written]) -> Any:
    """What was stored, or why it was not. What is not the caller's fault goes on as an error."""
    try:
        written = await write
    except errors.StoreUnavailable:
        raise
    except errors.DselError as error:
        return refusal(error)
    return DryRun(validation=_shown(written.report)) if written.appended is None else written


def refusal(error: errors.DselError) -> Any:
    told: dict[str, Any] = {name: _told(error, name) for name in _ERROR_FIELDS}
    match error:
        case errors.ValidationFailed():
            return Invalid(error)
        case errors.VersionConflict():
            return VersionConflict(**told, expected=error.details["expected"], actual=error.details["actual"])
        case _:
            return WriteRefused(**told, retryable=error.retryable)


_ERROR_FIELDS: dict[str, Any] = {"code": str, "message": str, "hint": str | None, "path": str | None}
_TEXTS = {"code": "A stable code.", "message": "What is wrong.", "hint": "What to do about it.", "path": "Where."}


def _error_field(name: str, type_: Any) -> Any:
    def resolve(root: Invalid) -> Any:
        return _told(root.error, name)

    return field(resolve, type_, _TEXTS[name], name=name)


def _told(error: errors.DselError, name: str) -> Any:
    match name:
        case "message":
            return str(error)
        case "path":
            return error.details.get("path")
        case _:
            return getattr(error, name)


def _violations(root: Invalid) -> Any:
    return [Violation(path=each.path, message=each.message, rule=each.rule) for each in root.error.violations]


def _failed_report(root: Invalid) -> Any:
    return _shown(root.error.report) if isinstance(root.error, Rejected) else None


def _failed_intent(root: Invalid, info: Asked) -> Any:
    return _viewed(root.error.intent if isinstance(root.error, Rejected) else None, info)


def _event(root: Written, info: Asked) -> Any:
    return _viewed(_stored(root).event, info)


def _entity(root: Written, info: Asked) -> Any:
    return EntityView(_stored(root).event.entity, now(info.context.instant))


def _deduplicated(root: Written) -> bool:
    return _stored(root).deduplicated


def _report(root: Written) -> Any:
    return _shown(root.report)


def _intent(root: Written, info: Asked) -> Any:
    return _viewed(root.intent, info)


def _stored(written: Written) -> Appended:
    return cast(Appended, written.appended)


def _viewed(event: Event | None, info: Asked) -> EventView | None:
    return EventView(event, now(info.context.instant), HEADER) if event is not None else None


def _shown(report: Report | None) -> ValidationReport | None:
    if report is None:
        return None
    results = [
        RuleResult(name=each.name, outcome=str(each.outcome), message=each.message, path=each.path, reason=each.reason)
        for each in report.results
    ]
    return ValidationReport(overall=str(report.overall), results=results)

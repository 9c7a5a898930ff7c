"""The root fields that write. What a caller can do wrong is a result with a type, not an error."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any

import strawberry
from graphql import GraphQLResolveInfo
from strawberry import argument
from strawberry.types.field import StrawberryField
from strawberry.types.union import StrawberryUnion

from domain import entity as entities
from domain import errors
from domain.domain_type import DomainType
from graph.arguments import AppId, Name
from graph.common_types import CommonTypes
from graph.definitions import Reads, field, list_of, object_type
from graph.domain_types import DomainTypes
from graph.resolving import Asked, attribute
from graph.scalars import JSON
from repository.event_log import Appended
from repository.fields import HEADER
from resolvers import commands, ingestion
from resolvers.commands import Options
from resolvers.views import EntityView, EventView, now

EventId = Annotated[
    str | None,
    argument(name="eventId", description="Your idempotency key: the same id with the same content is stored once."),
]
Expected = Annotated[
    int | None,
    argument(
        name="expectedVersion", description="The version that you read; 0 for a new entity. Refused if it has moved on."
    ),
]
Comment = Annotated[str | None, argument(description="Why, in a sentence; kept in the event.")]
Metadata = Annotated[
    JSON | None, argument(description="Anything else worth keeping, such as commit and branch: an object.")
]
Execution = Annotated[
    str | None, argument(name="executionId", description="The run of a workflow that this is part of.")
]
Correlation = Annotated[
    str | None,
    argument(name="correlationId", description="The request that this belongs to; of this request by default."),
]
Envelope = Annotated[JSON, argument(description="The whole envelope: apiVersion, kind, meta and spec.")]
Envelopes = Annotated[list[JSON], argument(description="Whole envelopes, or CloudEvents 1.0.")]
_MOST_EVENTS = 1000
Imported = Annotated[
    bool,
    argument(
        name="import",
        description="Take time and actor from the envelope, and the object as it is. Needs the right `import`.",
    ),
]


@strawberry.interface(description="Why a write was refused. Nothing was stored.")
class WriteError:
    code: str = strawberry.field(description="A stable code, such as `VERSION_CONFLICT`.")
    message: str = strawberry.field(description="What is wrong, with the value that is.")
    hint: str | None = strawberry.field(description="What to do about it.")
    path: str | None = strawberry.field(description="A JSON Pointer to what is wrong.")


@strawberry.type(description="One way in which an object breaks its schema.")
class Violation:
    path: str = strawberry.field(description="A JSON Pointer into the object.")
    message: str = strawberry.field(description="What is wrong there.")
    rule: str = strawberry.field(description="The rule that is broken.")


@strawberry.type(description="The object breaks its schema.")
class ValidationFailure(WriteError):
    violations: list[Violation] = strawberry.field(description="Every violation, with its path.")


@strawberry.type(description="Somebody else wrote first.")
class VersionConflict(WriteError):
    expected: int = strawberry.field(description="The version that you expected.")
    actual: int = strawberry.field(description="The version that the entity has.")


@strawberry.type(description="The write was refused; `code` tells why.")
class WriteRefused(WriteError):
    retryable: bool = strawberry.field(description="Whether the same write may succeed later.")


def mutation_type(common: CommonTypes, types: Iterable[DomainTypes]) -> type:
    fields: list[StrawberryField] = []
    for each in types:
        fields += _typed(each)
    fields += _record(common)
    return object_type("Mutation", "Everything that writes. Each field is one event in the log.", fields)


def _typed(types: DomainTypes) -> Iterable[StrawberryField]:
    domain_type, name = types.domain_type, types.name
    result = _result(name, f"{name}Written", types.event, types.entity)
    if domain_type.action("apply") is not None:
        yield field(
            _apply(domain_type, types.input),
            result,
            f"Stores an object of type {name} as its new state.",
            name=f"apply{name}",
        )
    if any(action.deletes for action in domain_type.actions):
        yield field(
            _delete(domain_type), result, f"Ends an object of type {name}; its history stays.", name=f"delete{name}"
        )


def _record(common: CommonTypes) -> Iterable[StrawberryField]:
    result = _result("Record", "EventRecorded", common.event, common.entity)
    text = "Stores an event of any kind, known or not: what a pipeline reports in its own words."
    yield field(_record_event, result, text, name="recordEvent")
    text = "Stores up to 1,000 events, each by itself and in order; a result stands for each."
    yield field(_record_events, list_of(result), text, name="recordEvents")


def _result(prefix: str, written: str, event: type, entity: type) -> Any:
    """The union of a success and the ways to fail."""
    success = object_type(
        written,
        "The event is stored.",
        [
            field(_event, event, "The event.", name="event", reads=Reads.THROUGH),
            field(_entity, entity, "The entity, looked at right after the write.", name="entity"),
            field(
                attribute("deduplicated"),
                bool,
                "Whether the event had been stored before: same id, same content.",
                name="deduplicated",
            ),
        ],
    )

    def resolve_type(value: Any, _: GraphQLResolveInfo[Any], __: Any) -> str:
        return written if isinstance(value, Appended) else type(value).__name__

    return _Result(prefix, success, resolve_type)


class _Result(StrawberryUnion):
    def __init__(self, prefix: str, success: type, resolve_type: Callable[..., str]) -> None:
        members = (success, ValidationFailure, VersionConflict, WriteRefused)
        super().__init__(
            name=f"{prefix}Result",
            type_annotations=tuple(strawberry.annotation.StrawberryAnnotation(each) for each in members),
            description="What became of a write.",
        )
        self._resolve_type = resolve_type

    def get_type_resolver(self, type_map: Any) -> Any:  # noqa: ARG002 - Strawberry's
        return self._resolve_type


def _apply(domain_type: DomainType, input_: Any) -> Callable[..., Any]:
    async def apply(
        info: Asked,
        object: Annotated[input_, argument(description="The complete object.")],  # noqa: A002 - the argument's name
        event_id: EventId = None,
        expected_version: Expected = None,
        comment: Comment = None,
        metadata: Metadata = None,
        execution_id: Execution = None,
        correlation_id: Correlation = None,
    ) -> Any:
        options = Options(event_id, expected_version, execution_id, correlation_id, comment, metadata)
        return await _answered(commands.apply(info.context, domain_type, object, options))

    return apply


def _delete(domain_type: DomainType) -> Callable[..., Any]:
    async def delete(
        info: Asked,
        name: Name,
        app_id: AppId,
        event_id: EventId = None,
        expected_version: Expected = None,
        comment: Comment = None,
        metadata: Metadata = None,
        execution_id: Execution = None,
        correlation_id: Correlation = None,
    ) -> Any:
        options = Options(event_id, expected_version, execution_id, correlation_id, comment, metadata)
        try:
            entity = entities.entity(domain_type.name, app_id, name)
        except errors.InvalidArgument as error:
            return _refusal(error)
        return await _answered(commands.delete(info.context, domain_type, entity, options))

    return delete


async def _record_event(
    info: Asked, envelope: Envelope, expected_version: Expected = None, import_: Imported = False
) -> Any:
    return await _answered(commands.record(info.context, envelope, expected_version, imported=import_))


async def _record_events(info: Asked, envelopes: Envelopes, import_: Imported = False) -> Any:
    if len(envelopes) > _MOST_EVENTS:
        raise errors.InvalidArgument(
            f"{len(envelopes):,} events are more than {_MOST_EVENTS:,}", hint="Send them in parts, or to POST /events."
        )
    results = await ingestion.store(info.context, envelopes, imported=import_)
    return [_refusal(each) if isinstance(each, errors.DselError) else each for each in results]


async def _answered(write: Awaitable[Appended]) -> Any:
    """What was stored, or why it was not. What is not the caller's fault goes on as an error."""
    try:
        return await write
    except errors.StoreUnavailable:
        raise
    except errors.DselError as error:
        return _refusal(error)


def _refusal(error: errors.DselError) -> Any:
    common: dict[str, Any] = {
        "code": error.code,
        "message": str(error),
        "hint": error.hint,
        "path": error.details.get("path"),
    }
    match error:
        case errors.ValidationFailed():
            found = [Violation(path=each.path, message=each.message, rule=each.rule) for each in error.violations]
            return ValidationFailure(**common, violations=found)
        case errors.VersionConflict():
            return VersionConflict(**common, expected=error.details["expected"], actual=error.details["actual"])
        case _:
            return WriteRefused(**common, retryable=error.retryable)


def _event(root: Appended, info: Asked) -> Any:
    return EventView(root.event, now(info.context.instant), HEADER)


def _entity(root: Appended, info: Asked) -> Any:
    return EntityView(root.event.entity, now(info.context.instant))

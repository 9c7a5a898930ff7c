"""The root fields that write. What a caller can do wrong is a result with a type, not an error."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from strawberry import argument
from strawberry.types.field import StrawberryField

from domain import entity as entities
from domain import errors
from domain.domain_type import Action, DomainType
from domain.values import quoted
from graph import type_mutations
from graph.arguments import AppId, Name, TypeName
from graph.common_types import CommonTypes
from graph.declared_types import DeclaredTypes
from graph.definitions import field, list_of, object_type
from graph.domain_types import DomainTypes
from graph.resolving import Asked
from graph.scalars import JSON
from graph.write_results import WriteResults, answered, refusal
from resolvers import commands, ingestion
from resolvers.commands import Options, Written

_MOST_EVENTS = 1000

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
Comment = Annotated[str | None, argument(description="Why, in a sentence; kept in the intent.")]
Client = Annotated[JSON | None, argument(description="What the client says of itself; kept in the intent.")]
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
DryRunOnly = Annotated[
    bool, argument(name="dryRun", description="Only say what would become of it; nothing is stored.")
]
Anything = Annotated[JSON, argument(description="The complete object of any type, Kubernetes' too.")]
OfApp = Annotated[
    str | None, argument(name="appId", description="The app (tenant), where the object itself does not name it.")
]
OfName = Annotated[
    str | None,
    argument(
        name="name",
        description="Its name in the log, such as `web@clusters/b.yaml` where several share one; its own by default.",
    ),
]
Envelope = Annotated[JSON, argument(description="The whole envelope: apiVersion, kind, meta and spec.")]
Envelopes = Annotated[list[JSON], argument(description="Whole envelopes, or CloudEvents 1.0.")]
Imported = Annotated[
    bool,
    argument(
        name="import",
        description="Take time and actor from the envelope, and the object as it is. Needs the right `import`.",
    ),
]
Validate = Annotated[
    bool | None, argument(description="Whether objects must be valid. By default they must, but not on import.")
]


def mutation_type(common: CommonTypes, declared: DeclaredTypes, results: WriteResults) -> type:
    """Mutation; see `typed` for the rest of it."""
    fields = [*_untyped(common, results), *type_mutations.fields(common, declared)]
    return object_type("Mutation", "Everything that writes. Each field is one act in the log.", fields)


def typed(types: DomainTypes, results: WriteResults) -> Iterable[StrawberryField]:
    """A field for each declared action."""
    name, result = types.name, results.of(types.name, f"{types.name}Written", types.event, types.entity)
    type_ = types.domain_type
    for action in type_.actions:
        if action.deletes:
            text = f"Ends an object of type {name} as `{action.outcome}`; its history stays."
            yield field(_delete(type_.name), result, text, name=f"{action.name}{name}")
        else:
            text = f"Stores an object of type {name} as its new state, as `{action.outcome}`."
            yield field(_act(type_, action, types.input), result, text, name=f"{action.name}{name}")


def _untyped(common: CommonTypes, results: WriteResults) -> Iterable[StrawberryField]:
    result = results.of("Record", "EventRecorded", common.event, common.entity)
    text = "Stores an object of any type, registered or not, as its new state."
    yield field(_act_on("apply"), result, text, name="apply")
    text = "Validates an object of any type and stores it as its new state, as its `…ValidatedEvent`."
    yield field(_act_on("validate"), result, text, name="validate")
    yield field(_delete_any, result, "Ends an object of any type; its history stays.", name="delete")
    text = "Stores an event of any kind, known or not: what a pipeline reports in its own words."
    yield field(_record_event, result, text, name="recordEvent")
    text = "Stores up to 1,000 events, each by itself and in order; a result stands for each."
    yield field(_record_events, list_of(result), text, name="recordEvents")


def _act(type_: DomainType, action: Action, input_: Any) -> Callable[..., Any]:
    told = {"apiVersion": type_.newest.name, "kind": type_.kind}

    async def act(
        info: Asked,
        object: Annotated[input_, argument(description="The complete object.")],  # noqa: A002 - the argument's name
        name: OfName = None,
        event_id: EventId = None,
        expected_version: Expected = None,
        comment: Comment = None,
        client: Client = None,
        metadata: Metadata = None,
        execution_id: Execution = None,
        correlation_id: Correlation = None,
        dry_run: DryRunOnly = False,
    ) -> Any:
        options = Options(
            event_id, expected_version, execution_id, correlation_id, comment, client, metadata, dry_run, name
        )
        state = told | {key: value for key, value in object.items() if value is not None or key not in told}
        found = info.context.registry.of_object(state)
        if found is None or found.name != type_.name:
            wrong = f"{quoted(state['kind'])} of {quoted(state['apiVersion'])} contradicts the mutation, which is of"
            return refusal(errors.InvalidEnvelope("/kind", f"{wrong} {type_.name}"))
        # Kubernetes' metadata has no place for it: it comes beside the object.
        app_id = state["metadata"].pop("appId", None) if type_.scope else None
        return await answered(commands.act(info.context, action.name, state, app_id, options))

    return act


def _act_on(action: str) -> Callable[..., Any]:
    async def act(
        info: Asked,
        object: Anything,  # noqa: A002 - the argument's name
        app_id: OfApp = None,
        name: OfName = None,
        event_id: EventId = None,
        expected_version: Expected = None,
        comment: Comment = None,
        client: Client = None,
        metadata: Metadata = None,
        execution_id: Execution = None,
        correlation_id: Correlation = None,
        dry_run: DryRunOnly = False,
    ) -> Any:
        options = Options(
            event_id, expected_version, execution_id, correlation_id, comment, client, metadata, dry_run, name
        )
        if not isinstance(object, dict):
            return refusal(errors.InvalidEnvelope("/object", f"an object is needed here, not {object!r}"))
        return await answered(commands.act(info.context, action, object, app_id, options))

    return act


def _delete(type_: str) -> Callable[..., Any]:
    async def delete(
        info: Asked,
        name: Name,
        app_id: AppId,
        event_id: EventId = None,
        expected_version: Expected = None,
        comment: Comment = None,
        client: Client = None,
        metadata: Metadata = None,
        execution_id: Execution = None,
        correlation_id: Correlation = None,
        dry_run: DryRunOnly = False,
    ) -> Any:
        options = Options(event_id, expected_version, execution_id, correlation_id, comment, client, metadata, dry_run)
        return await answered(_deleted(info, type_, app_id, name, options))

    return delete


async def _delete_any(
    info: Asked,
    type_: TypeName,
    app_id: AppId,
    name: Name,
    event_id: EventId = None,
    expected_version: Expected = None,
    comment: Comment = None,
    client: Client = None,
    metadata: Metadata = None,
    execution_id: Execution = None,
    correlation_id: Correlation = None,
    dry_run: DryRunOnly = False,
) -> Any:
    options = Options(event_id, expected_version, execution_id, correlation_id, comment, client, metadata, dry_run)
    return await answered(_deleted(info, type_, app_id, name, options))


async def _deleted(info: Asked, type_: str, app_id: str, name: str, options: Options) -> Written:
    return await commands.delete(info.context, entities.entity(type_, app_id, name), options)


async def _record_event(
    info: Asked,
    envelope: Envelope,
    expected_version: Expected = None,
    import_: Imported = False,
    validate: Validate = None,
) -> Any:
    written = commands.record(info.context, envelope, expected_version, imported=import_, validated=validate)
    return await answered(written)


async def _record_events(
    info: Asked, envelopes: Envelopes, import_: Imported = False, validate: Validate = None
) -> Any:
    if len(envelopes) > _MOST_EVENTS:
        raise errors.InvalidArgument(
            f"{len(envelopes):,} events are more than {_MOST_EVENTS:,}", hint="Send them in parts, or to POST /events."
        )
    results = await ingestion.store(info.context, envelopes, imported=import_, validated=validate)
    return [refusal(each) if isinstance(each, errors.DselError) else Written(each) for each in results]

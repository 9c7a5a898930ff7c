"""The root fields that change the domain types of the running service."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, cast

import strawberry
from graphql import GraphQLResolveInfo
from strawberry import argument
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField
from strawberry.types.union import StrawberryUnion

from domain import errors
from graph.arguments import TypeNamed, enum
from graph.common_types import CommonTypes
from graph.declared_types import DeclaredTypes
from graph.definitions import Reads, field, list_of, nullable, object_type
from graph.resolving import Asked, attribute
from graph.scalars import JSON
from graph.write_results import VersionConflict, WriteError, WriteRefused, refusal
from repository.event_log import Moment
from resolvers.type_keeper import Effect, TypeChange, TypeChanges, TypeKeeper, TypeOptions
from resolvers.views import DomainTypeView, EventView, now

_MOST_MANIFESTS = 1000

GraphQLEffect = enum(
    Effect,
    "What became of a domain type.",
    CREATED="It is new.",
    CHANGED="It is another than before.",
    UNCHANGED="It was so already; nothing was stored.",
    RETIRED="It has left the schema.",
)
Manifest = Annotated[JSON, argument(description="A manifest of a domain type, as its author wrote it: an object.")]
Manifests = Annotated[list[JSON], argument(description="Manifests, up to 1,000. All are applied, or none.")]
Expected = Annotated[
    int | None,
    argument(
        name="expectedVersion",
        description="The version of the type's entity that you read; 0 when it has none. Refused if it has moved on.",
    ),
]
Comment = Annotated[str | None, argument(description="Why, in a sentence; kept in the intent.")]
Client = Annotated[JSON | None, argument(description="What the client says of itself; kept in the intent.")]
Force = Annotated[bool, argument(description="Change it although clients of today's schema may break.")]
DryRun = Annotated[
    bool, argument(name="dryRun", description="Only say what would become of it; nothing is stored or served.")
]


@strawberry.type(description="One reason why a manifest cannot be served.")
class ManifestFault:
    manifest: int = strawberry.field(description="Which manifest, counted from 0.")
    path: str = strawberry.field(description="A JSON Pointer into the manifest.")
    message: str = strawberry.field(description="What is wrong there.")
    hint: str | None = strawberry.field(description="What to do about it.")


@strawberry.type(description="The manifests cannot be served, so that nothing was changed.")
class InvalidManifests(WriteError):
    faults: list[ManifestFault] = strawberry.field(description="Every fault, with its place.")


@strawberry.type(name="BreakingChange", description="Something that clients of today's schema could not live with.")
class GraphQLBreakingChange:
    kind: str = strawberry.field(description="What it is, as GraphQL.js calls it, such as `FIELD_REMOVED`.")
    description: str = strawberry.field(description="The type, the field and what becomes of them.")


@strawberry.type(description="Clients of today's schema could not live with it, so that nothing was changed.")
class BreakingChanges(WriteError):
    changes: list[GraphQLBreakingChange] = strawberry.field(description="All of them.")


@dataclass(frozen=True, slots=True)
class _Applied:
    """The changes of one mutation, seen right after it."""

    changed: TypeChanges
    moment: Moment


@dataclass(frozen=True, slots=True)
class _ChangeView:
    change: TypeChange
    type: DomainTypeView

    @property
    def event(self) -> EventView | None:
        return self.type.event if self.change.stored else None


def fields(common: CommonTypes, declared: DeclaredTypes) -> Iterable[StrawberryField]:
    change = object_type(
        "DomainTypeChange",
        "What became of one domain type.",
        [
            field(attribute("change", "effect"), GraphQLEffect, "What became of it.", name="effect"),
            field(attribute("type"), declared.type, "The type, as it is now, or would be.", name="domainType"),
            field(
                attribute("event"),
                nullable(common.event),
                "The event of the log; null of a dry run, and when nothing was changed.",
                name="event",
                reads=Reads.THROUGH,
            ),
        ],
    )
    applied = object_type(
        "DomainTypesChanged",
        "The types are served now; of a dry run, they would be.",
        [
            field(_changes, list_of(change), "One for each type, in the order of the manifests.", name="changes"),
            field(_breaking, list_of(GraphQLBreakingChange), "What clients lose by it.", name="breaking"),
        ],
    )
    result = _Result(applied)
    text = "Applies a domain type: from the answer on it is in the schema."
    yield field(_apply_one, result, text, name="applyDomainType")
    text = "Applies several domain types together: one change of the schema, and all of them or none."
    yield field(_apply, result, text, name="applyDomainTypes")
    text = "Takes a domain type out of the schema. Its objects and their history stay, behind the generic fields."
    yield field(_retire, result, text, name="retireDomainType")


async def _apply_one(
    info: Asked,
    manifest: Manifest,
    expected_version: Expected = None,
    comment: Comment = None,
    client: Client = None,
    dry_run: DryRun = False,
    force: Force = False,
) -> Any:
    options = TypeOptions(expected_version, comment, client, dry_run, force)
    return await _answered(info, _keeper(info).apply(info.context, [manifest], options))


async def _apply(
    info: Asked,
    manifests: Manifests,
    comment: Comment = None,
    client: Client = None,
    dry_run: DryRun = False,
    force: Force = False,
) -> Any:
    if len(manifests) > _MOST_MANIFESTS:
        raise errors.InvalidArgument(
            f"{len(manifests):,} manifests are more than {_MOST_MANIFESTS:,}", hint="Send them in parts."
        )
    options = TypeOptions(None, comment, client, dry_run, force)
    return await _answered(info, _keeper(info).apply(info.context, manifests, options))


async def _retire(
    info: Asked,
    name: TypeNamed,
    expected_version: Expected = None,
    comment: Comment = None,
    client: Client = None,
    dry_run: DryRun = False,
    force: Force = False,
) -> Any:
    options = TypeOptions(expected_version, comment, client, dry_run, force)
    return await _answered(info, _keeper(info).retire(info.context, name, options))


async def _answered(info: Asked, change: Awaitable[TypeChanges]) -> Any:
    try:
        changed = await change
    except errors.StoreUnavailable:
        raise
    except errors.InvalidManifests as error:
        faults = [ManifestFault(**asdict(each)) for each in error.faults]
        path = error.details["path"]
        return InvalidManifests(code=error.code, message=str(error), hint=error.hint, path=path, faults=faults)
    except errors.BreakingChange as error:
        changes = _shown(error.changes)
        return BreakingChanges(code=error.code, message=str(error), hint=error.hint, path=None, changes=changes)
    except errors.DselError as error:
        return refusal(error)
    return _Applied(changed, now(info.context.instant))


def _changes(root: _Applied) -> Any:
    return [_ChangeView(each, DomainTypeView(each.declaration, root.moment)) for each in root.changed.changes]


def _breaking(root: _Applied) -> Any:
    return _shown(root.changed.breaking)


def _shown(breaking: Iterable[tuple[str, str]]) -> list[GraphQLBreakingChange]:
    return [GraphQLBreakingChange(kind=kind, description=text) for kind, text in breaking]


def _keeper(info: Asked) -> TypeKeeper:
    if info.context.types is None:
        raise errors.Forbidden("domain types cannot be changed here", hint="Ask a running service.")
    return info.context.types


class _Result(StrawberryUnion):
    def __init__(self, applied: type) -> None:
        members = (applied, InvalidManifests, BreakingChanges, VersionConflict, WriteRefused)
        annotations = tuple(StrawberryAnnotation(each) for each in members)
        description = "What became of domain types."
        super().__init__(name="DomainTypesResult", type_annotations=annotations, description=description)

    def get_type_resolver(self, type_map: Any) -> Callable[..., str]:  # noqa: ARG002 - Strawberry's
        return _result_name


def _result_name(value: Any, _: GraphQLResolveInfo[Any], __: Any) -> str:
    return "DomainTypesChanged" if isinstance(value, _Applied) else type(cast(object, value)).__name__

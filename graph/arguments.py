"""Arguments that many fields take, each with its documentation in one place."""

from enum import StrEnum
from typing import Annotated, Any

import strawberry
from strawberry import argument
from strawberry.utils.str_converters import to_camel_case

from domain.buckets import Bucket
from domain.errors import InvalidArgument
from domain.event import ActorType, Phase
from domain.threads import ThreadOutcome
from domain.words import words
from graph.scalars import Instant
from repository.event_log import ActFilter, EventFilter, Order
from resolvers.views import SchemaView


def enum(class_: Any, description: str, name: str | None = None, **values: str) -> Any:
    """The GraphQL enum of a class that knows nothing of GraphQL."""
    made = strawberry.enum(class_, name=name, description=description)
    for each in made.__strawberry_definition__.values:
        each.description = values[each.name]
    return made


GraphQLPhase = enum(
    Phase,
    "What was asked, or what happened. Only outcomes change state.",
    INTENT="It asks for something.",
    OUTCOME="It tells what happened.",
)
GraphQLActorType = enum(
    ActorType,
    "Which type of actor caused an event.",
    HUMAN="A person.",
    SERVICE="A program that acts for people, such as a pipeline.",
    CONTROLLER="A program that acts by itself, such as a reconciler.",
)
GraphQLOrder = enum(
    Order,
    "In which order events are listed.",
    "EventOrder",
    NEWEST="By their time, from new to old.",
    OLDEST="By their time, from old to new.",
    RECORDED=(
        "As this store learned of them, from old to new, up to the settled point some seconds ago: who follows the"
        " log by its cursors misses no event, however late it was committed."
    ),
)


class TimelineOrder(StrEnum):
    NEWEST = "NEWEST"
    OLDEST = "OLDEST"

    @property
    def order(self) -> Order:
        return Order[self.name]


enum(
    TimelineOrder,
    "In which order the events of one entity are listed. What happened at the same time is ordered by version.",
    NEWEST="By their time, from new to old.",
    OLDEST="By their time, from old to new.",
)
enum(
    SchemaView,
    "In which version of its type a state is shown.",
    NEWEST="Converted into the newest version, as far as conversions are declared.",
    RECORDED="As it was written.",
)

GraphQLBucket = enum(
    Bucket,
    "How long a span is in which events are counted together.",
    MINUTE="A minute of UTC.",
    HOUR="An hour of UTC.",
    DAY="A day of the time zone.",
    WEEK="A week of the time zone, from Monday.",
    MONTH="A month of the time zone.",
)
GraphQLThreadOutcome = enum(
    ThreadOutcome,
    "What came of an execution or a correlation.",
    PENDING="Something was asked for and has no outcome yet, or only began.",
    FAILED="The last that is known of an object is a failure, or what was asked for was refused.",
    COMPLETED="Everything came to an end without a failure.",
)
Name = Annotated[
    str, argument(description="The name of the object; `namespace/name` for a namespaced Kubernetes object.")
]
AppId = Annotated[str, argument(name="appId", description="The app (tenant) that the object belongs to.")]
TypeName = Annotated[str, argument(name="type", description="The domain type, registered or not, such as `Artifact`.")]
TypeNamed = Annotated[str, argument(description="The name of the domain type, such as `Artifact`.")]
InApp = Annotated[str | None, argument(name="appId", description="Only the objects of this app (tenant).")]
GlobalId = Annotated[strawberry.ID, argument(description="The id as it was given out.")]
First = Annotated[int, argument(description="How many to return at most, up to 500.")]
After = Annotated[
    str | None, argument(description="Continue after this cursor: `pageInfo.endCursor` of the page before.")
]
Time = Annotated[Instant, argument(description="The moment of interest, not after the request.")]
AsOf = Annotated[
    Instant | None, argument(description="List what existed at this moment; each entity is then looked at from there.")
]
Start = Annotated[
    Instant, argument(name="from", description="The earlier moment. What took effect at it belongs to the state there.")
]
End = Annotated[
    Instant | None,
    argument(name="to", description="The later moment, not after the request; by default the one it is seen from."),
]
KnownAt = Annotated[
    Instant | None,
    argument(
        name="knownAt", description="Answer with what was recorded by this moment; everything recorded by default."
    ),
]
IncludeDeleted = Annotated[
    bool, argument(name="includeDeleted", description="Return the last state even if the object is deleted.")
]
ShownAs = Annotated[
    SchemaView, argument(name="schemaView", description="In which version of its type the state is shown.")
]
InVersion = Annotated[
    str | None, argument(description="An apiVersion of its type to convert it into. Without one it is as it came.")
]
LabelSelector = Annotated[
    str | None,
    argument(
        name="labelSelector",
        description="A label selector as Kubernetes writes it: `team=platform,tier in (web,api),!old`.",
    ),
]
WHERE = argument(description="Only entities that meet these conditions.")
ORDER_BY = argument(
    name="orderBy", description="By what to order, first by the first; what is equal comes by app and name."
)


@strawberry.input(
    description="Conditions on events. All that are given must hold; the members of a list are alternatives."
)
class EventWhere:
    types: list[str] | None = strawberry.field(default=None, description="Domain types, such as `Artifact`.")
    app_ids: list[str] | None = strawberry.field(default=None, description="Apps (tenants).")
    names: list[str] | None = strawberry.field(default=None, description="Names of objects, with types and appIds.")
    kinds: list[str] | None = strawberry.field(default=None, description="Kinds, such as `ArtifactAppliedEvent`.")
    actions: list[str] | None = strawberry.field(default=None, description="Actions, such as `Applied`.")
    phases: list[Phase] | None = strawberry.field(default=None, description="Intents, outcomes, or both.")
    actors: list[str] | None = strawberry.field(
        default=None, description="Ids of actors, such as `anna.keller@example.com`."
    )
    actor_types: list[ActorType] | None = strawberry.field(default=None, description="Types of actors.")
    execution_id: str | None = strawberry.field(default=None, description="The run of a workflow.")
    correlation_id: str | None = strawberry.field(default=None, description="The request that caused the events.")
    comment: str | None = strawberry.field(
        default=None,
        description=(
            "Words that all stand in the comment, in any order and letter case. An intent has the comment of its"
            " writer, an imported event the message of its commit."
        ),
    )
    since: Instant | None = strawberry.field(default=None, description="Effective at or after this moment.")
    until: Instant | None = strawberry.field(default=None, description="Effective before this moment.")
    recorded_since: Instant | None = strawberry.field(default=None, description="Recorded at or after this moment.")
    recorded_until: Instant | None = strawberry.field(default=None, description="Recorded before this moment.")


BucketLength = Annotated[Bucket, argument(name="bucket", description="How long each bucket is.")]
Since = Annotated[Instant, argument(description="Effective at or after this moment.")]
SinceAny = Annotated[
    Instant | None, argument(description="Effective at or after this moment; from the beginning by default.")
]
UntilAny = Annotated[Instant | None, argument(description="Effective before this moment; up to now by default.")]
TimeZone = Annotated[
    str, argument(name="timeZone", description="Whose days, weeks and months: a name like `Europe/Berlin`.")
]
ByActorType = Annotated[ActorType | None, argument(name="type", description="Only what this type of actor did.")]
ByKinds = Annotated[
    list[str] | None, argument(description="Only events of these kinds, such as `ArtifactAppliedEvent`.")
]
Where = Annotated[EventWhere | None, argument(description="Only events that meet these conditions.")]
OrderBy = Annotated[Order, argument(name="order", description="Which events come first.")]

InTimeline = Annotated[TimelineOrder, argument(name="order", description="Which events come first.")]

_LISTS = ("types", "app_ids", "names", "kinds", "actions", "phases", "actors", "actor_types")
_MOST_VALUES = 100
_MOST_WORDS = 8


def event_filter(where: EventWhere | None) -> EventFilter:
    """The conditions as the log takes them. Raises InvalidArgument for a condition that nothing can meet."""
    if where is None:
        return EventFilter()
    lists: dict[str, Any] = {
        name: _alternatives(f"where.{to_camel_case(name)}", getattr(where, name)) for name in _LISTS
    }
    return EventFilter(
        **lists,
        execution_id=where.execution_id,
        correlation_id=where.correlation_id,
        words=_words(where.comment),
        since=where.since,
        until=where.until,
        recorded_since=where.recorded_since,
        recorded_until=where.recorded_until,
    )


def act_filter(actor_type: ActorType | None, kinds: list[str] | None) -> ActFilter:
    return ActFilter(actor_type, _alternatives("kinds", kinds))


def _alternatives(shown: str, values: list[Any] | None) -> tuple[Any, ...]:
    if values is not None and not values:
        raise InvalidArgument(f"{shown} is an empty list, which no event meets", hint="Leave it out.")
    distinct = tuple(dict.fromkeys(values or ()))
    if len(distinct) > _MOST_VALUES:
        raise InvalidArgument(
            f"{shown} has {len(distinct):,} members, {_MOST_VALUES} are allowed", hint="Ask several times."
        )
    return distinct


def _words(comment: str | None) -> tuple[str, ...]:
    found = tuple(words(comment or ""))
    if comment is not None and not found:
        raise InvalidArgument(f"where.comment '{comment[:60]}' holds no word", hint="Leave it out.")
    if len(found) > _MOST_WORDS:
        raise InvalidArgument(
            f"where.comment has {len(found)} words, {_MOST_WORDS} are allowed", hint="Take the rarest of them."
        )
    return found

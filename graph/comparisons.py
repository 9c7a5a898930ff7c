"""Two moments beside each other: what became of an entity, by whom, and by which events."""

from collections.abc import Sequence
from typing import Any, Protocol

from strawberry.types.field import StrawberryField

from domain.changes import Difference
from graph import moments
from graph.arguments import After, End, First, InTimeline, KnownAt, Start, TimelineOrder, Where, enum, event_filter
from graph.batching import batched
from graph.definitions import Reads, field, list_of, nullable, object_type
from graph.resolving import Asked, attribute
from graph.scalars import Instant
from graph.selection import needed
from resolvers import comparisons
from resolvers.views import ComparisonView, EntityView

GraphQLDifference = enum(
    Difference,
    "What became of an object between two moments.",
    CREATED="It was not there, and is.",
    CHANGED="It is there both times, and differs.",
    DELETED="It was there, and is no more.",
    UNCHANGED="It is the same both times, whatever happened in between; or it is there neither time.",
)


class Types(Protocol):
    """The types that a comparison leads to."""

    entity: type
    state: type
    event_connection: type
    actor: type
    change: type


def comparison_type() -> type:
    return object_type("Comparison", "An entity at two moments, and what happened in between.")


def comparison_fields(types: Types) -> list[StrawberryField]:
    return [
        field(attribute("entity"), types.entity, "The entity, seen from `to`.", name="entity", reads=Reads.NOTHING),
        field(attribute("start"), Instant, "The earlier moment.", name="from", reads=Reads.NOTHING),
        field(attribute("entity", "moment", "at"), Instant, "The later moment.", name="to", reads=Reads.NOTHING),
        field(
            attribute("before"),
            nullable(types.state),
            "The state at `from`; null when there was none.",
            name="before",
            reads=Reads.THROUGH,
        ),
        field(
            attribute("after"),
            nullable(types.state),
            "The state at `to`; null when there is none.",
            name="after",
            reads=Reads.THROUGH,
        ),
        field(attribute("difference"), GraphQLDifference, "What became of it.", name="difference", reads=Reads.STATE),
        field(
            attribute("changes"),
            list_of(types.change),
            "What differs between the two states; of an object that came or went, the whole of it.",
            name="changes",
            reads=Reads.STATE,
        ),
        field(
            _events,
            types.event_connection,
            "Its events after `from` and up to `to`, from new to old or the other way.",
            name="events",
            reads=Reads.NOTHING,
        ),
        field(
            _actors,
            list_of(types.actor),
            "Who acted on it in between, each with the newest event: humans first, then the most recent. Of many "
            "events the newest 500 are looked at.",
            name="actors",
            reads=Reads.NOTHING,
        ),
    ]


@batched
async def compare(
    roots: Sequence[EntityView], info: Asked, start: Start, end: End = None, known_at: KnownAt = None
) -> Any:
    moments.checked(info.context, start, known_at, "from")
    moments.checked(info.context, end, None, "to")
    return await info.context.load_all(comparisons.comparisons, roots, start, end, known_at, needed(info))


@batched
async def _events(
    roots: Sequence[ComparisonView],
    info: Asked,
    first: First = 20,
    after: After = None,
    where: Where = None,
    order: InTimeline = TimelineOrder.NEWEST,
) -> Any:
    return await comparisons.timelines(
        info.context, roots, event_filter(where), order.order, first, after, needed(info)
    )


@batched
async def _actors(roots: Sequence[ComparisonView], info: Asked) -> Any:
    return await info.context.load_all(comparisons.actors, roots)

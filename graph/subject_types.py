"""The types of actors, executions and correlations, and the root fields that lead to them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import strawberry
from strawberry.types.field import StrawberryField

from graph import subjects
from graph.arguments import GraphQLActorType, GraphQLThreadOutcome
from graph.definitions import Reads, field, fields_of, list_of, nullable, object_type
from graph.resolving import attribute
from graph.scalars import Instant

if TYPE_CHECKING:
    from graph.common_types import CommonTypes

ID = strawberry.ID
TIMELINE = "How many events there are in each bucket of time, also where there are none; 1,000 buckets at most."
_AT_MOST = "At most 100,000 events are counted; narrow it with since and until."


class Numbers:
    """The types of counts."""

    def __init__(self) -> None:
        named = object_type(
            "NamedCount",
            "How many events have a name: a kind, a type, an app.",
            [
                field(attribute("name"), str, "The name.", name="name"),
                field(attribute("count"), int, "How many.", name="count"),
            ],
        )
        by_actor_type = object_type(
            "ActorTypeCount",
            "How many events a type of actor caused.",
            [
                field(attribute("name"), GraphQLActorType, "The type of actor.", name="type"),
                field(attribute("count"), int, "How many.", name="count"),
            ],
        )
        both = [
            field(attribute("events"), int, "How many events.", name="events"),
            field(attribute("kinds"), list_of(named), "By kind, the 100 most frequent.", name="kinds"),
            field(attribute("actor_types"), list_of(by_actor_type), "By type of actor.", name="actorTypes"),
        ]
        self.bucket = object_type(
            "TimelineBucket",
            "What happened in a span of time.",
            [
                field(attribute("start"), Instant, "It begins at this moment.", name="start"),
                field(attribute("end"), Instant, "It ends before this moment.", name="end"),
                *both,
            ],
        )
        self.counts = object_type(
            "EventCounts",
            "How many events there are, by what.",
            [
                *both,
                field(attribute("types"), list_of(named), "By domain type, the 100 most frequent.", name="types"),
                field(attribute("apps"), list_of(named), "By app, the 100 most frequent.", name="apps"),
            ],
        )


def root_fields(common: "CommonTypes") -> Iterable[StrawberryField]:
    involved = _involved_pages(common)
    of_actor, of_execution, of_correlation = (_subject(common, involved) for _ in range(3))
    actor = object_type("ActorActivity", "Somebody or something, and all that it caused.", of_actor)
    execution = object_type("ExecutionActivity", "One run of a workflow.", [*of_execution, *_thread(common)])
    correlation = object_type("CorrelationActivity", "One request.", [*of_correlation, *_thread(common)])
    fields_of(actor).append(field(subjects.actor_type, GraphQLActorType, "What it last acted as.", name="type"))
    yield field(subjects.actor, nullable(actor), "An actor by its id; null if it never acted.", name="actor")
    yield field(
        subjects.execution, nullable(execution), "A run of a workflow; null if nothing belongs to it.", name="execution"
    )
    yield field(
        subjects.correlation, nullable(correlation), "A request; null if nothing belongs to it.", name="correlation"
    )
    yield field(subjects.root_timeline, list_of(common.numbers.bucket), TIMELINE, name="timeline")


def _subject(common: "CommonTypes", involved: type) -> list[StrawberryField]:
    event, numbers = common.event, common.numbers
    return [
        field(attribute("id"), ID, "Its id.", name="id"),
        field(subjects.events, common.log, "Its events.", name="events"),
        field(subjects.first_event, event, "The event that it began with.", name="firstEvent", reads=Reads.THROUGH),
        field(subjects.last_event, event, "Its newest event.", name="lastEvent", reads=Reads.THROUGH),
        field(
            subjects.entities,
            involved,
            f"The entities that its events are about, the one touched last first. {_AT_MOST}",
            name="entities",
        ),
        field(subjects.counts, numbers.counts, f"How many events there are, by what. {_AT_MOST}", name="counts"),
        field(subjects.timeline, list_of(numbers.bucket), TIMELINE, name="timeline"),
    ]


def _thread(common: "CommonTypes") -> list[StrawberryField]:
    return [
        field(
            subjects.outcome,
            nullable(GraphQLThreadOutcome),
            "What came of it, as its events tell. Null when they are more than 10,000.",
            name="outcome",
        ),
        field(
            subjects.actors,
            list_of(common.actor),
            "Who took part in its first 10,000 events, in order of appearance, each with the newest event.",
            name="actors",
        ),
        field(subjects.started_at, Instant, "The time of its first event.", name="startedAt"),
        field(subjects.ended_at, Instant, "The time of its last event so far.", name="endedAt"),
    ]


def _involved_pages(common: "CommonTypes") -> type:
    involved = object_type(
        "InvolvedEntity",
        "An entity, and how often it was acted on.",
        [
            field(attribute("entity"), common.entity, "The entity.", name="entity"),
            field(attribute("involved", "events"), int, "How many events are about it.", name="events"),
            field(attribute("involved", "first"), Instant, "The time of the first of them.", name="first"),
            field(attribute("involved", "last"), Instant, "The time of the last of them.", name="last"),
        ],
    )
    edge = object_type("InvolvedEntityEdge", "An involved entity and its cursor.", common.edge_fields(involved))
    return object_type(
        "InvolvedEntityConnection",
        "A page of entities, the one touched last first, as of the moment of the first page.",
        common.connection_fields(edge, involved),
    )

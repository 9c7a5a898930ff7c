"""The types that every schema has, whatever its registry: interfaces, events, actors, pages."""

from collections.abc import Iterable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from domain.domain_type import DomainType
from graph import resolving
from graph.arguments import GraphQLActorType, GraphQLPhase
from graph.blaming import blame, blame_fields, blame_type
from graph.comparisons import compare, comparison_fields, comparison_type
from graph.definitions import DocumentField, Reads, field, fields_of, list_of, nullable, object_type
from graph.list_inputs import ListTypes
from graph.resolving import attribute
from graph.scalars import JSON, Instant, Long
from graph.subject_types import TIMELINE, Numbers
from graph.subjects import entity_timeline
from graph.typenames import GENERIC, MIXED, resolve

ID = strawberry.ID


class CommonTypes:
    """Made anew for each schema, so that a replaced schema is freed with all of its types."""

    def __init__(self) -> None:
        self.lists = ListTypes()
        self.node = object_type(
            "Node",
            "An object with a global id.",
            [field(resolving.global_id, ID, "The global id.", name="id", reads=Reads.NOTHING)],
            resolve_type=resolve,
        )
        self.page_info = _page_info()
        self.meta = _object_meta()
        self.change = _change()
        self.state, self.event, self.entity = (
            object_type(
                "State",
                "The complete domain object that an outcome event carries, and the time that it held.",
                resolve_type=resolve,
            ),
            object_type(
                "Event",
                "An immutable entry of the log: what was asked or what happened, by whom, and when.",
                resolve_type=resolve,
            ),
            object_type(
                "Entity",
                "One domain object through time, seen from one moment: now, or that of the list or `at` above it.",
                resolve_type=resolve,
            ),
        )
        self.event_edge = object_type("EventEdge", "An event and its cursor.", resolve_type=resolve)
        self.event_connection = object_type("EventConnection", "A page of events.", resolve_type=resolve)
        self.actor = object_type("Actor", "Who or what caused an event.")
        self.numbers = Numbers()
        self.comparison = comparison_type()
        self.blame = blame_type()
        fields_of(self.actor).extend(self._actor_fields())
        fields_of(self.comparison).extend(comparison_fields(self))
        fields_of(self.blame).extend(blame_fields(self.event, self.actor))
        fields_of(self.state).extend(self.state_fields(self.event))
        fields_of(self.event).extend(self.event_fields(self.entity, self.state, self.event))
        fields_of(self.entity).extend(self.entity_fields(self.state, self.event_connection, self.event))
        fields_of(self.event_edge).extend(self.edge_fields(self.event))
        self.total = _total()
        fields_of(self.event_connection).extend(self.event_page_fields(self.event_edge, self.event))
        self.generic = self._generic_types()
        self.listed = self.lists.of("Entity", fields_of(self.generic[1]))
        self.log_edge, self.log = self._mixed_log()
        self.entities = self.entity_pages("Entity", self.entity, "entities")

    def event_pages(self, prefix: str, event: type, of: str) -> type:
        """The connection type of the events of one type."""
        edge = object_type(
            f"{prefix}EventEdge",
            f"An event of {of} and its cursor.",
            self.edge_fields(event),
            interfaces=[self.event_edge],
        )
        return object_type(
            f"{prefix}EventConnection",
            f"A page of events of {of}.",
            self.event_page_fields(edge, event),
            interfaces=[self.event_connection],
        )

    def entity_pages(self, prefix: str, entity: type, of: str) -> type:
        edge = object_type(f"{prefix}Edge", f"One of the {of}, and its cursor.", self.edge_fields(entity))
        return object_type(
            f"{prefix}Connection", f"A page of {of}, by app and name.", self.connection_fields(edge, entity)
        )

    def state_fields(self, event: type) -> list[StrawberryField]:
        return [
            DocumentState("apiVersion", str, "The version of the object's schema."),
            DocumentState("kind", str, "The kind of the object."),
            field(
                resolving.state_meta, nullable(self.meta), "Name, labels and the like.", name="meta", reads=Reads.META
            ),
            field(attribute("event", "version"), int, "The entity's version, 1 for its first event.", name="version"),
            field(attribute("event", "timestamp_iso"), Instant, "Since when it holds.", name="validFrom"),
            field(
                resolving.valid_to,
                nullable(Instant),
                "When the next state followed; it holds before this moment. Null while it holds.",
                name="validTo",
                reads=Reads.NOTHING,
            ),
            field(
                attribute("event", "deletes"),
                bool,
                "Whether this is the last state of a deleted object.",
                name="deleted",
            ),
            field(resolving.state_event, event, "The event that carries it.", name="event", reads=Reads.THROUGH),
            field(
                resolving.state_raw,
                JSON,
                "The whole object: as it came, or in the version that is asked for.",
                name="raw",
                reads=Reads.STATE,
            ),
            field(
                blame, list_of(self.blame), "Who gave each field its value, and when.", name="blame", reads=Reads.STATE
            ),
        ]

    def event_fields(self, entity: type, state: type, event: type) -> list[StrawberryField]:
        return [
            field(attribute("event", "id"), ID, "The event's id, which is its writer's idempotency key.", name="id"),
            field(attribute("event", "kind"), str, "The kind, such as `ArtifactAppliedEvent`.", name="kind"),
            field(attribute("event", "action"), str, "What was done, such as `Applied`.", name="action"),
            field(attribute("event", "phase"), GraphQLPhase, "Whether it asks or tells.", name="phase"),
            field(attribute("event", "api_version"), str, "The version of the envelope.", name="apiVersion"),
            field(attribute("event", "timestamp_iso"), Instant, "Effective time: when it was true.", name="timestamp"),
            field(
                attribute("event", "timestamp_text"),
                nullable(str),
                "The writer's own text of the time, when it is finer than milliseconds.",
                name="timestampText",
            ),
            field(
                attribute("event", "recorded_at_iso"),
                Instant,
                "Recorded time: when this store learned it.",
                name="recordedAt",
            ),
            field(attribute("event", "version"), int, "The entity's version, 1 for its first event.", name="version"),
            field(resolving.event_actor, self.actor, "Who or what caused it.", name="actor", reads=Reads.THROUGH),
            field(
                attribute("event", "correlation_id"), nullable(str), "The request that caused it.", name="correlationId"
            ),
            field(
                attribute("event", "execution_id"),
                nullable(str),
                "The run of a workflow that it is part of.",
                name="executionId",
            ),
            field(attribute("event", "entity", "type"), str, "The domain type of its entity.", name="type"),
            field(attribute("event", "entity", "app_id"), str, "The app (tenant) of its entity.", name="appId"),
            field(attribute("event", "entity", "name"), str, "The name of its entity.", name="name"),
            field(resolving.event_entity, entity, "The entity that it is about.", name="entity", reads=Reads.NOTHING),
            field(
                resolving.event_state,
                nullable(state),
                "The object after the event; of a delete, before it. Null for an intent and for an act alone.",
                name="state",
                reads=Reads.THROUGH,
            ),
            field(
                resolving.event_changes,
                list_of(self.change),
                "What it changed against the state before it; of a delete, the whole object ends.",
                name="changes",
                reads=Reads.STATE,
            ),
            field(resolving.event_intent, nullable(event), "Of an outcome: what had been asked.", name="intent"),
            field(resolving.event_outcome, nullable(event), "Of an intent: what came of it.", name="outcome"),
            field(resolving.event_pending, bool, "An intent without an outcome yet.", name="pending"),
            field(
                attribute("event", "failed"), bool, "An intent that was refused: see `spec.validation`.", name="failed"
            ),
            field(
                resolving.event_requested,
                nullable(JSON),
                "Of an intent: the object that it asks for.",
                name="requested",
                reads=Reads.STATE,
            ),
            field(
                resolving.event_deviations,
                list_of(self.change),
                "What the outcome's object has other than its intent's.",
                name="deviations",
                reads=Reads.STATE,
            ),
            field(resolving.event_meta, JSON, "The meta of the envelope.", name="meta", reads=Reads.BODY),
            field(
                resolving.event_spec,
                JSON,
                "The spec of the envelope, without the object.",
                name="spec",
                reads=Reads.BODY,
            ),
            field(resolving.event_envelope, JSON, "The whole envelope.", name="envelope", reads=Reads.WHOLE),
        ]

    def entity_fields(self, state: type, events: type, event: type) -> list[StrawberryField]:
        return [
            field(resolving.global_id, ID, "The global id, for `node(id:)`.", name="id", reads=Reads.NOTHING),
            field(attribute("entity", "type"), str, "The domain type.", name="type"),
            field(attribute("entity", "app_id"), str, "The app (tenant) that it belongs to.", name="appId"),
            field(attribute("entity", "name"), str, "Its name.", name="name"),
            field(
                resolving.current,
                nullable(state),
                "The state at the moment it is seen from. Null before its first state and after a delete.",
                name="current",
                reads=Reads.THROUGH,
            ),
            field(
                resolving.as_of,
                nullable(state),
                "The state at a moment, by the newest outcome up to it. Null before the first and after a delete.",
                name="asOf",
                reads=Reads.NOTHING,
            ),
            field(
                resolving.timeline,
                events,
                "Its events, from new to old or the other way.",
                name="events",
                reads=Reads.NOTHING,
            ),
            field(
                compare,
                self.comparison,
                "What became of it between two moments, and by whom.",
                name="compare",
                reads=Reads.NOTHING,
            ),
            field(
                resolving.last_actor,
                nullable(self.actor),
                "Who or what last acted on it; by type, the last human, service or controller.",
                name="lastActor",
                reads=Reads.LAST,
            ),
            field(entity_timeline, list_of(self.numbers.bucket), TIMELINE, name="timeline", reads=Reads.NOTHING),
            field(
                resolving.first_actor,
                nullable(self.actor),
                "Who or what first acted on it.",
                name="firstActor",
                reads=Reads.NOTHING,
            ),
            field(
                resolving.last_event,
                nullable(event),
                "Its newest event of any kind.",
                name="lastEvent",
                reads=Reads.LAST,
            ),
            field(
                resolving.first_event,
                nullable(event),
                "The event that it began with.",
                name="firstEvent",
                reads=Reads.NOTHING,
            ),
        ]

    def edge_fields(self, node: type) -> list[StrawberryField]:
        return [
            field(attribute("cursor"), str, "A cursor for `after`.", name="cursor"),
            field(attribute("node"), node, "The item.", name="node", reads=Reads.THROUGH),
        ]

    def connection_fields(self, edge: type, node: type) -> list[StrawberryField]:
        return [
            field(resolving.edges, list_of(edge), "The items with their cursors.", name="edges", reads=Reads.THROUGH),
            field(attribute("nodes"), list_of(node), "The items.", name="nodes", reads=Reads.THROUGH),
            field(
                resolving.page_info,
                self.page_info,
                "Whether and where the list goes on.",
                name="pageInfo",
                reads=Reads.THROUGH,
            ),
        ]

    def event_page_fields(self, edge: type, event: type) -> list[StrawberryField]:
        text = "How many events meet the conditions, on all pages."
        return [
            *self.connection_fields(edge, event),
            field(resolving.total_count, self.total, text, name="totalCount", reads=Reads.NOTHING),
        ]

    def _actor_fields(self) -> Iterable[StrawberryField]:
        yield field(attribute("event", "event", "actor", "id"), str, "The actor's id.", name="id")
        yield field(
            attribute("event", "event", "actor", "type"),
            GraphQLActorType,
            "Whether it is a human, a service or a controller.",
            name="type",
        )
        yield field(resolving.actor_event, self.event, "The event that it caused.", name="event", reads=Reads.THROUGH)

    def _generic_types(self) -> tuple[type, type, type]:
        """Entity, state and event of the types that nobody registered."""
        of = "a type that nobody registered"
        state = object_type(f"{GENERIC}State", f"The state of an object of {of}.", interfaces=[self.state])
        event = object_type(f"{GENERIC}Event", f"An event about an object of {of}.", interfaces=[self.node, self.event])
        entity = object_type(f"{GENERIC}Entity", f"An object of {of}.", interfaces=[self.node, self.entity])
        fields_of(state).extend(self.state_fields(event))
        fields_of(state).append(DocumentState("spec", JSON, "What the object is to be."))
        fields_of(state).append(DocumentState("status", JSON, "What was observed of the object."))
        fields_of(event).extend(self.event_fields(entity, state, event))
        pages = self.event_pages(GENERIC, event, of)
        fields_of(entity).extend(self.entity_fields(state, pages, event))
        return entity, state, event

    def _mixed_log(self) -> tuple[type, type]:
        edge = object_type(
            f"{MIXED}Edge",
            "An event of any type and its cursor.",
            self.edge_fields(self.event),
            interfaces=[self.event_edge],
        )
        pages = object_type(
            f"{MIXED}Connection",
            "A page of the whole log.",
            [*self.event_page_fields(edge, self.event), _settled()],
            interfaces=[self.event_connection],
        )
        return edge, pages


class DocumentState(DocumentField):
    """A top-level property of the object that a state holds."""

    def __init__(
        self,
        key: str,
        type_: Any,
        description: str,
        *,
        name: str | None = None,
        references: Any = None,
        written_type: Any = None,
        deprecation: str | None = None,
        keeping: DomainType | None = None,
    ) -> None:
        super().__init__(
            key,
            nullable(type_),
            name=name,
            description=description,
            written_type=written_type,
            deprecation=deprecation,
        )
        self._read = resolving.state_property(key, references, keeping)
        self._is_plain = not references and not keeping

    @property
    def path(self) -> tuple[str, ...] | None:
        return ("event", "state") if self._is_plain else None

    def read(self, source: Any) -> Any:
        return self._read(source)


def _page_info() -> type:
    return object_type(
        "PageInfo",
        "Whether and where a list goes on.",
        [
            field(attribute("has_next"), bool, "Whether there is more after this page.", name="hasNextPage"),
            field(attribute("has_previous"), bool, "Whether this is not the first page.", name="hasPreviousPage"),
            field(
                resolving.start_cursor,
                nullable(str),
                "The cursor of the first item.",
                name="startCursor",
                reads=Reads.NOTHING,
            ),
            field(
                resolving.end_cursor,
                nullable(str),
                "The cursor of the last item, for `after`.",
                name="endCursor",
                reads=Reads.NOTHING,
            ),
        ],
    )


def _total() -> type:
    return object_type(
        "TotalCount",
        "How many there are, counted up to 10,000; of more than ten entities together up to 100,000 shared among them.",
        [
            field(attribute("count"), int, "The number; at least so many, if it is not exact.", name="count"),
            field(attribute("exact"), bool, "Whether there are no more than were counted.", name="exact"),
        ],
    )


def _settled() -> StrawberryField:
    return field(
        resolving.settled,
        nullable(Instant),
        "In recorded order: everything that was recorded before is on this page or those before it, once there is"
        " no next one. Continue after the last cursor to see what comes.",
        name="settled",
    )


def _change() -> type:
    return object_type(
        "Change",
        "One difference between two states.",
        [
            field(attribute("path"), str, "A JSON Pointer to what differs.", name="path"),
            field(attribute("before"), nullable(JSON), "What stood there before; null when nothing did.", name="from"),
            field(attribute("after"), nullable(JSON), "What stands there now; null when nothing does.", name="to"),
        ],
    )


def _object_meta() -> type:
    texts = {
        "name": "The name of the object.",
        "appId": "The app (tenant) that it belongs to.",
        "namespace": "The Kubernetes namespace.",
        "uid": "The unique id that Kubernetes gave it.",
    }
    return object_type(
        "ObjectMeta",
        "What every domain object says about itself.",
        [
            *(DocumentField(key, nullable(str), description=text) for key, text in texts.items()),
            DocumentField("generation", nullable(Long), description="The generation that Kubernetes counts."),
            DocumentField("labels", nullable(JSON), description="Labels by name."),
            DocumentField("annotations", nullable(JSON), description="Annotations by name."),
        ],
    )

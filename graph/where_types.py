"""The inputs of `where`: conditions on entities, typed as the states of a domain type are. docs/filters.md shows them.

Each is read into a condition of the domain. One input stands for each kind of scalar, and one for each object down to
the third level of a state; what lies deeper is named by its path.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from strawberry.types.field import StrawberryField

from domain import entity_view
from domain.conditions import At, Compare, Condition, Not, OneOf, Operator
from domain.event import ActorType, Phase
from graph import where_values
from graph.arguments import GraphQLActorType, GraphQLPhase
from graph.definitions import DocumentField, definition_of, fields_of, input_type, list_of, nullable
from graph.scalars import JSON, Instant, Long

DEEPEST = 3
_COMPARABLE = ("gt", "gte", "lt", "lte")
_TEXTUAL = ("startsWith", "endsWith", "contains")
_TELLS = {
    "eq": "It equals this.",
    "ne": "It does not equal this; also when there is nothing.",
    "in": "It equals one of these.",
    "notIn": "It equals none of these; also when there is nothing.",
    "gt": "It is greater than this.",
    "gte": "It is this or greater.",
    "lt": "It is less than this.",
    "lte": "It is this or less.",
    "startsWith": "It begins with this text.",
    "endsWith": "It ends with this text.",
    "contains": "This text is a part of it.",
    "exists": "Whether there is a value that is not null.",
    "any": "It holds for a member of the list.",
    "all": "It holds for every member of the list; also when there is none.",
    "none": "It holds for no member of the list; also when there is none.",
}


@dataclass(slots=True)
class WhereTypes:
    """Made anew for each schema; the inputs that every domain type shares."""

    scalars: dict[Any, type] = field(default_factory=dict)
    lists: dict[Any, type] = field(default_factory=dict)
    json: type = field(init=False)
    actor: type = field(init=False)
    last_event: type = field(init=False)

    def __post_init__(self) -> None:
        ordered = ("eq", "ne", "in", "notIn", *_COMPARABLE)
        for type_, name, what, operators in (
            (str, "String", "a text, by code points", (*ordered, *_TEXTUAL)),
            (int, "Int", "a whole number of 32 bits", ordered),
            (Long, "Long", "a whole number", ordered),
            (float, "Float", "a number", ordered),
            (bool, "Boolean", "a boolean", ("eq", "ne")),
        ):
            made = input_type(
                f"{name}Where",
                f"Conditions on {what}. All that are given must hold; a value of another kind meets none.",
                _comparisons(type_, operators),
                where_values.comparisons,
            )
            self.scalars[type_] = made
            self.lists[type_] = self.list_of(f"{name}ListWhere", made)
        self.json = self._json()
        self.actor = self._actor()
        self.last_event = self._last_event()

    @property
    def shared(self) -> list[type]:
        return [*self.scalars.values(), *self.lists.values(), self.json]

    def of_entities(self, name: str, state: Iterable[StrawberryField], levels: Mapping[type, int]) -> type:
        """The input for the entities of a type with these fields of its state."""
        made = _Objects(self, levels)
        where = input_type(
            f"{name}Where",
            f"Conditions on entities{f' of type {name}' if name != 'Entity' else ''}. All that are given must hold.",
            [],
            _entity,
        )
        fields = self._own(where)
        taken = {each.graphql_name for each in fields}
        for each in state:
            if isinstance(each, DocumentField) and each.key not in ("apiVersion", "kind"):
                shown = each.graphql_name or each.key
                type_ = made.member(each.written_type)
                label = f"{shown}_" if shown in taken else shown
                fields.append(
                    DocumentField(
                        _IN_STATE + each.key,
                        nullable(type_),
                        name=label,
                        description=f"On `{shown}`.",
                        deprecation=each.deprecation_reason,
                    )
                )
        fields_of(where).extend(fields)
        return where

    def list_of(self, name: str, member: type) -> type:
        fields = [_condition(operator, member) for operator in ("any", "all", "none")]
        fields.append(_condition("exists", bool))
        return input_type(name, "Conditions on the members of a list.", fields, where_values.members)

    def _own(self, where: type) -> list[StrawberryField]:
        text, instant = self.scalars[str], nullable(Instant)
        members: dict[str, tuple[Any, str]] = {
            "and": (list_of(where), "All of these hold."),
            "or": (list_of(where), "One of these holds."),
            "not": (where, "This does not hold."),
            "name": (text, "On the name."),
            "appId": (text, "On the app (tenant)."),
            "labels": (JSON, 'On labels, by name: `{team: {eq: "platform"}}`, with what `StringWhere` offers.'),
            "annotations": (JSON, "On annotations, as on labels."),
            "changedSince": (instant, "The state took effect at or after this moment."),
            "changedUntil": (instant, "The state took effect before this moment."),
            "lastActor": (self.actor, "On who or what caused the newest event of any kind."),
            "lastEvent": (self.last_event, "On the newest event of any kind."),
            "raw": (list_of(self.json), "On anything in the object, by path: `/spec/replicas`."),
        }
        return [DocumentField(key, nullable(type_), description=text) for key, (type_, text) in members.items()]

    def _json(self) -> type:
        json = input_type(
            "JSONWhere",
            "Conditions on what stands at a path inside a value. All that are given must hold.",
            [
                DocumentField(
                    "path",
                    nullable(str),
                    description="A JSON Pointer such as `/a/b`; the value itself when it is left out.",
                ),
                *_comparisons(JSON, ("eq", "ne", "in", "notIn", *_COMPARABLE, *_TEXTUAL)),
            ],
            where_values.json,
        )
        fields_of(json).extend(_condition(operator, json) for operator in ("any", "all", "none"))
        return json

    def _actor(self) -> type:
        kind = input_type(
            "ActorTypeWhere",
            "Conditions on the type of an actor.",
            _comparisons(GraphQLActorType, ("eq", "ne", "in", "notIn"))[:-1],
            lambda given: where_values.comparisons(_plain(given)),
        )
        return input_type(
            "ActorWhere",
            "Conditions on an actor. All that are given must hold.",
            [
                DocumentField("id", nullable(self.scalars[str]), description="On the actor's id."),
                DocumentField(
                    "type", nullable(kind), description="On whether it is a human, a service or a controller."
                ),
            ],
            where_values.properties,
        )

    def _last_event(self) -> type:
        text = nullable(self.scalars[str])
        return input_type(
            "LastEventWhere",
            "Conditions on the newest event of an entity. All that are given must hold.",
            [
                DocumentField("kind", text, description="On the kind, such as `ArtifactAppliedEvent`."),
                DocumentField("action", text, description="On the action, such as `Applied`."),
                DocumentField("phase", nullable(GraphQLPhase), description="Whether it asks or tells."),
                DocumentField("actor", nullable(self.actor), description="On who or what caused it."),
                DocumentField("executionId", text, description="On the run of a workflow."),
                DocumentField("correlationId", text, description="On the request that caused it."),
                DocumentField("since", nullable(Instant), description="Effective at or after this moment."),
                DocumentField("until", nullable(Instant), description="Effective before this moment."),
            ],
            _event,
        )


@dataclass(slots=True)
class _Objects:
    """The inputs below one domain type: one for each object type whose home is not too deep."""

    shared: WhereTypes
    levels: Mapping[type, int]
    objects: dict[type, type] = field(default_factory=dict)
    lists: dict[type, type] = field(default_factory=dict)

    def member(self, type_: Any) -> Any:
        """The input for a value of this output type."""
        inner, depth = innermost(type_)
        if inner in self.shared.scalars and depth < 2:
            return (self.shared.lists if depth else self.shared.scalars)[inner]
        if depth > 1 or self.levels.get(inner, DEEPEST + 1) > DEEPEST:
            return list_of(self.shared.json)
        return self._list(inner) if depth else self._object(inner)

    def _object(self, output: type) -> type:
        if output not in self.objects:
            name = definition_of(output).name
            self.objects[output] = input_type(f"{name}Where", f"Conditions on `{name}`.", [], _object)
            fields_of(self.objects[output]).extend(self._conditions(output))
        return self.objects[output]

    def _conditions(self, output: type) -> Iterable[StrawberryField]:
        names = set()
        for each in document_fields(output):
            type_ = nullable(self.member(each.written_type))
            names.add(each.graphql_name)
            text, why = f"On `{each.key}`.", each.deprecation_reason
            yield DocumentField(each.key, type_, name=each.graphql_name, description=text, deprecation=why)
        if "exists" not in names:
            yield _condition("exists", bool, key=_EXISTS)

    def _list(self, output: type) -> type:
        if output not in self.lists:
            name = f"{definition_of(output).name}ListWhere"
            self.lists[output] = self.shared.list_of(name, self._object(output))
        return self.lists[output]


# Keys of what is no property, apart from all that are: no key of a document holds a NUL.
_EXISTS = "exists\0"
_IN_STATE = "state\0"


def _object(given: dict[str, Any]) -> Condition:
    exists = {"exists": given.pop(_EXISTS)} if _EXISTS in given else {}
    return where_values.both([where_values.properties(given), where_values.comparisons(exists)])


def _effective(operator: Operator, *path: str) -> Callable[[Any], Condition]:
    return lambda instant: At((*path, "timestamp"), Compare(operator, instant))


def _below(*path: str) -> Callable[[Any], Condition]:
    return lambda part: At(path, where_values.several(part))


_OF_ENTITIES: dict[str, Callable[[Any], Condition]] = {
    "and": where_values.several,
    "or": where_values.either,
    "not": Not,
    "name": _below(*entity_view.NAME),
    "appId": _below(*entity_view.APP_ID),
    "labels": lambda part: where_values.labelled(part, (*entity_view.META, "labels")),
    "annotations": lambda part: where_values.labelled(part, (*entity_view.META, "annotations")),
    "changedSince": _effective(Operator.GTE, *entity_view.STATE_EVENT),
    "changedUntil": _effective(Operator.LT, *entity_view.STATE_EVENT),
    "lastActor": _below(*entity_view.LAST_EVENT, "actor"),
    "lastEvent": _below(*entity_view.LAST_EVENT),
    "raw": _below(*entity_view.STATE),
}
_OF_EVENTS: dict[str, Callable[[Any], Condition]] = {
    "since": _effective(Operator.GTE),
    "until": _effective(Operator.LT),
    "phase": lambda part: At(("phase",), OneOf((Phase(part).value,))),
}


def _entity(given: dict[str, Any]) -> Condition:
    def read(key: str) -> Callable[[Any], Condition]:
        return _OF_ENTITIES.get(key) or _below(*entity_view.STATE, key.removeprefix(_IN_STATE))

    return where_values.both(read(key)(part) for key, part in where_values.present(given))


def _event(given: dict[str, Any]) -> Condition:
    parts = where_values.present(given)
    return where_values.both((_OF_EVENTS.get(key) or _below(key))(part) for key, part in parts)


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """Members of an enum as texts."""
    return {
        key: [each.value for each in value] if isinstance(value, list) else value and ActorType(value).value
        for key, value in given.items()
    }


def _comparisons(operand: Any, operators: Iterable[str]) -> list[StrawberryField]:
    made = [_condition(each, list_of(operand) if each in ("in", "notIn") else operand) for each in operators]
    return [*made, _condition("exists", bool)]


def _condition(operator: str, type_: Any, key: str | None = None) -> StrawberryField:
    chosen = str if operator in _TEXTUAL else type_
    return DocumentField(key or operator, nullable(chosen), name=operator, description=_TELLS[operator])


def innermost(type_: Any) -> tuple[Any, int]:
    """The type without null and lists, and how many lists are around it."""
    depth = 0
    while inner := get_args(type_):
        depth += get_origin(type_) is list
        type_ = inner[0]
    return type_, depth


def document_fields(output: type) -> list[DocumentField]:
    return [each for each in fields_of(output) if isinstance(each, DocumentField)]

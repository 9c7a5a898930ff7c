"""The inputs of `orderBy`: by what a list of entities is ordered. docs/filters.md shows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from domain import entity_view
from domain.conditions import Path
from domain.ordering import Ordering
from graph import where_values
from graph.definitions import DocumentField, definition_of, input_type, nullable
from graph.scalars import JSON
from graph.where_types import DEEPEST, document_fields, innermost


@strawberry.enum(description="Which way an order runs. What has no value comes last either way.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("asc", description="From low to high.")
    DESC = strawberry.enum_value("desc", description="From high to low.")


Orders = tuple[Ordering, ...]


@dataclass(slots=True)
class OrderTypes:
    """Made anew for each schema."""

    json: type = field(init=False)

    def __post_init__(self) -> None:
        self.json = input_type(
            "JSONOrderBy",
            "An order by what stands at a path.",
            [
                DocumentField("path", str, description="A JSON Pointer into the object: `/spec/replicas`."),
                DocumentField("direction", OrderDirection, description="Which way."),
            ],
            _by_path,
        )

    def of_entities(self, name: str, state: Iterable[StrawberryField], levels: Mapping[type, int]) -> type:
        """The input for the entities of a type with these fields of its state."""
        made = _Objects(levels)
        own = {
            "name": (OrderDirection, "By name."),
            "appId": (OrderDirection, "By app (tenant)."),
            "changed": (OrderDirection, "By when the state took effect."),
            "raw": (self.json, "By anything in the object."),
        }
        fields: list[StrawberryField] = [
            DocumentField(key, nullable(type_), description=text) for key, (type_, text) in own.items()
        ]
        for each in state:
            if isinstance(each, DocumentField) and each.key not in ("apiVersion", "kind"):
                shown = each.graphql_name or each.key
                type_ = made.member(each.written_type)
                if type_ is not None:
                    label = f"{shown}_" if shown in own else shown
                    fields.append(
                        DocumentField(
                            _IN_STATE + each.key,
                            nullable(type_),
                            name=label,
                            description=f"By `{shown}`.",
                            deprecation=each.deprecation_reason,
                        )
                    )
        text = "What a list is ordered by: one field in each member."
        return input_type(f"{name}OrderBy", text, fields, _entity)


@dataclass(slots=True)
class _Objects:
    """The inputs below one domain type: one for each object type whose home is not too deep."""

    levels: Mapping[type, int]
    objects: dict[type, type | None] = field(default_factory=dict)

    def member(self, type_: Any) -> Any:
        """The input for a value of this output type; None for one that has no order."""
        inner, depth = innermost(type_)
        if depth or inner is JSON:
            return None
        if not hasattr(inner, "__strawberry_definition__"):
            return OrderDirection
        return self._object(inner) if self.levels.get(inner, DEEPEST + 1) <= DEEPEST else None

    def _object(self, output: type) -> type | None:
        if output not in self.objects:
            self.objects[output] = None  # an order that leads back to where it began is none
            fields = [*self._orders(output)]
            if fields:
                name = f"{definition_of(output).name}OrderBy"
                self.objects[output] = input_type(name, "Which one it is ordered by.", fields, _object)
        return self.objects[output]

    def _orders(self, output: type) -> Iterable[StrawberryField]:
        for each in document_fields(output):
            if (type_ := self.member(each.written_type)) is not None:
                yield DocumentField(
                    each.key,
                    nullable(type_),
                    name=each.graphql_name,
                    description=f"By `{each.key}`.",
                    deprecation=each.deprecation_reason,
                )


_IN_STATE = "state\0"


def _entity(given: dict[str, Any]) -> Orders:
    return tuple(_entity_orders(given))


def _entity_orders(given: Mapping[str, Any]) -> Iterable[Ordering]:
    for key, part in where_values.present(given):
        match key:
            case "name" | "appId":
                yield _order((key,), part)
            case "changed":
                yield _order((*entity_view.STATE_EVENT, "timestamp"), part)
            case "raw":
                yield from _below(entity_view.STATE, part)
            case _:
                path = (*entity_view.STATE, key.removeprefix(_IN_STATE))
                yield from _below(path, part if isinstance(part, tuple) else (_order((), part),))


def _object(given: dict[str, Any]) -> Orders:
    found: list[Ordering] = []
    for key, part in where_values.present(given):
        found += _below((key,), part if isinstance(part, tuple) else (_order((), part),))
    return tuple(found)


def _by_path(given: dict[str, Any]) -> Orders:
    return (_order(where_values.pointer(given["path"]), given["direction"]),)


def _below(path: Path, orders: Orders) -> Orders:
    return tuple(Ordering((*path, *each.path), each.descending) for each in orders)


def _order(path: Path, direction: Any) -> Ordering:
    return Ordering(path, OrderDirection(direction) is OrderDirection.DESC)

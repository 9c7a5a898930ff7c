"""What a compiled query is made of, and what can become of a value beside itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLOutputType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path

from graph.plans.code import Code

if TYPE_CHECKING:
    from graph.plans.later import Later


class UnusualError(Exception):
    """Something that plans leave to graphql-core, which knows the right error and where it goes."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A field of a query. Its path has the names alone: plans do not count the items of lists on the way."""

    definition: GraphQLField
    parent_type: GraphQLObjectType
    details: FieldDetailsList
    path: Path

    @property
    def key(self) -> str:
        return str(self.path.key)

    @property
    def nodes(self) -> list[FieldNode]:
        return [each.node for each in self.details]


@dataclass(frozen=True, slots=True)
class Failed:
    """Stands where an error took the place of a value, until `failures.settled` has put null there."""

    error: Exception
    place: Place


@dataclass(slots=True, eq=False)
class Selected:
    """A field in a selection, and what is selected of its value, by the name of the value's object type."""

    type: GraphQLOutputType
    below: "Mapping[str, Selection]"


@dataclass(slots=True, eq=False)
class Selection:
    """What is selected of one object type. `later` is resolved for all objects together, once they are there."""

    fields: dict[str, Selected] = field(default_factory=dict)
    later: "list[Later]" = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Makes the answer of one operation, for one way in which its `@skip` and `@include` turn out."""

    root: Selection
    function: str
    code: Code
    needs: dict[Any, Any] = field(default_factory=dict)
    """What each field of the query needs of an event, found once: see `graph.selection`."""

    def begin(self, run: Any) -> dict[str, Any]:
        """The root object, with null where fields are to be resolved later."""
        made: dict[str, Any] = self.code.names[self.function](None, run)
        return made

"""The part of a schema that some domain types have. It is made once, and shared by all schemas with these types."""

from collections.abc import Iterable, Iterator, Sequence
from weakref import WeakValueDictionary

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, validate_schema
from strawberry.types.field import StrawberryField

from domain.domain_type import DomainType
from domain.errors import InvalidManifest
from graph import domain_types, mutations, queries, references, subscriptions
from graph.common_schema import CommonSchema
from graph.converter import Converter, forget_null_defaults, take_apart
from graph.definitions import definition_of, object_type


class Part:
    """The types and root fields of domain types that refer to each other and to no others.

    Nothing in it leads to a schema, and a part lives as long as one of its schemas.
    """

    def __init__(self, members: Sequence[DomainType], common: CommonSchema) -> None:
        self.members = members
        declared = {each.name: domain_types.declare(each, common.types) for each in members}
        for each in declared.values():
            domain_types.fill(each, common.types, declared, common.meta)
        for each in declared.values():
            references.add(each, declared)
        converter = Converter(common.converter)
        self.queries = _converted(converter, queries.typed(declared.values()))
        self.mutations = _converted(
            converter, (field for each in declared.values() for field in mutations.typed(each, common.results))
        )
        self.subscriptions = _converted(converter, subscriptions.typed(declared.values()))
        for each in declared.values():
            converter.from_object(definition_of(each.event))
        self.types = converter.finish()
        self._validate()

    def __del__(self) -> None:
        """Types lead to each other in circles. Taken apart they are freed at once, without a search through memory."""
        for fields in ("queries", "mutations", "subscriptions"):
            take_apart(getattr(self, fields, {}).values())
        for type_ in getattr(self, "types", {}).values():
            definition = type_.extensions.get("strawberry-definition")
            if definition is not None:
                getattr(definition, "fields", []).clear()
            vars(type_).clear()

    def _validate(self) -> None:
        alone = GraphQLSchema(GraphQLObjectType("Query", self.queries), types=tuple(self.types.values()))
        for error in validate_schema(alone):
            raise InvalidManifest("", f"{self.members[0].name} has no GraphQL schema: {error.message}")


def _converted(converter: Converter, fields: Iterable[StrawberryField]) -> dict[str, GraphQLField]:
    made = converter.get_graphql_fields(definition_of(object_type("Root", "", fields)))
    forget_null_defaults(made.values())
    return made


_PARTS: WeakValueDictionary[tuple[int, ...], Part] = WeakValueDictionary()


def parts_of(types: Iterable[DomainType], common: CommonSchema) -> Iterator[Part]:
    """The parts of a schema with these types. Those that a living schema has are not made again."""
    for members in _related({each.name: each for each in types}):
        key = tuple(map(id, members))  # a part keeps its members alive, so no other type can have their ids
        part = _PARTS.get(key)
        if part is None:
            part = _PARTS[key] = Part(members, common)
        yield part


def _related(types: dict[str, DomainType]) -> Iterator[list[DomainType]]:
    """The types in groups: those that refer to each other, directly or by way of others, are together."""
    neighbours: dict[str, set[str]] = {name: set() for name in types}
    for name, each in types.items():
        for other in each.refers_to & types.keys():
            neighbours[name].add(other)
            neighbours[other].add(name)
    left = dict.fromkeys(sorted(types))
    while left:
        reached = [next(iter(left))]
        for name in reached:
            if name in left:
                del left[name]
                reached += sorted(neighbours[name] & left.keys())
        yield [types[name] for name in sorted(set(reached))]

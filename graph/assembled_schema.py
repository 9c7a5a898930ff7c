"""A schema put together of types that are known to be complete and valid."""

from collections.abc import Iterable, Mapping

from graphql import GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, GraphQLSchema, is_interface_type
from graphql.type.schema import InterfaceImplementations

from graph.common_schema import CommonSchema
from graph.parts import Part


class AssembledSchema(GraphQLSchema):
    """The roots, what all schemas have in common, and parts.

    graphql-core would look through every field of every type for the types that they lead to, which takes
    milliseconds for each thousand types. Parts have done so when they were made.
    """

    def __init__(self, roots: Mapping[str, GraphQLObjectType], common: CommonSchema, parts: list[Part]) -> None:
        super().__init__(assume_valid=True, extensions={"parts": parts})  # which keeps them alive
        self.query_type = roots["Query"]
        self.mutation_type = roots["Mutation"]
        self.subscription_type = roots["Subscription"]
        self.type_map = {**self.type_map, **common.schema._schema.type_map, **roots}
        for each in parts:
            self.type_map.update(each.types)
        self._implementing = _by_interface(self.type_map.values())

    def get_implementations(self, interface_type: GraphQLInterfaceType) -> InterfaceImplementations:
        return self._implementing.get(interface_type.name) or InterfaceImplementations(objects=[], interfaces=[])


def _by_interface(types: Iterable[GraphQLNamedType]) -> dict[str, InterfaceImplementations]:
    found: dict[str, InterfaceImplementations] = {}
    for each in types:
        if not isinstance(each, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for interface in each.interfaces:
            known = found.setdefault(interface.name, InterfaceImplementations(objects=[], interfaces=[]))
            if is_interface_type(each):
                known.interfaces.append(each)
            elif isinstance(each, GraphQLObjectType):
                known.objects.append(each)
    return found

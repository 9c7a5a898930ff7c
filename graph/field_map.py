"""What each property of a domain type is called in GraphQL, read off the types that answer."""

from collections import Counter
from collections.abc import Iterator

import strawberry
from graphql import GraphQLList, GraphQLObjectType, GraphQLOutputType, GraphQLSchema, get_named_type, get_nullable_type

from domain.domain_type import DomainType
from domain.values import pointer_part
from graph.definitions import DocumentField

_MOST_PLACES = 20


@strawberry.type(description="A property of the objects of a domain type, and what it is called in GraphQL.")
class DomainTypeField:
    path: str = strawberry.field(
        description="A JSON Pointer to the property in an object; `*` stands for every element of a list."
    )
    graphql_name: str = strawberry.field(description="The name of its field.")
    graphql_path: str = strawberry.field(description="The names of the fields that lead to it, with dots between them.")
    type: str = strawberry.field(description="The GraphQL type of its field.")
    description: str | None = strawberry.field(description="What its schema says of it.")
    deprecated: bool = strawberry.field(description="Whether it is going away.")


def field_map(schema: GraphQLSchema, domain_type: DomainType, below: str) -> Iterator[DomainTypeField] | None:
    """The properties at or below a path; None of a type that the schema has not.

    What holds itself is not told again inside itself, and of types that hold each other not at every place.
    """
    state = schema.type_map.get(f"{domain_type.graphql_name}State")
    if not isinstance(state, GraphQLObjectType):
        return None
    return _Map(f"{below.rstrip('/')}/").below(state, "", "", ())


class _Map:
    """The properties at or below the path `within`, which ends with a slash."""

    def __init__(self, within: str) -> None:
        self._within = within
        self._circular: set[GraphQLObjectType] = set()
        self._opened: Counter[GraphQLObjectType] = Counter()

    def below(
        self, type_: GraphQLObjectType, path: str, graphql_path: str, above: tuple[GraphQLObjectType, ...]
    ) -> Iterator[DomainTypeField]:
        for name, field in type_.fields.items():
            definition = field.extensions.get("strawberry-definition")
            if not isinstance(definition, DocumentField):
                continue
            own_path, own_graphql_path = f"{path}/{pointer_part(definition.key)}", f"{graphql_path}{name}"
            is_asked = f"{own_path}/".startswith(self._within)
            if is_asked:
                yield DomainTypeField(
                    path=own_path,
                    graphql_name=name,
                    graphql_path=own_graphql_path,
                    type=str(field.type),
                    description=field.description,
                    deprecated=field.deprecation_reason is not None,
                )
            inner, deeper = get_named_type(field.type), f"{own_path}{'/*' * _lists(field.type)}"
            if not isinstance(inner, GraphQLObjectType) or not _is_document(inner):
                continue
            if is_asked and self._opens(inner, above):
                yield from self.below(inner, deeper, f"{own_graphql_path}.", (*above, inner))
            elif not is_asked and self._within.startswith(f"{own_path}/"):  # on the way there
                yield from self.below(inner, deeper, f"{own_graphql_path}.", ())

    def _opens(self, type_: GraphQLObjectType, above: tuple[GraphQLObjectType, ...]) -> bool:
        if type_ in above:
            self._circular.update(above[above.index(type_) :])
            return False
        self._opened[type_] += 1
        return type_ not in self._circular or self._opened[type_] <= _MOST_PLACES


def _is_document(type_: GraphQLObjectType) -> bool:
    return all(
        isinstance(each.extensions.get("strawberry-definition"), DocumentField) for each in type_.fields.values()
    )


def _lists(type_: GraphQLOutputType) -> int:
    bare = get_nullable_type(type_)
    return 1 + _lists(bare.of_type) if isinstance(bare, GraphQLList) else 0

"""What each property of a domain type is called in GraphQL, read off the types that answer."""

from collections.abc import Iterator

import strawberry
from graphql import GraphQLList, GraphQLObjectType, GraphQLOutputType, GraphQLSchema, get_named_type, get_nullable_type

from domain.domain_type import DomainType
from domain.values import pointer_part
from graph.definitions import DocumentField


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
    """The properties at or below a path; None of a type that the schema has not. What holds itself is told once."""
    state = schema.type_map.get(f"{domain_type.graphql_name}State")
    if not isinstance(state, GraphQLObjectType):
        return None
    within = f"{below.rstrip('/')}/"
    return (each for each in _below(state, "", "", ()) if f"{each.path}/".startswith(within))


def _below(
    type_: GraphQLObjectType, path: str, graphql_path: str, above: tuple[GraphQLObjectType, ...]
) -> Iterator[DomainTypeField]:
    for name, field in type_.fields.items():
        definition = field.extensions.get("strawberry-definition")
        if not isinstance(definition, DocumentField):
            continue
        own_path, own_graphql_path = f"{path}/{pointer_part(definition.key)}", f"{graphql_path}{name}"
        yield DomainTypeField(
            path=own_path,
            graphql_name=name,
            graphql_path=own_graphql_path,
            type=str(field.type),
            description=field.description,
            deprecated=field.deprecation_reason is not None,
        )
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLObjectType) and _is_document(inner) and inner not in above:
            deeper = f"{own_path}{'/*' * _lists(field.type)}"
            yield from _below(inner, deeper, f"{own_graphql_path}.", (*above, inner))


def _is_document(type_: GraphQLObjectType) -> bool:
    return all(
        isinstance(each.extensions.get("strawberry-definition"), DocumentField) for each in type_.fields.values()
    )


def _lists(type_: GraphQLOutputType) -> int:
    bare = get_nullable_type(type_)
    return 1 + _lists(bare.of_type) if isinstance(bare, GraphQLList) else 0

"""Which GraphQL type stands for an object behind an interface: the registered one, or the generic one."""

from typing import Any

from graphql import GraphQLResolveInfo

from resolvers.views import EdgeView, EntityView, EventView, PageView, StateView

GENERIC = "Generic"
MIXED = "EventLog"


def entity_name(type_: str, info: GraphQLResolveInfo[Any]) -> str:
    found = info.context.registry.get(type_)
    return found.graphql_name if found else f"{GENERIC}Entity"


def derived_name(type_: str | None, suffix: str, info: GraphQLResolveInfo[Any]) -> str:
    if type_ is None:
        return f"{MIXED}{suffix.removeprefix('Event')}"
    found = info.context.registry.get(type_)
    return f"{found.graphql_name if found else GENERIC}{suffix}"


def resolve(value: Any, info: GraphQLResolveInfo[Any], _: Any) -> str:
    """The name of the object type of a view."""
    match value:
        case EntityView():
            return entity_name(value.entity.type, info)
        case StateView():
            return derived_name(value.event.entity.type, "State", info)
        case EventView():
            return derived_name(value.event.entity.type, "Event", info)
        case PageView():
            return derived_name(value.type, "EventConnection", info)
        case EdgeView():
            return derived_name(value.type, "EventEdge", info)
        case _:
            raise TypeError(f"no GraphQL type stands for {type(value).__name__}")

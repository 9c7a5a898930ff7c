"""An object goes in, as it is or as a typed input, and comes out: whole, and field by field."""

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema

from domain.domain_type import DomainType
from typed_answers import said, seen, selection, shown

Json = dict[str, Any]
Ask = Callable[..., Awaitable[Any]]
"""The data of a query, with its variables by name."""

APPLY = """mutation($object: JSON!, $app: String) { apply(object: $object, appId: $app) { __typename
    ... on ValidationFailure { violations { path message } } ... on WriteError { message } } }"""


async def difference(
    type_: DomainType, schema: GraphQLSchema, object_: Json, app: str, write: Ask, read: Ask
) -> str | None:
    """What comes out another than it went in, written on one replica and read on another; None when nothing does."""
    written = (await write(APPLY, object=object_, app=app))["apply"]
    if written != {"__typename": "EventRecorded"}:
        return f"it was refused: {written}"
    state = schema.type_map[f"{type_.graphql_name}State"]
    assert isinstance(state, GraphQLObjectType)
    assert type_.called is not None
    told = {key: value for key, value in object_.items() if key not in ("metadata", "meta")}
    name = (object_.get("metadata") or object_["meta"])["name"]
    query = f"""query($app: String!, $name: String!) {{ it: {type_.called.field}(name: $name, appId: $app) {{
        current {selection(state, told)[:-1]} raw meta {{ labels }} }} }} }}"""
    found = (await read(query, app=app, name=name))["it"]["current"]
    if found is None:
        return "it is not there"
    if (raw := found.pop("raw")) != object_:
        return f"raw is {raw}, not {object_}"
    del found["meta"]
    return None if seen(found, shown(state, told)) else f"the typed selection is {found}, not {shown(state, told)}"


async def typed_difference(type_: DomainType, schema: GraphQLSchema, object_: Json, app: str, write: Ask) -> str | None:
    """What the typed mutation stores another than it was told; None when nothing."""
    name = type_.graphql_name
    input_ = schema.type_map[f"{name}Input"]
    assert isinstance(input_, GraphQLInputObjectType)
    told = said(input_, object_)
    told["meta"]["appId"] = app
    mutation = f"""mutation($object: {name}Input!) {{ done: apply{name}(object: $object) {{ __typename
        ... on {name}Written {{ entity {{ current {{ raw }} }} }}
        ... on ValidationFailure {{ violations {{ path message }} }} ... on WriteError {{ message }} }} }}"""
    done = (await write(mutation, object=told))["done"]
    if "entity" not in done:
        return f"the typed input was refused: {done}"
    raw = done["entity"]["current"]["raw"]
    return None if raw == object_ else f"the typed input was stored as {raw}, not {object_}"

"""Names of types stay put while a schema grows."""

import copy
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type
from hypothesis import given, settings
from hypothesis import strategies as st

from api import Api, running
from custom_resources import crd, spec
from domain import manifest
from domain.declaration import from_manifest
from domain.domain_type import DomainType
from domain.registry import Registry
from graph import schema
from graph.domain_types import following
from graph.naming import named
from graph.object_names import object_names
from graph.shape_reader import ShapeReader
from manifests import applied

Json = dict[str, Any]
TEXT = {"type": "string"}
PAIR = {"type": "object", "properties": {"key": TEXT, "value": TEXT}}


def obj(**properties: Any) -> Json:
    return {"type": "object", "properties": properties}


def names(document: Json) -> dict[str, str]:
    """The name of each object by its places."""
    found = object_names("T", [each.shape for each in ShapeReader(document).properties(document)], frozenset(), {})
    return {".".join(place): name for each, name in found.items() for place in each.places}


def test_equal_objects_are_called_after_the_shortest_place_and_the_first_by_name() -> None:
    document = obj(spec=obj(b=PAIR, a=PAIR, deep=obj(aa=PAIR)), z=PAIR)
    assert names(document) == {"spec": "TSpec", "spec.deep": "TSpecDeep"} | dict.fromkeys(
        ("z", "spec.a", "spec.b", "spec.deep.aa"), "TZ"
    )


def test_a_definition_is_called_by_its_own_name() -> None:
    document = obj(spec=obj(disk={"$ref": "#/$defs/Disk"})) | {"$defs": {"Disk": PAIR}}
    assert names(document) == {"spec": "TSpec", "Disk": "TDisk"}


def called(domain_type: DomainType) -> DomainType:
    return named(Registry([domain_type]))[domain_type.name]


def grown(before: DomainType, definition: Json) -> DomainType:
    """The type that follows another one, as if it were applied after it."""
    after = manifest.read(definition).known_as(called=before.called)
    return called(following(after, before))


def type_names(domain_type: DomainType) -> dict[str, str]:
    """The name of the type at each path of its state, asked of the schema."""
    made = schema.build(Registry([domain_type]))
    found: dict[str, str] = {}

    def walk(type_: Any, path: str) -> None:
        for key, each in type_.fields.items():
            inner = get_named_type(each.type)
            if isinstance(inner, GraphQLObjectType) and inner.name.startswith("T") and key != "event":
                found[f"{path}{key}"] = inner.name
                walk(inner, f"{path}{key}.")

    walk(made.type_map["TState"], "")
    return found


def changed(before: Json, after: Json) -> tuple[dict[str, str], dict[str, str]]:
    first = called(manifest.read(crd("T", v1=spec(**before))))
    second = grown(first, crd("T", v1=spec(**after)))
    stored = second.called.model_validate_json(second.called.model_dump_json(by_alias=True)) if second.called else None
    again = called(manifest.read(crd("T", v1=spec(**after))).known_as(called=stored))
    assert type_names(again) == type_names(second), "what is kept in the log says all"
    return type_names(first), type_names(second)


def test_an_equal_object_that_is_added_nearer_takes_no_name() -> None:
    before, after = changed({"m": obj(x=PAIR)}, {"m": obj(x=PAIR), "a": PAIR})
    assert before == {"spec": "TSpec", "spec.m": "TSpecM", "spec.m.x": "TSpecMX"}
    assert after == before | {"spec.a": "TSpecMX"}


def test_of_two_that_were_equal_the_one_that_changes_gets_the_new_name() -> None:
    more = obj(key=TEXT, value=TEXT, more=TEXT)
    before, after = changed({"a": PAIR, "b": PAIR}, {"a": more, "b": PAIR})
    assert before == {"spec": "TSpec", "spec.a": "TSpecA", "spec.b": "TSpecA"}
    assert after == {"spec": "TSpec", "spec.a": "TSpecA_", "spec.b": "TSpecA"}
    _, after = changed({"a": PAIR, "b": PAIR}, {"a": PAIR, "b": more})
    assert after == {"spec": "TSpec", "spec.a": "TSpecA", "spec.b": "TSpecB"}


def test_equal_objects_that_change_together_keep_their_name() -> None:
    more = obj(key=TEXT, value=TEXT, more=TEXT)
    before, after = changed({"a": PAIR, "b": PAIR}, {"a": more, "b": more})
    assert after == before


OBJECTS = st.recursive(
    st.just(TEXT),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, min_size=1, max_size=3).map(lambda each: obj(**each)),
).filter(lambda each: "properties" in each)


@settings(max_examples=25)
@given(OBJECTS, st.lists(st.sampled_from("abcdxy"), min_size=1, max_size=4), OBJECTS | st.just(TEXT))
def test_a_property_that_is_added_renames_no_type_but_its_own_objects(
    before: Json, path: list[str], added: Json
) -> None:
    """Its own object and those around it are no longer equal to what they were equal to before."""
    after = copy.deepcopy(before)
    inside, way = after, list[str]()
    for key in path:
        if "properties" not in inside.get("properties", {}).get(key, {}):
            inside["properties"].setdefault(key, added)
            break
        inside, way = inside["properties"][key], [*way, key]
    around = {".".join(["spec", *way[:count]]) for count in range(len(way) + 1)}
    old, new = changed({"o": before}, {"o": after})
    around = {f"spec.o{each.removeprefix('spec')}" for each in around} | {"spec"}
    assert {where: name for where, name in old.items() if new[where] != name and where not in around} == {}


@pytest.fixture
async def own(mongodb_uri: str) -> Any:
    async with running(mongodb_uri) as api:
        yield api


async def test_a_type_that_is_applied_anew_keeps_its_names_also_on_other_replicas(own: Api, mongodb_uri: str) -> None:
    assert await applied(own, crd("T", v1=spec(m=obj(x=PAIR)))) == ["CREATED"]
    assert await applied(own, crd("T", v1=spec(m=obj(x=PAIR), a=PAIR))) == ["CHANGED"]
    query = '{ domainType(name: "T") { fields(below: "/spec") { path type } } }'
    told = await own.ask(query)
    assert {"path": "/spec/a", "type": "TSpecMX"} in told["domainType"]["fields"]
    async with running(mongodb_uri, database=own.service.database.name) as other:
        assert await other.ask(query) == told


def test_a_property_that_would_lead_to_the_name_of_another_type_gives_way() -> None:
    first = [from_manifest(crd("Foo", v1=spec())), from_manifest(crd("FooBar"))]
    registry = named(Registry((), first))
    wider = {**spec(), "properties": {**spec()["properties"], "bar": PAIR}}
    again = from_manifest(crd("Foo", v1=wider))
    before = registry["Foo"].called
    assert before is not None
    registry = named(registry.with_applied([again.calling(before)]))
    made = schema.build(registry)
    assert {each.graphql_name for each in registry} == {"Foo", "FooBar"}
    assert {"FooBar_", "FooBar", "FooBarSpec"} <= made.type_map.keys()
    assert str(made.type_map["FooState"].fields["bar"].type) == "FooBar_"  # type: ignore[attr-defined]

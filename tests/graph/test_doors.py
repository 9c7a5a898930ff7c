"""The generic doors: for every type, registered or not."""

import base64
from typing import Any

import pytest

from api import Api
from domain import registry
from domain.instants import write
from examples import T0, later
from told import applied, config, told

Json = dict[str, Any]
ENTITY = """query($type: String!, $appId: String!, $name: String!) {
  entity(type: $type, appId: $appId, name: $name) { id } }"""


def widget(app_id: str, name: str, **spec: Any) -> Json:
    """An object of a type that nobody registered."""
    return {"apiVersion": "toys/v2", "kind": "Widget", "metadata": {"name": name, "labels": {"a": "b"}}, "spec": spec}


def turned(app_id: str, name: str, *, at: float = 0, **spec: Any) -> Json:
    return told("WidgetTurnedEvent", app_id, name, at=later(at), by="ann", state=widget(app_id, name, **spec))


async def test_an_object_of_an_unregistered_type_has_the_same_time_travel(api: Api, app_id: str) -> None:
    await api.bring(turned(app_id, "w", speed=1), turned(app_id, "w", at=10, speed=2))
    query = """query($appId: String!, $at: Instant!) { entity(type: "Widget", appId: $appId, name: "w") {
        __typename id type appId name lastActor { id } lastEvent { kind } firstEvent { version }
        current { __typename kind apiVersion version raw meta { name labels } ... on GenericState { spec status }
          validFrom validTo deleted event { __typename version } }
        asOf(time: $at) { version validTo ... on GenericState { spec } }
        events(first: 1) { __typename nodes { __typename kind type changes { path from to } state { raw } }
          edges { __typename cursor } pageInfo { hasNextPage } } } }"""
    found = (await api.ask(query, appId=app_id, at=write(later(9))))["entity"]
    cursor = found["events"]["edges"][0].pop("cursor")
    assert cursor
    assert found == {
        "__typename": "GenericEntity",
        "id": found["id"],
        "type": "Widget",
        "appId": app_id,
        "name": "w",
        "lastActor": {"id": "ann"},
        "lastEvent": {"kind": "WidgetTurnedEvent"},
        "firstEvent": {"version": 1},
        "current": {
            "__typename": "GenericState",
            "kind": "Widget",
            "apiVersion": "toys/v2",
            "version": 2,
            "raw": widget(app_id, "w", speed=2),
            "meta": {"name": "w", "labels": {"a": "b"}},
            "spec": {"speed": 2},
            "status": None,
            "validFrom": write(later(10)),
            "validTo": None,
            "deleted": False,
            "event": {"__typename": "GenericEvent", "version": 2},
        },
        "asOf": {"version": 1, "validTo": write(later(10)), "spec": {"speed": 1}},
        "events": {
            "__typename": "GenericEventConnection",
            "nodes": [
                {
                    "__typename": "GenericEvent",
                    "kind": "WidgetTurnedEvent",
                    "type": "Widget",
                    "changes": [{"path": "/spec/speed", "from": 1, "to": 2}],
                    "state": {"raw": widget(app_id, "w", speed=2)},
                }
            ],
            "edges": [{"__typename": "GenericEventEdge"}],
            "pageInfo": {"hasNextPage": True},
        },
    }


async def test_a_registered_type_comes_through_the_generic_door_as_its_own(api: Api, app_id: str) -> None:
    await api.bring(applied(app_id, at=T0, version="1.2.3"))
    query = """query($appId: String!) { entity(type: "Artifact", appId: $appId, name: "vpc") { __typename
        current { __typename ... on ArtifactState { spec { version } } ... on ConfigState { spec { format } } }
        ... on Artifact { asOf(time: "2025-01-15T10:30:00Z") { spec { version } } }
        events { __typename nodes { __typename ... on ArtifactEvent { state { spec { version } } } } } } }"""
    assert (await api.ask(query, appId=app_id))["entity"] == {
        "__typename": "Artifact",
        "current": {"__typename": "ArtifactState", "spec": {"version": "1.2.3"}},
        "asOf": {"spec": {"version": "1.2.3"}},
        "events": {
            "__typename": "ArtifactEventConnection",
            "nodes": [{"__typename": "ArtifactEvent", "state": {"spec": {"version": "1.2.3"}}}],
        },
    }


async def test_a_kubernetes_object_is_taken_as_it_is_and_its_namespace_is_part_of_its_name(
    api: Api, app_id: str
) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "prod", "uid": "u-1", "generation": 2**60, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "args": ["$(X)"]}]},
        "status": {"phase": "Running"},
    }
    await api.bring(told("PodObservedEvent", app_id, "prod/web", at=T0, state=pod))
    query = """query($appId: String!) { entity(type: "Pod", appId: $appId, name: "prod/web") { name
        current { raw meta { name namespace uid generation labels } ... on GenericState { spec status } } } }"""
    assert (await api.ask(query, appId=app_id))["entity"] == {
        "name": "prod/web",
        "current": {
            "raw": pod,
            "meta": {
                "name": "web",
                "namespace": "prod",
                "uid": "u-1",
                "generation": str(2**60),
                "labels": {"app": "web"},
            },
            "spec": pod["spec"],
            "status": pod["status"],
        },
    }


async def test_the_whole_log_holds_events_of_all_types_each_as_its_own(api: Api, app_id: str) -> None:
    await api.bring(
        applied(app_id, at=T0),
        told("ConfigAppliedEvent", app_id, "c", at=later(1), state=config(app_id, "c", format="env")),
        turned(app_id, "w", at=2, speed=3),
    )
    query = """query($where: EventWhere!) { events(where: $where) { __typename
        edges { __typename node { id } } nodes { __typename kind entity { __typename name }
          state { __typename raw ... on ConfigState { spec { format } } } } } }"""
    found = (await api.ask(query, where={"appIds": [app_id]}))["events"]
    assert found["__typename"] == "EventLogConnection"
    assert {each["__typename"] for each in found["edges"]} == {"EventLogEdge"}
    shown = [(each["__typename"], each["entity"], each["state"]["__typename"]) for each in found["nodes"]]
    assert shown == [
        ("GenericEvent", {"__typename": "GenericEntity", "name": "w"}, "GenericState"),
        ("ConfigEvent", {"__typename": "Config", "name": "c"}, "ConfigState"),
        ("ArtifactEvent", {"__typename": "Artifact", "name": "vpc"}, "ArtifactState"),
    ]
    assert found["nodes"][1]["state"]["spec"] == {"format": "env"}
    assert found["nodes"][0]["state"]["raw"] == widget(app_id, "w", speed=3)


async def test_an_event_is_found_by_its_id_and_anything_by_its_global_id(api: Api, app_id: str) -> None:
    [event] = await api.bring(applied(app_id, "a/b c", at=T0, by="ann"))
    [turned_event] = await api.bring(turned(app_id, "w"))
    query = """query($id: ID!) { event(id: $id) { __typename id name actor { id } state { raw } envelope } }"""
    found = (await api.ask(query, id=event["id"]))["event"]
    assert (found["__typename"], found["name"], found["actor"]) == ("ArtifactEvent", "a/b c", {"id": "ann"})
    assert found["envelope"]["spec"]["artifact"] == found["state"]["raw"]

    node = "query($id: ID!) { node(id: $id) { __typename id ... on Entity { name } ... on Event { kind } } }"
    assert (await api.ask(node, id=event["id"]))["node"] == {
        "__typename": "ArtifactEvent",
        "id": event["id"],
        "kind": "ArtifactAppliedEvent",
    }
    for type_, name, typename in (("Artifact", "a/b c", "Artifact"), ("Widget", "w", "GenericEntity")):
        id_ = (await api.ask(ENTITY, type=type_, appId=app_id, name=name))["entity"]["id"]
        assert (await api.ask(node, id=id_))["node"] == {"__typename": typename, "id": id_, "name": name}
    assert (await api.ask(node, id=turned_event["id"]))["node"]["__typename"] == "GenericEvent"


NO_IDS = ["", "x", "é", "null", "====", base64.b64encode(b"entity:").decode(), base64.b64encode(b"entity:A//").decode()]


@pytest.mark.parametrize("id_", [*NO_IDS, base64.b64encode(b"entity:Artifact/nobody/none").decode(), "a" * 100_000])
async def test_an_id_of_nothing_is_null(api: Api, id_: str) -> None:
    found = await api.ask("query($id: ID!) { node(id: $id) { id } event(id: $id) { id } }", id=id_)
    assert found == {"node": None, "event": None}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("type", ""),
        ("type", "A/B"),
        ("appId", ""),
        ("appId", " x"),
        ("name", ""),
        ("name", "x\u0007"),
        ("name", "x" * 513),
    ],
)
async def test_an_entity_that_cannot_be_is_an_invalid_argument(api: Api, part: str, value: str) -> None:
    error = await api.fault(ENTITY, **{"type": "Artifact", "appId": "a", "name": "n", part: value})
    assert error["extensions"]["code"] == "INVALID_ARGUMENT"
    assert part in error["message"]
    assert len(error["message"]) < 200


async def test_an_unknown_type_has_no_entities_and_no_root_field(api: Api) -> None:
    assert await api.ask(
        '{ entity(type: "Nope", appId: "a", name: "n") { id } domainType(name: "Nope") { name } }'
    ) == {
        "entity": None,
        "domainType": None,
    }
    error = await api.fault('{ nope(name: "n", appId: "a") { id } }')
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_the_registered_types_describe_themselves(api: Api) -> None:
    query = """{ domainTypes { name group description field listField actions { name intent outcome deletes }
        versions { name schema } } domainType(name: "Config") { name } }"""
    found = await api.ask(query)
    assert found["domainType"] == {"name": "Config"}
    declared = sorted(registry.builtin(), key=lambda each: each.name)
    assert [each["name"] for each in found["domainTypes"]] == [each.name for each in declared]
    for shown, type_ in zip(found["domainTypes"], declared, strict=True):
        assert shown["actions"] == [dict(each) for each in type_.actions]
        assert shown["versions"] == [{"name": each.name, "schema": each.json_schema} for each in type_.versions]
        assert (shown["field"], shown["listField"]) == (type_.state_key, type_.plural_key)
        assert shown["description"]

"""A new domain type costs one manifest and no code, however awkward its names are."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import yaml
from graphql import assert_valid_schema

from api import Api, calls, running
from domain import registry
from domain.errors import InvalidManifest
from domain.instants import write
from domain.manifest import read
from domain.registry import Registry
from examples import T0, later
from graph import schema
from manifests import manifest
from told import applied, config, told

Json = dict[str, Any]

MANIFEST = """
apiVersion: dsel/v1alpha1
kind: DomainType
meta: {name: HTTPMachine}
spec:
  description: A machine.
  plural: machinery
  actions:
    - {name: apply, intent: HTTPMachineApplyEvent, outcome: HTTPMachineAppliedEvent}
    - {name: retire, intent: HTTPMachineRetireEvent, outcome: HTTPMachineRetiredEvent, deletes: true}
  versions:
    - name: v1
      schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, format: int64, description: Bytes.}
              max-pods: {type: integer, format: int32}
              a.b: {type: string}
              $ref: {type: string}
              __typename: {type: string}
              9lives: {type: boolean}
              "": {type: string}
              é: {type: string}
              "true": {type: boolean}
              class: {type: string}
              from: {type: string}
              ratio: {type: number}
              mode: {type: string, enum: ["on", "off"]}
              nothing: {type: "null"}
              maybe: {type: [string, "null"]}
              either: {type: [string, integer]}
              port: {x-kubernetes-int-or-string: true}
              anything: {}
              allowed: true
              map: {type: object, additionalProperties: {type: string}}
              matrix: {type: array, items: {type: array, items: {type: number}}}
              rows:
                type: array
                items:
                  type: object
                  required: [id]
                  properties:
                    id: {type: integer, format: int64}
                    cells: {type: array, items: {type: object, properties: {value: {type: string}}}}
              input: {type: object, properties: {x: {type: string}}}
              x: {type: object, properties: {yZ: {type: object, properties: {one: {type: string}}}}}
              xY: {type: object, properties: {z: {type: object, properties: {two: {type: string}}}}}
              owner: {type: string, x-dsel-ref: Artifact}
              parts: {type: array, items: {type: object, x-dsel-ref: HTTPMachine, properties: {name: {type: string}}}}
              links:
                type: object
                properties:
                  config:
                    type: object
                    x-dsel-ref: Config
                    properties: {name: {type: string}, appId: {type: string}}
              elsewhere: {type: string, x-dsel-ref: Nowhere}
          state: {type: object, properties: {"on": {type: boolean}}}
          event: {type: object, properties: {last: {type: string}}}
          version: {type: string}
          validTo: {type: string}
          raw: {type: array, items: {type: string}}
          result: {type: object, properties: {x: {type: string}}}
"""
OBJECT: Json = {
    "meta": {"name": "m", "appId": "APP", "labels": {"rack": "7"}},
    "spec": {
        "size": 2**60,
        "max-pods": 7,
        "a.b": "dotted",
        "$ref": "dollar",
        "__typename": "dunder",
        "9lives": True,
        "": "empty",
        "é": "accent",
        "true": False,
        "class": "c",
        "from": "f",
        "ratio": 0.5,
        "mode": "off",
        "maybe": None,
        "either": 5,
        "port": "80",
        "anything": {"$x": [1]},
        "allowed": [None],
        "map": {"k.k": "v"},
        "matrix": [[1, 2.5], []],
        "rows": [{"id": 2**55, "cells": [{"value": "v"}, {}]}],
        "input": {"x": "i"},
        "x": {"yZ": {"one": "1"}},
        "xY": {"z": {"two": "2"}},
        "owner": "vpc",
        "parts": [{"name": "part"}, {"name": "m"}],
        "links": {"config": {"name": "c", "appId": "other"}},
        "elsewhere": "there",
    },
    "state": {"on": True},
    "event": {"last": "e"},
    "version": "v",
    "validTo": "t",
    "raw": ["r"],
    "result": {"x": "r"},
}
del OBJECT["spec"]["maybe"]
SPELLED = {"max-pods": "max_dash_pods", "a.b": "a_dot_b", "$ref": "dollar_ref", "__typename": "dunder_typename"}
SPELLED |= {"9lives": "_9lives", "": "empty", "é": "ue9"}
STATE_FIELDS = """spec { size max_dash_pods a_dot_b dollar_ref dunder_typename _9lives empty ue9 true class from
    ratio mode nothing maybe either port anything allowed map matrix rows { id cells { value } } input { x }
    x { yZ { one } } xY { z { two } } owner { name } parts { name appId } links { config { name appId } } elsewhere }
  state { on } event_ { last } version_ validTo_ raw_ result { x } raw meta { labels } version kind apiVersion"""


def machine(app_id: str, **changes: Any) -> Json:
    return {**OBJECT, "meta": {**OBJECT["meta"], "appId": app_id}, "spec": {**OBJECT["spec"], **changes}}


def spelled(object_: Json) -> Json:
    """The object under the names of its GraphQL input."""
    whole = {f"{key}_" if key in ("event", "version", "validTo", "raw") else key: object_[key] for key in object_}
    return {**whole, "spec": {SPELLED.get(key, key): value for key, value in object_["spec"].items()}}


@pytest.fixture(scope="module")
async def machines(mongodb_uri: str) -> AsyncIterator[Api]:
    """A service with the built-in types and the one of the manifest."""
    types = Registry([*registry.builtin(), read(yaml.safe_load(MANIFEST))])
    async with running(mongodb_uri, types=types) as api:
        yield api


WRITE = """mutation($object: HTTPMachineInput!) { applyHTTPMachine(object: $object) { __typename
  ... on HTTPMachineWritten { event { kind state { raw } } }
  ... on ValidationFailure { violations { path } } ... on WriteError { message } } }"""


async def test_its_objects_are_written_and_read_under_spelled_names_and_kept_under_their_own(
    machines: Api, app_id: str
) -> None:
    sent = machine(app_id)
    whole = {"apiVersion": "v1", "kind": "HTTPMachine", **sent}
    written = (await machines.ask(WRITE, object=spelled(sent)))["applyHTTPMachine"]
    assert written == {
        "__typename": "HTTPMachineWritten",
        "event": {"kind": "HTTPMachineAppliedEvent", "state": {"raw": whole}},
    }
    query = f"""query($appId: String!, $at: Instant!) {{ httpMachine(name: "m", appId: $appId) {{
        current {{ {STATE_FIELDS} }} asOf(time: $at) {{ {STATE_FIELDS} }} }} }}"""
    found = (await machines.ask(query, appId=app_id, at=write(machines.clock.at)))["httpMachine"]
    assert found["current"] == found["asOf"]
    state = found["current"]
    assert state["raw"] == whole
    spec = {SPELLED.get(key, key): value for key, value in sent["spec"].items()}
    assert state["spec"] == {
        **spec,
        "nothing": None,
        "maybe": None,
        "size": str(2**60),
        "rows": [{"id": str(2**55), "cells": [{"value": "v"}, {"value": None}]}],
        "owner": {"name": "vpc"},
        "parts": [{"name": "part", "appId": app_id}, {"name": "m", "appId": app_id}],
        "links": {"config": {"name": "c", "appId": "other"}},
    }
    assert (state["state"], state["event_"], state["result"]) == ({"on": True}, {"last": "e"}, {"x": "r"})
    assert (state["version_"], state["validTo_"], state["raw_"]) == ("v", "t", ["r"])
    assert (state["version"], state["kind"], state["apiVersion"]) == (1, "HTTPMachine", "v1")


async def test_what_breaks_its_schema_is_refused_by_graphql_or_by_the_schema(machines: Api, app_id: str) -> None:
    refused = (await machines.ask(WRITE, object=spelled(machine(app_id, mode="sideways"))))["applyHTTPMachine"]
    assert refused["violations"] == [{"path": "/spec/mode"}]
    wrong: list[Json] = [{"size": None}, {"size": "x"}, {"max-pods": 2**31}, {"rows": [{}]}, {"unknown": 1}]
    for broken in wrong:
        answer = await machines.post(WRITE, {"object": spelled(machine(app_id, **broken))})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await machines.events(app_id) == 0


async def test_its_lists_doors_pages_and_deletes_are_like_those_of_any_type(machines: Api, app_id: str) -> None:
    await machines.ask(WRITE, object=spelled(machine(app_id)))
    query = """query($appId: String!) {
        machinery(appId: $appId, labelSelector: "rack=7") { nodes { name lastActor { id } } edges { cursor } }
        none: machinery(appId: $appId, labelSelector: "rack=8") { nodes { name } }
        entity(type: "HTTPMachine", appId: $appId, name: "m") { __typename id current { __typename } }
        events(where: {types: ["HTTPMachine"], appIds: [$appId]}) { nodes { __typename kind type } }
        domainType(name: "HTTPMachine") { name description field listField actions { name deletes } } }"""
    found = await machines.ask(query, appId=app_id)
    assert found["machinery"]["nodes"] == [{"name": "m", "lastActor": {"id": "anonymous"}}]
    assert found["none"]["nodes"] == []
    assert found["entity"]["__typename"] == "HTTPMachine"
    assert found["entity"]["current"] == {"__typename": "HTTPMachineState"}
    assert found["events"]["nodes"] == [
        {"__typename": "HTTPMachineEvent", "kind": "HTTPMachineAppliedEvent", "type": "HTTPMachine"}
    ]
    assert found["domainType"] == {
        "name": "HTTPMachine",
        "description": "A machine.",
        "field": "httpMachine",
        "listField": "machinery",
        "actions": [{"name": "apply", "deletes": False}, {"name": "retire", "deletes": True}],
    }
    node = "query($id: ID!) { node(id: $id) { ... on HTTPMachine { name events { nodes { version } } } } }"
    assert (await machines.ask(node, id=found["entity"]["id"]))["node"]["events"] == {"nodes": [{"version": 1}]}
    retire = """mutation($appId: String!) { retireHTTPMachine(name: "m", appId: $appId) { __typename
        ... on HTTPMachineWritten { event { kind } entity { current { kind } } } } }"""
    assert (await machines.ask(retire, appId=app_id))["retireHTTPMachine"] == {
        "__typename": "HTTPMachineWritten",
        "event": {"kind": "HTTPMachineRetiredEvent"},
        "entity": {"current": None},
    }


async def test_its_references_lead_to_entities_of_other_types_and_its_own(machines: Api, app_id: str) -> None:
    state = {"apiVersion": "v1", "kind": "HTTPMachine", **machine(app_id)}
    part = {**state, "meta": {"name": "part", "appId": app_id}}
    await machines.bring(
        applied(app_id, at=T0, version="1.0.0"),
        told("ConfigAppliedEvent", "other", "c", at=T0, state=config("other", "c", format="env")),
        told("HTTPMachineAppliedEvent", app_id, "part", at=later(1), spec={"httpMachine": part}),
        told("HTTPMachineAppliedEvent", app_id, "m", at=later(2), spec={"httpMachine": state}),
        applied(app_id, at=later(3), version="2.0.0"),
    )
    query = """query($appId: String!, $at: Instant!) { httpMachine(name: "m", appId: $appId) { asOf(time: $at) { spec {
        owner { current { spec { version } } } links { config { current { spec { format } } } }
        parts { name current { spec { owner { lastEvent { version } } } } } elsewhere } } } }"""
    found = (await machines.ask(query, appId=app_id, at=write(later(2))))["httpMachine"]["asOf"]["spec"]
    assert found["owner"] == {"current": {"spec": {"version": "1.0.0"}}}
    assert found["links"] == {"config": {"current": {"spec": {"format": "env"}}}}
    owner = {"current": {"spec": {"owner": {"lastEvent": {"version": 1}}}}}
    assert found["parts"] == [{"name": "part", **owner}, {"name": "m", **owner}]
    assert found["elsewhere"] == "there"


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("max_dash_pods", "state.spec.max-pods"),
        ("dollar_ref", "state.spec.\uff04$ref"),
        ("_9lives", "state.spec.9lives"),
        ("a_dot_b", "state.spec"),
        ("empty", "state.spec"),
        ("rows { cells { value } }", "state.spec.rows.cells.value"),
        ("owner { name }", "state.spec.owner"),
    ],
)
async def test_only_what_is_selected_is_fetched_under_the_keys_own_name(
    machines: Api, app_id: str, field: str, path: str
) -> None:
    await machines.ask(WRITE, object=spelled(machine(app_id)))
    query = f"query($appId: String!) {{ machinery(appId: $appId) {{ nodes {{ current {{ spec {{ {field} }} }} }} }} }}"
    with calls() as commands:
        found = await machines.ask(query, appId=app_id)
    assert [each for each in commands[0]["projection"] if each.split(".")[0] == "state"] == [path]
    assert None not in found["machinery"]["nodes"][0]["current"]["spec"].values()


def test_the_schema_of_a_new_type_is_valid_and_independent_of_any_other() -> None:
    types = Registry([*registry.builtin(), read(yaml.safe_load(MANIFEST))])
    made = schema.build(types)
    assert_valid_schema(made)
    assert "HTTPMachine" not in schema.text(schema.build(registry.builtin()))
    assert schema.text(schema.build(types)) == schema.text(made)


@pytest.mark.parametrize("key", ["on", "yes", "8080", "1.5", "null"])
def test_a_key_that_yaml_takes_for_something_else_is_refused_with_what_to_do(key: str) -> None:
    manifest = yaml.safe_load(MANIFEST.replace("max-pods:", f"{key}:"))
    with pytest.raises(InvalidManifest, match="/spec/versions/0/schema") as caught:
        read(manifest)
    assert "Quote" in (caught.value.hint or "")


def test_a_type_without_properties_or_actions_is_served_all_the_same() -> None:
    bare = read(
        {
            "apiVersion": "dsel/v1alpha1",
            "kind": "DomainType",
            "meta": {"name": "Bare"},
            "spec": {"actions": [], "versions": [{"name": "v1", "schema": {"type": "object"}}]},
        }
    )
    made = schema.build(Registry([bare]))
    assert_valid_schema(made)
    assert {"bare", "bares"} <= made.query_type.fields.keys()  # type: ignore[union-attr]


def test_a_property_that_its_schema_calls_deprecated_is_so_in_the_schema_unless_an_input_requires_it() -> None:
    old = {"type": "string", "deprecated": True}
    properties = {"spec": {"type": "object", "required": ["b"], "properties": {"a": old, "b": old}}, "state": old}
    made = manifest("Machine")
    made["spec"]["versions"] = [{"name": "v1", "schema": {"type": "object", "properties": properties}}]
    built: Any = schema.build(Registry([read(made)]))
    assert_valid_schema(built)
    reasons = {
        (name, key): field.deprecation_reason is not None
        for name in ("MachineState", "MachineSpec", "MachineSpecInput")
        for key, field in built.type_map[name].fields.items()
        if key in ("state", "a", "b")
    }
    assert reasons == {
        ("MachineState", "state"): True,
        ("MachineSpec", "a"): True,
        ("MachineSpec", "b"): True,
        ("MachineSpecInput", "a"): True,
        ("MachineSpecInput", "b"): False,
    }

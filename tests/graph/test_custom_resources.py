"""Whatever a CustomResourceDefinition says: its objects come out as they went in, whole and field by field."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from api import Api, running
from custom_resources import REAL, crd, real, spec
from manifests import applied
from round_trip import difference, typed_difference
from samples import sample

Json = dict[str, Any]
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
PAIR = {"type": "object", "required": ["key"], "properties": {"key": TEXT, "value": TEXT}}
OPEN = {"x-kubernetes-preserve-unknown-fields": True}

ODD = crd(
    "Odd",
    "acme.example",
    v1={
        **spec(
            **{
                "replicas": {"type": "integer", "format": "int32", "nullable": True},
                "uint32": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 4294967295},
                "bytes": {"type": "integer", "format": "int64"},
                "ratio": {"type": "number", "minimum": 0, "maximum": 1, "exclusiveMaximum": True},
                "port": {"x-kubernetes-int-or-string": True, "anyOf": [WHOLE, TEXT]},
                "operator": {"type": "string", "enum": ["", "=~", "s/mime", "v1.29", "replace", "Replace"]},
                "level": {"type": "integer", "enum": [1, 2, 3]},
                "labels": {"type": "object", "additionalProperties": TEXT},
                "quantities": {"type": "object", "additionalProperties": {"x-kubernetes-int-or-string": True}},
                "maps": {"type": "object", "additionalProperties": {"type": "array", "items": PAIR}},
                "empty": {"type": "object"},
                "free": OPEN,
                "values": {"type": "object", **OPEN},
                "known": {**PAIR, **OPEN},
                "embedded": {"type": "object", "x-kubernetes-embedded-resource": True, **OPEN},
                "env": {"type": "array", "items": {**PAIR, "nullable": True}},
                "matrix": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
                "x-kubernetes-validations": TEXT,
                "-Xmx": TEXT,
                "hugepages-2Mi": TEXT,
                "$ref": TEXT,
                "a.b": TEXT,
                "__x": TEXT,
                "jwksUri": TEXT,
                "jwks_uri": TEXT,
                "jwksURI": TEXT,
                "Upper": TEXT,
                "x-y": TEXT,
                "x_dash_y": TEXT,
                "source": {
                    "type": "object",
                    "properties": {"git": PAIR, "image": PAIR},
                    "oneOf": [{"required": ["git"]}, {"required": ["image"]}],
                },
            }
        )
    },
)
BARE = crd(
    "Bare",
    "acme.example",
    scope="Cluster",
    v1={
        "type": "object",
        "required": ["limit"],
        "properties": {"data": PAIR, "raw": TEXT, "limit": {"type": "integer", "nullable": True}},
    },
)
ANYTHING = crd("Anything", "acme.example", v1={"type": "object", **OPEN})
OWN = [ODD, BARE, ANYTHING]
NAMES = frozenset("applications backendtlspolicies gateways issuers poolers prometheusrules usages".split())
SOME = [each for each in REAL if NAMES & set(each.stem.replace("_", ".").replace("-", ".").split("."))]


@pytest.fixture(scope="module")
async def replicas(mongodb_uri: str) -> AsyncIterator[tuple[Api, Api]]:
    database = f"test_{uuid4().hex}"
    async with running(mongodb_uri, database=database) as one, running(mongodb_uri, database=database) as other:
        assert set(await applied(one, *OWN, *real(SOME))) == {"CREATED"}
        yield one, other


@pytest.fixture
def resources(replicas: tuple[Api, Api]) -> Api:
    return replicas[0]


async def test_objects_come_out_on_another_replica_as_they_went_in(replicas: tuple[Api, Api], app_id: str) -> None:
    """Whole and field by field; `bench.round_trips` does this with any number of definitions."""
    one, other = replicas
    edition = one.service.edition
    for type_ in (each for each in edition.registry if each.scope):
        for number in range(10 if type_.group == "acme.example" else 1):
            object_ = sample(type_, number)
            assert object_ is not None, type_.name
            object_["metadata"]["labels"] = {"a.b/c": "d"}
            differs = await difference(type_, edition.schema, object_, f"{app_id}-{number}", one.ask, other.ask)
            differs = differs or await typed_difference(
                type_, edition.schema, object_, f"typed-{app_id}-{number}", one.ask
            )
            assert differs is None, type_.name


async def test_a_typed_write_stores_an_object_of_kubernetes(resources: Api, app_id: str) -> None:
    write = """mutation($object: OddInput!) { applyOdd(object: $object) {
        ... on OddWritten { entity { name appId current { raw spec { x_dash_y x_dash_y_ known { key } port } } } }
        ... on ValidationFailure { violations { path } } } }"""
    spelled = {
        "x_dash_y": "plain",
        "x_dash_y_": "hyphen",
        "known": {"key": "k", "more": [1]},
        "port": 80,
        "env": [None],
    }
    meta = {"name": "typed", "namespace": "shop", "appId": app_id, "labels": {"a": "b"}}
    written = (await resources.ask(write, object={"meta": meta, "spec": spelled}))["applyOdd"]["entity"]
    assert (written["name"], written["appId"]) == ("shop/typed", app_id)
    spec_ = {"x_dash_y": "plain", "x-y": "hyphen", "known": {"key": "k", "more": [1]}, "port": 80, "env": [None]}
    assert written["current"]["raw"] == {
        "apiVersion": "acme.example/v1",
        "kind": "Odd",
        "metadata": {"name": "typed", "namespace": "shop", "labels": {"a": "b"}},
        "spec": spec_,
    }
    assert written["current"]["spec"] == {
        "x_dash_y": "plain",
        "x_dash_y_": "hyphen",
        "known": {"key": "k"},
        "port": 80,
    }


async def test_a_history_that_breaks_its_schema_is_read_all_the_same(resources: Api, app_id: str) -> None:
    """What is required is missing, an option is unknown, a null or a text stands where an object should be."""
    broken = {"known": {"value": "v"}, "operator": "!", "source": None, "labels": "none", "env": ["x"], "port": 1.5}
    state = {"apiVersion": "acme.example/v1", "kind": "Odd", "metadata": {"name": "old"}, "spec": broken}
    meta = {"appId": app_id, "timestamp": "2025-01-15T10:30:00Z"}
    await resources.bring({"kind": "OddAppliedEvent", "meta": meta, "spec": {"odd": state}})
    query = """query($app: String!) { odd(name: "old", appId: $app) { current { raw
        spec { known { key value } operator source { git { key } } labels env { key } port bytes } } } }"""
    answer = await resources.post(query, {"app": app_id})
    assert [each["path"][-2:] for each in answer["errors"]] == [["env", 0]]
    assert answer["data"]["odd"]["current"] == {
        "raw": state,
        "spec": {
            "known": {"key": None, "value": "v"},
            "operator": "!",
            "source": None,
            "labels": "none",
            "env": [None],
            "port": 1.5,
            "bytes": None,
        },
    }

"""Objects of an older version of their type are shown in the newest, and are in the log as they were written."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from api import Api, calls, running
from domain.instants import write
from domain.manifest import read
from domain.registry import Registry
from examples import T0, later
from manifests import manifest
from told import told

Json = dict[str, Any]

MACHINE: Json = manifest(
    "Machine",
    versions={
        "v1": {"size": "integer", "region": "string", "legacy": "string"},
        "v2": {
            "disk": {"type": "object", "properties": {"size": {"type": "integer"}}},
            "regions": {"type": "array", "items": {"type": "string"}},
            "tier": "string",
        },
    },
)
MACHINE["spec"]["versions"][1]["conversion"] = [
    {"move": "/spec/size", "to": "/spec/disk/size"},
    {"rename": "/spec/region", "to": "regions"},
    {"wrap": "/spec/regions"},
    {"default": "/spec/tier", "value": "standard"},
    {"annotate": "/spec/legacy", "as": "acme.io/legacy"},
]
MACHINE["spec"]["rules"] = [
    {
        "name": "disks-do-not-shrink",
        "path": "/spec",
        "rule": "!has(oldSelf.disk) || self.disk.size >= oldSelf.disk.size",
        "when": "has(self.disk)",
    }
]
READ = "disk { size } regions tier"
OLD: Json = {"size": 20, "region": "eu", "legacy": "x"}
SHOWN = {"disk": {"size": 20}, "regions": ["eu"], "tier": "standard"}


@pytest.fixture(scope="module")
async def api(mongodb_uri: str) -> AsyncIterator[Api]:
    async with running(mongodb_uri, types=Registry([read(MACHINE)])) as made:
        yield made


def machine(app_id: str, version: str, name: str = "m", **spec: Any) -> Json:
    return {"apiVersion": version, "kind": "Machine", "meta": {"name": name, "appId": app_id}, "spec": spec}


async def bring(api: Api, *states: Json) -> None:
    await api.bring(
        *(
            told("MachineAppliedEvent", each["meta"]["appId"], each["meta"]["name"], at=later(at), state=each)
            for at, each in enumerate(states)
        )
    )


async def test_every_read_shows_the_newest_version(api: Api, app_id: str) -> None:
    old, new = machine(app_id, "v1", **OLD), machine(app_id, "v2", disk={"size": 40})
    await bring(api, old, new, machine(app_id, "v1", "other", **OLD))
    query = f"""query($app: String!, $at: Instant!) {{
        machine(name: "m", appId: $app) {{ current {{ apiVersion spec {{ {READ} }} }}
            asOf(time: $at) {{ apiVersion meta {{ annotations }} spec {{ {READ} }} }}
            events {{ nodes {{ state {{ spec {{ {READ} }} }} changes {{ path from to }} }} }} }}
        machines(appId: $app, asOf: $at) {{ nodes {{ current {{ spec {{ {READ} }} }} }} }}
        entity(type: "Machine", appId: $app, name: "other") {{
            current {{ ... on MachineState {{ spec {{ {READ} }} }} }} }}
        events(where: {{appIds: [$app]}}, first: 1) {{ nodes {{ state {{ apiVersion }} }} }} }}"""
    found = await api.ask(query, app=app_id, at=write(T0))
    told_ = found["machine"]
    assert told_["current"] == {"apiVersion": "v2", "spec": {"disk": {"size": 40}, "regions": None, "tier": None}}
    assert told_["asOf"] == {"apiVersion": "v2", "meta": {"annotations": {"acme.io/legacy": '"x"'}}, "spec": SHOWN}
    assert told_["events"]["nodes"][1]["state"] == {"spec": SHOWN}
    assert {"path": "/spec/disk/size", "from": 20, "to": 40} in told_["events"]["nodes"][0]["changes"]
    assert found["machines"]["nodes"] == [{"current": {"spec": SHOWN}}]
    assert found["entity"] == {"current": {"spec": SHOWN}}
    assert found["events"]["nodes"] == [{"state": {"apiVersion": "v2"}}]


async def test_what_was_written_is_still_there_as_it_was_and_in_any_version(api: Api, app_id: str) -> None:
    old = machine(app_id, "v1", **OLD)
    await bring(api, old)
    query = """query($app: String!, $at: Instant!) { machine(name: "m", appId: $app) {
        current { raw v2: raw(version: "v2") }
        recorded: current(schemaView: RECORDED) { apiVersion spec { tier regions } v1: raw(version: "v1") }
        asOf(time: $at, schemaView: RECORDED) { apiVersion }
        events { nodes { envelope state(schemaView: RECORDED) { apiVersion } } } } }"""
    found = (await api.ask(query, app=app_id, at=write(T0)))["machine"]
    meta = {"name": "m", "appId": app_id, "annotations": {"acme.io/legacy": '"x"'}}
    assert found["current"] == {"raw": old, "v2": {"apiVersion": "v2", "kind": "Machine", "meta": meta, "spec": SHOWN}}
    assert found["recorded"] == {"apiVersion": "v1", "spec": {"tier": None, "regions": None}, "v1": old}
    assert found["asOf"] == {"apiVersion": "v1"}
    assert found["events"]["nodes"][0]["state"] == {"apiVersion": "v1"}
    assert found["events"]["nodes"][0]["envelope"]["spec"] == {"machine": old}


async def test_a_field_that_a_conversion_moved_keeps_its_blame(api: Api, app_id: str) -> None:
    """In the newest version, and as it was written: what is compared is always of one form."""
    await bring(api, machine(app_id, "v1", **OLD), machine(app_id, "v1", **{**OLD, "legacy": "y"}))
    query = """query($app: String!) { machine(name: "m", appId: $app) {
        newest: current { blame(paths: ["/spec"]) { path event { version } } }
        recorded: current(schemaView: RECORDED) { blame(paths: ["/spec/size", "/spec/legacy"]) {
            path event { version } } } } }"""
    found = (await api.ask(query, app=app_id))["machine"]
    newest, recorded = (
        {each["path"]: each["event"]["version"] for each in found[name]["blame"]} for name in ("newest", "recorded")
    )
    assert newest == {"/spec/disk/size": 1, "/spec/regions/0": 1, "/spec/tier": 1}
    assert recorded == {"/spec/legacy": 2, "/spec/size": 1}


async def test_what_is_written_in_the_newest_version_can_be_read_in_the_one_before(api: Api, app_id: str) -> None:
    await bring(api, machine(app_id, "v2", disk={"size": 1}, regions=["eu", "us"], tier="gold"))
    query = 'query($app: String!) { machine(name: "m", appId: $app) { current { raw(version: "v1") } } }'
    raw = (await api.ask(query, app=app_id))["machine"]["current"]["raw"]
    assert (raw["apiVersion"], raw["spec"]) == ("v1", {"size": 1, "region": "eu"})
    assert raw["meta"]["annotations"] == {"dsel:/spec/regions": '["eu","us"]', "dsel:/spec/tier": '"gold"'}


async def test_a_version_that_no_conversion_leads_to_is_an_error_that_names_the_versions(api: Api, app_id: str) -> None:
    await bring(api, machine(app_id, "v1", **OLD), machine(app_id, "v9", "strange"))
    query = """query($app: String!, $name: String!) { machine(name: $name, appId: $app) {
        current { apiVersion raw(version: "v3") } } }"""
    fault = await api.fault(query, app=app_id, name="m")
    assert fault["extensions"] == {
        "code": "INVALID_ARGUMENT",
        "hint": "Its versions are: v1, v2. Without a version it is as it came.",
    }
    shown = (
        'query($app: String!) { machine(name: "strange", appId: $app) {'
        ' current { apiVersion spec { tier } raw own: raw(version: "v9") } } }'
    )
    current = (await api.ask(shown, app=app_id))["machine"]["current"]
    assert (current["apiVersion"], current["raw"]) == ("v9", machine(app_id, "v9", "strange"))
    assert current["own"] == current["raw"]


@pytest.mark.parametrize(
    ("selected", "fetched"),
    [
        ("regions", ["meta.annotations", "metadata.annotations", "spec.region", "spec.regions"]),
        ("disk { size }", ["spec.disk.size", "spec.size"]),
    ],
)
async def test_no_more_is_fetched_than_a_conversion_needs(
    api: Api, app_id: str, selected: str, fetched: list[str]
) -> None:
    query = f"query($app: String!) {{ machines(appId: $app) {{ nodes {{ current {{ spec {{ {selected} }} }} }} }} }}"
    with calls() as commands:
        await api.ask(query, app=app_id)
    paths = [each for each in commands[0]["projection"] if each.startswith("state.")]
    assert sorted(paths) == [f"state.{each}" for each in ("apiVersion", *fetched)]


async def test_a_rule_that_compares_sees_the_state_before_in_the_version_of_the_new_one(api: Api, app_id: str) -> None:
    await bring(api, machine(app_id, "v1", **OLD))
    mutation = """mutation($object: JSON!) { apply(object: $object) { __typename
        ... on ValidationFailure { violations { rule } } } }"""
    smaller = await api.ask(mutation, object=machine(app_id, "v2", disk={"size": 10}))
    assert smaller["apply"]["violations"] == [{"rule": "disks-do-not-shrink"}]
    larger = await api.ask(mutation, object=machine(app_id, "v2", disk={"size": 30}))
    assert larger["apply"] == {"__typename": "EventRecorded"}


async def test_a_delete_keeps_the_state_as_it_was_written(api: Api, app_id: str) -> None:
    old = machine(app_id, "v1", **OLD)
    await bring(api, old)
    mutation = """mutation($app: String!) { deleteMachine(name: "m", appId: $app) { __typename
        ... on MachineWritten { event { envelope } } } }"""
    deleted = (await api.ask(mutation, app=app_id))["deleteMachine"]
    assert deleted["event"]["envelope"]["spec"] == {"machine": old}


async def test_lists_are_filtered_and_ordered_by_the_newest_version_now_and_as_of_a_moment(
    api: Api, app_id: str
) -> None:
    for name, size in (("a", 20), ("b", 5), ("c", 40)):
        state = machine(app_id, "v1", name, **{**OLD, "size": size})
        await api.bring(told("MachineAppliedEvent", app_id, name, at=T0, by="ann", state=state))
    await bring(api, machine(app_id, "v2", "d", disk={"size": 30}, tier="gold"))
    api.clock.move(5)
    query = """query($app: String!, $where: MachineWhere, $order: [MachineOrderBy!], $at: Instant, $after: String) {
        machines(appId: $app, where: $where, orderBy: $order, asOf: $at, first: 2, after: $after) {
            nodes { name } pageInfo { endCursor } } }"""

    async def names(where: Any, order: Any, at: Any) -> str:
        found, after = "", None
        while True:
            page = (await api.ask(query, app=app_id, where=where, order=order, at=at, after=after))["machines"]
            found += "".join(each["name"] for each in page["nodes"])
            if len(page["nodes"]) < 2:
                return found
            after = page["pageInfo"]["endCursor"]

    for at in (None, write(later(3))):
        assert await names({"spec": {"disk": {"size": {"gte": 20}}}}, None, at) == "acd"
        assert await names({"spec": {"tier": {"eq": "standard"}}}, {"spec": {"disk": {"size": "DESC"}}}, at) == "cab"
        assert await names({"annotations": {"acme.io/legacy": {"exists": True}}}, None, at) == "abc"
        assert await names({"lastActor": {"id": {"eq": "ann"}}}, {"spec": {"tier": "ASC"}}, at) == "abc"
        assert await names({"name": {"in": ["c", "d"]}}, None, at) == "cd"


async def test_references_are_followed_both_ways_in_the_newest_version(mongodb_uri: str, app_id: str) -> None:
    named = {"type": "object", "x-dsel-ref": "Disk", "properties": {"name": {"type": "string"}}}
    host = manifest("Host", versions={"v1": {"disk": "string"}, "v2": {"main": named}})
    host["spec"]["versions"][1]["conversion"] = [{"move": "/spec/disk", "to": "/spec/main/name"}]
    async with running(mongodb_uri, types=Registry(map(read, (host, manifest("Disk", size="integer"))))) as api:
        await api.service.log.declared.make()
        for name, kind, version, spec in (
            ("d", "Disk", "v1", {"size": 1}),
            ("old", "Host", "v1", {"disk": "d"}),
            ("new", "Host", "v2", {"main": {"name": "d"}}),
        ):
            meta = {"name": name, "appId": app_id}
            state = {"apiVersion": version, "kind": kind, "meta": meta, "spec": spec}
            await api.bring(told(f"{kind}AppliedEvent", app_id, name, at=T0, state=state))
        api.clock.move(1)
        query = """query($app: String!, $at: Instant!) { at(time: $at) { ...back } ...more
            hosts(appId: $app) { nodes { name current { spec { main { current { spec { size } } } } } } } }
          fragment back on Snapshot { disk(name: "d", appId: $app) { hosts { nodes { name } } } }
          fragment more on Query { disk(name: "d", appId: $app) { hosts { nodes { name } } } }"""
        found = await api.ask(query, app=app_id, at=write(T0))
        back = {"hosts": {"nodes": [{"name": "new"}, {"name": "old"}]}}
        assert (found["disk"], found["at"]["disk"]) == (back, back)
        for each in found["hosts"]["nodes"]:
            assert each["current"]["spec"]["main"] == {"current": {"spec": {"size": 1}}}

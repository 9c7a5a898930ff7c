"""From an entity to those that refer to it, now and at any moment, and references that no schema declares."""

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api import Api, calls, running
from custom_resources import crd, spec
from domain.instants import write
from domain.manifest import read
from domain.registry import Registry
from examples import T0, later
from manifests import manifest
from told import Json, applied, config, deployment, told

NAMED: Json = {"type": "object", "properties": {"name": {"type": "string"}, "kind": {"type": "string"}}}


def certificate() -> Json:
    made = crd("Certificate", "cert-manager.io", v1=spec(issuerRef=NAMED, secretName={"type": "string"}))
    made["metadata"]["annotations"] = {
        "dsel/references": """
          - {path: /spec/issuerRef, type: Issuer, kind: /kind}
          - {path: /spec/issuerRef, type: ClusterIssuer, kind: /kind}
          - {path: /spec/secretName, type: Secret, field: kept}
          - {path: /spec/missing, type: Unregistered}"""
    }
    return made


def rack() -> Json:
    made = manifest("Rack", owner="string", spare={"type": "array", "items": {"type": "string"}})
    machines = {"type": "object", "additionalProperties": {"type": "object", "properties": {"id": {"type": "string"}}}}
    made["spec"]["versions"][0]["schema"]["properties"]["spec"]["properties"]["machines"] = machines
    made["spec"]["references"] = [
        {"path": "/spec/machines/*", "type": "Machine", "name": "/id"},
        {"path": "/spec/spare", "type": "Machine"},
        {"path": "/spec/owner", "type": "Rack"},
    ]
    return made


TYPES = [
    certificate(),
    crd("Issuer", "cert-manager.io", v1=spec(ca={"type": "string"})),
    crd("ClusterIssuer", "cert-manager.io", "Cluster", v1=spec(ca={"type": "string"})),
    crd("Secret", "core.example", v1=spec(size={"type": "integer"})),
    rack(),
    manifest("Machine", size="integer"),
]


@pytest.fixture(scope="module")
async def custom(mongodb_uri: str) -> AsyncIterator[Api]:
    async with running(mongodb_uri, types=Registry(map(read, TYPES))) as made:
        await made.service.log.declared.make()
        yield made


@pytest.fixture(scope="module")
async def indexed(api: Api) -> Api:
    await api.service.log.declared.make()
    return api


@pytest.fixture
async def platform(indexed: Api, app_id: str) -> str:
    """Configs s and t; deployments a (s since 10, t since 30), b (both since 20, gone at 40), c in another app (s)."""
    other = f"{app_id}-other"

    def put(app: str, name: str, at: float, *names: str, **more: str) -> Json:
        state = deployment(app, name, configs=[{"name": each, **more} for each in names])
        return told("DeploymentAppliedEvent", app, name, at=later(at), by="ann", state=state)

    await indexed.bring(
        *(told("ConfigAppliedEvent", app_id, name, at=T0, state=config(app_id, name)) for name in "st"),
        told("ConfigAppliedEvent", other, "s", at=T0, state=config(other, "s")),
        applied(app_id, at=T0),
        put(app_id, "a", 10, "s"),
        put(app_id, "b", 20, "s", "t"),
        put(other, "c", 25, "s", appId=app_id),
        put(other, "d", 26, "s"),
        put(app_id, "a", 30, "t"),
        told("DeploymentDeletedEvent", app_id, "b", at=later(40)),
    )
    return app_id


BACK = """query($app: String!, $at: Instant, $where: DeploymentWhere, $first: Int! = 20, $after: String) {
  configs(appId: $app, asOf: $at) { nodes { name
    deployments(first: $first, after: $after, where: $where) {
      nodes { name appId current { spec { configs { name } } } } pageInfo { hasNextPage endCursor } } } } }"""


async def names(api: Api, app_id: str, at: float | None = None, **arguments: Any) -> dict[str, str]:
    moment = write(later(at)) if at is not None else None
    found = (await api.ask(BACK, app=app_id, at=moment, **arguments))["configs"]["nodes"]
    return {each["name"]: "".join(node["name"] for node in each["deployments"]["nodes"]) for each in found}


async def test_those_that_refer_to_an_entity_are_listed_now_and_as_of_a_moment(indexed: Api, platform: str) -> None:
    assert await names(indexed, platform) == {"s": "c", "t": "a"}
    indexed.clock.move(1)
    for at, found in (
        (5, {"s": "", "t": ""}),
        (10, {"s": "a", "t": ""}),
        (24, {"s": "ab", "t": "b"}),
        (29, {"s": "cab", "t": "b"}),
        (30, {"s": "cb", "t": "ab"}),
        (40, {"s": "c", "t": "a"}),
    ):
        assert await names(indexed, platform, at) == found, at


async def test_they_are_seen_from_the_moment_of_the_entity(indexed: Api, platform: str) -> None:
    query = """query($app: String!, $at: Instant!) { at(time: $at) { config(name: "s", appId: $app) {
        deployments { nodes { name current { spec { configs { name } artifact { deployments { nodes { name } } } } }
          } } } } }"""
    found = (await indexed.ask(query, app=platform, at=write(later(12))))["at"]["config"]["deployments"]["nodes"]
    artifact = {"deployments": {"nodes": [{"name": "a"}]}}
    assert found == [{"name": "a", "current": {"spec": {"configs": [{"name": "s"}], "artifact": artifact}}}]


async def test_they_are_filtered_and_paged(indexed: Api, platform: str) -> None:
    where = {"spec": {"configs": {"any": {"name": {"eq": "t"}}}}}
    assert await names(indexed, platform, 29, where=where) == {"s": "b", "t": "b"}
    assert await names(indexed, platform, where={"lastActor": {"id": {"eq": "ann"}}}) == {"s": "c", "t": "a"}
    query = """query($app: String!, $at: Instant!, $after: String) { config(name: "s", appId: $app) {
        asOf(time: $at) { version } } at(time: $at) { config(name: "s", appId: $app) {
          deployments(first: 1, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } } } }"""
    walked, after = "", None
    while True:
        answer = await indexed.ask(query, app=platform, at=write(later(29)), after=after)
        page = answer["at"]["config"]["deployments"]
        walked += page["nodes"][0]["name"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert walked == "cab"
    error = await indexed.fault(BACK, app=platform, after=after, first=500)
    assert error["extensions"]["code"] == "INVALID_CURSOR"


async def test_one_call_answers_for_all_entities_of_a_list(indexed: Api, platform: str) -> None:
    with calls() as made:
        await names(indexed, platform)
    lookups = [each for each in made if "aggregate" in each]
    assert len(lookups) == 1
    assert len(made) == 4  # and the list, with a look at whether somebody wrote meanwhile, twice


async def test_many_of_the_same_name_elsewhere_do_not_hide_one(indexed: Api, app_id: str) -> None:
    def put(app: str, name: str) -> Json:
        state = deployment(app, name, configs=[{"name": "hot"}])
        return told("DeploymentAppliedEvent", app, name, at=T0, state=state)

    await indexed.bring(
        told("ConfigAppliedEvent", app_id, "hot", at=T0, state=config(app_id, "hot")),
        *(put(f"{app_id}-{number:03}", "d") for number in range(100)),
        put(app_id, "mine"),
        *(put(f"{app_id}+{number:03}", "d") for number in range(100)),
    )
    assert await names(indexed, app_id, first=1) == {"hot": "mine"}


async def test_a_write_during_the_request_is_not_in_its_answer(indexed: Api, platform: str) -> None:
    state = deployment(platform, "late", configs=[{"name": "s"}])
    instant = indexed.clock.at
    indexed.clock.move(1)
    await indexed.bring(told("DeploymentAppliedEvent", platform, "late", at=indexed.clock.at, state=state))
    assert (await names(indexed, platform))["s"] == "clate"
    indexed.clock.at = instant
    assert (await names(indexed, platform))["s"] == "c"
    indexed.clock.move(1)


def custom_state(kind: str, name: str, namespace: str = "", **spec: Any) -> Json:
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    group = "core.example" if kind == "Secret" else "cert-manager.io"
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": meta, "spec": spec}


async def test_references_beside_a_definition_follow_the_habits_of_kubernetes(custom: Api, app_id: str) -> None:
    states = [
        custom_state("Issuer", "ca", "prod"),
        custom_state("Issuer", "ca", "dev"),
        custom_state("ClusterIssuer", "ca"),
        custom_state("Secret", "tls", "prod", size=1),
        custom_state("Certificate", "one", "prod", issuerRef={"name": "ca"}, secretName="tls"),
        custom_state("Certificate", "two", "dev", issuerRef={"name": "ca", "kind": "Issuer"}, secretName="tls"),
        custom_state("Certificate", "three", "dev", issuerRef={"name": "ca", "kind": "ClusterIssuer"}),
    ]
    names_ = [f"{each['metadata'].get('namespace', '')}/{each['metadata']['name']}".strip("/") for each in states]
    await custom.bring(
        *(
            told(f"{state['kind']}AppliedEvent", app_id, name, at=T0, state=state)
            for name, state in zip(names_, states, strict=True)
        )
    )
    query = """query($app: String!) {
      certificates(appId: $app) { nodes { name current { spec { issuerRef { name kind } secretName }
        issuer { name current { version } } clusterIssuer { name } kept { current { spec { size } } } } } }
      issuers(appId: $app) { nodes { name certificates { nodes { name } } } }
      clusterIssuers(appId: $app) { nodes { name certificates { nodes { name } } } }
      secrets(appId: $app) { nodes { certificates { nodes { name } } } } }"""
    found = await custom.ask(query, app=app_id)
    told_ = {each["name"]: each["current"] for each in found["certificates"]["nodes"]}
    assert told_["prod/one"] == {
        "spec": {"issuerRef": {"name": "ca", "kind": None}, "secretName": "tls"},
        "issuer": {"name": "prod/ca", "current": {"version": 1}},
        "clusterIssuer": None,
        "kept": {"current": {"spec": {"size": 1}}},
    }
    assert (told_["dev/two"]["issuer"]["name"], told_["dev/two"]["clusterIssuer"]) == ("dev/ca", None)
    assert (told_["dev/three"]["issuer"], told_["dev/three"]["clusterIssuer"]) == (None, {"name": "ca"})
    back = {
        each["name"]: [node["name"] for node in each["certificates"]["nodes"]] for each in found["issuers"]["nodes"]
    }
    assert back == {"dev/ca": ["dev/two"], "prod/ca": ["prod/one"]}
    [cluster] = found["clusterIssuers"]["nodes"]
    assert [each["name"] for each in cluster["certificates"]["nodes"]] == ["dev/three"]
    assert found["secrets"]["nodes"] == [{"certificates": {"nodes": [{"name": "prod/one"}]}}]


async def test_maps_of_references_are_followed_both_ways_and_several_references_have_a_field_each(
    custom: Api, app_id: str
) -> None:
    async def put(kind: str, name: str, at: float, **spec: Any) -> None:
        state = {"apiVersion": "v1", "kind": kind, "meta": {"name": name, "appId": app_id}, "spec": spec}
        await custom.bring(told(f"{kind}AppliedEvent", app_id, name, at=later(at), state=state))

    for name in "xyz":
        await put("Machine", name, 0)
    await put("Rack", "r1", 1, machines={"top": {"id": "x"}, "bottom": {"id": "y"}}, spare=["z"], owner="r2")
    await put("Rack", "r2", 2, machines={"top": {"id": "z"}}, spare=["x", "missing"])
    await put("Rack", "r1", 9, machines={"top": {"id": "x"}})
    custom.clock.move(1)
    query = """query($app: String!, $at: Instant) {
      machines(appId: $app, asOf: $at) { nodes { name racks { nodes { name } }
        racksByMachines { nodes { name } } racksBySpare { nodes { name } } } }
      racks(appId: $app, asOf: $at) { nodes { name racks { nodes { name } }
        current { machines { name } machinesBySpare { name } rack { name } spec { owner } } } } }"""

    def shown(nodes: list[Json], *fields: str) -> dict[str, list[str]]:
        return {
            each["name"]: ["".join(node["name"] for node in each[field]["nodes"]) for field in fields] for each in nodes
        }

    for at, machines, racks, current in (
        (
            5,
            {"x": ["r1r2", "r1", "r2"], "y": ["r1", "r1", ""], "z": ["r1r2", "r2", "r1"]},
            {"r1": [""], "r2": ["r1"]},
            {"machines": [{"name": "x"}, {"name": "y"}], "machinesBySpare": [{"name": "z"}], "rack": {"name": "r2"}},
        ),
        (
            None,
            {"x": ["r1r2", "r1", "r2"], "y": ["", "", ""], "z": ["r2", "r2", ""]},
            {"r1": [""], "r2": [""]},
            {"machines": [{"name": "x"}], "machinesBySpare": [], "rack": None},
        ),
    ):
        found = await custom.ask(query, app=app_id, at=write(later(at)) if at else None)
        assert shown(found["machines"]["nodes"], "racks", "racksByMachines", "racksBySpare") == machines
        assert shown(found["racks"]["nodes"], "racks") == racks
        first = found["racks"]["nodes"][0]["current"]
        assert {key: first[key] for key in current} == current


async def test_back_references_are_the_references_turned_round_at_any_moment(indexed: Api, app_id: str) -> None:
    chance = random.Random(7)
    start, configs, deployments = indexed.clock.at, "stuvw", [f"d{number}" for number in range(8)]
    await indexed.bring(
        *(told("ConfigAppliedEvent", app_id, each, at=T0, state=config(app_id, each)) for each in configs)
    )
    known = []
    for batch in range(4):
        envelopes: list[Json] = []
        for _ in range(15):
            name, at = chance.choice(deployments), later(chance.randrange(100 * (batch + 1)))
            chosen = [{"name": each} for each in chance.sample(configs, chance.randrange(4))]
            gone = chance.random() < 0.15
            state = deployment(app_id, name, configs=chosen)
            kind = f"Deployment{'Deleted' if gone else 'Applied'}Event"
            envelopes.append(told(kind, app_id, name, at=at, by=f"u{len(envelopes)}{batch}", state=state))
        indexed.clock.move(10)
        await indexed.bring(*envelopes)
        known.append(indexed.clock.at)
    indexed.clock.move(10)
    query = """query($app: String!, $at: Instant!, $known: Instant!) { at(time: $at, knownAt: $known) {
      deployments(appId: $app) { nodes { name current { spec { configs { name } } } } }
      configs(appId: $app) { nodes { name deployments(first: 3) { nodes { name current { version } } } } } } }"""
    for moment in (0, 50, 120, 200, 260, 399, 500):
        for known_at in (*known, start, indexed.clock.at):
            answer = (await indexed.ask(query, app=app_id, at=write(later(moment)), known=write(known_at)))["at"]
            turned: dict[str, list[str]] = {each: [] for each in configs}
            for each in answer["deployments"]["nodes"]:
                for name in {one["name"] for one in each["current"]["spec"]["configs"]}:
                    turned[name].append(each["name"])
            for each in answer["configs"]["nodes"]:
                assert [one["name"] for one in each["deployments"]["nodes"]] == turned[each["name"]][:3], (
                    moment,
                    known_at,
                )

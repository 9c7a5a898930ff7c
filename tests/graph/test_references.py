"""References between entities and `at`: the whole graph at another moment."""

from typing import Any

import pytest

from api import Api
from domain.instants import write
from examples import T0, later
from told import applied, config, deployment, told


@pytest.fixture
async def platform(api: Api, app_id: str) -> str:
    """An artifact with releases at 0 and 100, a config changed at 50, and a deployment at 10 that names both."""
    shared = f"{app_id}-shared"
    await api.bring(
        applied(app_id, at=T0, by="ann", version="1.0.0"),
        told(
            "ConfigAppliedEvent",
            shared,
            "settings",
            at=later(5),
            by="eve",
            state=config(shared, "settings", format="env"),
        ),
        told(
            "DeploymentAppliedEvent",
            app_id,
            "web",
            at=later(10),
            by="bob",
            state=deployment(
                app_id, "web", configs=[{"name": "settings", "appId": shared}, {"name": "missing"}], version="1"
            ),
        ),
        told("ConfigAppliedEvent", shared, "settings", at=later(50), state=config(shared, "settings", format="yaml")),
        applied(app_id, at=later(100), by="cleo", version="2.0.0"),
    )
    return app_id


GRAPH = """{ spec { version artifact { name appId current { spec { version } validTo } lastActor { id } }
    configs { name appId current { spec { format } } } } }"""


def graph(app_id: str, release: str, until: float | None, actor: str, format_: str) -> Any:
    return {
        "spec": {
            "version": "1",
            "artifact": {
                "name": "vpc",
                "appId": app_id,
                "current": {"spec": {"version": release}, "validTo": None if until is None else write(later(until))},
                "lastActor": {"id": actor},
            },
            "configs": [
                {"name": "settings", "appId": f"{app_id}-shared", "current": {"spec": {"format": format_}}},
                {"name": "missing", "appId": app_id, "current": None},
            ],
        }
    }


async def test_a_reference_is_an_entity_in_the_moment_of_the_state_that_holds_it(api: Api, platform: str) -> None:
    query = f"""query($appId: String!, $at: Instant!) {{ deployment(name: "web", appId: $appId) {{
        current {GRAPH} asOf(time: $at) {GRAPH} }} }}"""
    assert (await api.ask(query, appId=platform, at=write(later(20))))["deployment"] == {
        "current": graph(platform, "2.0.0", None, "cleo", "yaml"),
        "asOf": graph(platform, "1.0.0", 100, "ann", "env"),
    }


async def test_at_turns_the_whole_graph_back(api: Api, platform: str) -> None:
    query = f"""query($appId: String!, $at: Instant!, $later: Instant!) {{ at(time: $at) {{
        deployment(name: "web", appId: $appId) {{ current {GRAPH} lastEvent {{ version }} }}
        deployments(appId: $appId) {{ nodes {{ current {GRAPH} }} }}
        config(name: "settings", appId: "{platform}-shared") {{
            current {{ spec {{ format }} }} asOf(time: $later) {{ spec {{ format }} }} events {{ nodes {{ version }} }}
            lastEvent {{ version }} firstEvent {{ version }} }}
        artifacts(appId: $appId) {{ nodes {{ name current {{ spec {{ version }} }} }} }}
        entity(type: "Artifact", appId: $appId, name: "vpc") {{ current {{ version }} }}
        events(where: {{appIds: [$appId]}}) {{ nodes {{ kind }} }} }} }}"""
    found = (await api.ask(query, appId=platform, at=write(later(30)), later=write(later(60))))["at"]
    then = graph(platform, "1.0.0", 100, "ann", "env")
    assert found == {
        "deployment": {"current": then, "lastEvent": {"version": 1}},
        "deployments": {"nodes": [{"current": then}]},
        "config": {
            "current": {"spec": {"format": "env"}},
            "asOf": {"spec": {"format": "yaml"}},
            "events": {"nodes": [{"version": 1}]},
            "lastEvent": {"version": 1},
            "firstEvent": {"version": 1},
        },
        "artifacts": {"nodes": [{"name": "vpc", "current": {"spec": {"version": "1.0.0"}}}]},
        "entity": {"current": {"version": 1}},
        "events": {"nodes": [{"kind": "DeploymentAppliedEvent"}, {"kind": "ArtifactAppliedEvent"}]},
    }


async def test_at_hides_what_began_later_and_its_ids(api: Api, platform: str) -> None:
    everything = await api.ask(
        "query($w: EventWhere) { events(where: $w) { nodes { id kind } } }", w={"appIds": [platform]}
    )
    newest = everything["events"]["nodes"][0]["id"]
    query = """query($appId: String!, $at: Instant!, $id: ID!) { at(time: $at) {
        deployment(name: "web", appId: $appId) { id } deployments(appId: $appId) { nodes { name } }
        event(id: $id) { id } node(id: $id) { id } } }"""
    assert (await api.ask(query, appId=platform, at=write(later(9)), id=newest))["at"] == {
        "deployment": None,
        "deployments": {"nodes": []},
        "event": None,
        "node": None,
    }


async def test_at_with_known_at_is_inherited_by_every_field_below(api: Api, app_id: str) -> None:
    known = api.clock.move(10)
    await api.bring(
        applied(app_id, at=T0, version="1.0.0"),
        told("DeploymentAppliedEvent", app_id, "web", at=later(1), state=deployment(app_id, "web")),
    )
    api.clock.move(10)
    await api.bring(applied(app_id, at=later(2), version="1.0.1"))
    query = """query($appId: String!, $at: Instant!, $known: Instant!) { at(time: $at, knownAt: $known) {
        deployment(name: "web", appId: $appId) { current { spec { artifact {
            current { spec { version } validTo } asOf(time: $at) { spec { version } } events { nodes { version } }
            lastEvent { version } } } } } } }"""
    for moment, release, versions in ((known, "1.0.0", [1]), (api.clock.at, "1.0.1", [2, 1])):
        found = await api.ask(query, appId=app_id, at=write(later(3)), known=write(moment))
        artifact = found["at"]["deployment"]["current"]["spec"]["artifact"]
        assert artifact["current"] == {"spec": {"version": release}, "validTo": None}
        assert artifact["asOf"] == {"spec": {"version": release}}
        assert [each["version"] for each in artifact["events"]["nodes"]] == versions
        assert artifact["lastEvent"] == {"version": versions[0]}


async def test_a_list_as_of_a_moment_gives_entities_seen_from_there(api: Api, platform: str) -> None:
    query = f"""query($appId: String!, $at: Instant!) {{ deployments(appId: $appId, asOf: $at) {{
        nodes {{ current {GRAPH} lastEvent {{ version }} events {{ nodes {{ version }} }} }} }} }}"""
    found = (await api.ask(query, appId=platform, at=write(later(20))))["deployments"]["nodes"]
    assert found == [
        {
            "current": graph(platform, "1.0.0", 100, "ann", "env"),
            "lastEvent": {"version": 1},
            "events": {"nodes": [{"version": 1}]},
        }
    ]


async def test_at_is_refused_in_the_future_and_at_its_edge_it_is_now(api: Api, platform: str) -> None:
    query = "query($at: Instant!, $known: Instant) { at(time: $at, knownAt: $known) { domainTypes { name } } }"
    assert (await api.ask(query, at=write(api.clock.at)))["at"]["domainTypes"]
    error = await api.fault(query, at=write(later(1, api.clock.at)))
    assert error["extensions"]["code"] == "ASOF_IN_FUTURE"
    error = await api.fault(query, at=write(T0), known=write(later(1, api.clock.at)))
    assert error["extensions"]["code"] == "KNOWN_AT_IN_FUTURE"

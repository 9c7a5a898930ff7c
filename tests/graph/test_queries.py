"""`at`: every root field, at any moment."""

from datetime import datetime
from typing import Any

import pytest

from api import Api
from domain.instants import write
from examples import T0, later
from told import applied, config, deployment, told

RELEASE = "artifact(name: $name, appId: $appId) { current { spec { version } } }"


def test_at_offers_whatever_the_root_offers(api: Api) -> None:
    """Itself too, with the same arguments, so that whatever a schema gains can be looked at from any moment."""
    schema = api.service.engine.schema
    assert schema.query_type is not None
    snapshot: Any = schema.type_map["Snapshot"]
    shown = [
        {
            name: (str(each.type), {key: str(arg.type) for key, arg in each.args.items()})
            for name, each in fields.items()
        }
        for fields in (schema.query_type.fields, snapshot.fields)
    ]
    assert shown[0] == shown[1]
    assert "at" in shown[1]


@pytest.fixture
async def releases(api: Api, app_id: str) -> str:
    """One artifact per letter, released at 0, 10 and 20; `b` is deleted at 15 and comes back at 20."""
    for name in "abcd":
        await api.bring(*(applied(app_id, name, at=later(at), version=f"{at}.0.0") for at in (0, 10)))
    await api.bring(told("ArtifactDeletedEvent", app_id, "b", at=later(15)))
    for name in "abcd":
        await api.bring(applied(app_id, name, at=later(20), version="20.0.0", labels={"team": "web"}))
    return app_id


async def test_at_within_at_moves_on_from_there_to_any_moment(api: Api, releases: str) -> None:
    query = f"""query($appId: String!, $name: String!, $one: Instant!, $two: Instant!, $known: Instant!) {{
        at(time: $one) {{ {RELEASE} at(time: $two) {{ {RELEASE}
          at(time: $one, knownAt: $known) {{ {RELEASE} }} }} }} }}"""
    moments = {"one": write(later(5)), "two": write(later(25)), "known": write(later(5))}
    found = (await api.ask(query, appId=releases, name="a", **moments))["at"]
    assert found["artifact"]["current"] == {"spec": {"version": "0.0.0"}}
    assert found["at"]["artifact"]["current"] == {"spec": {"version": "20.0.0"}}
    assert found["at"]["at"]["artifact"] is None, "it was imported after `known`"


async def test_a_list_within_at_is_filtered_and_paged_as_of_the_moment(api: Api, releases: str) -> None:
    query = """query($appId: String!, $at: Instant!, $after: String, $selector: String) { at(time: $at) {
        artifacts(appId: $appId, first: 2, after: $after, labelSelector: $selector) {
            nodes { name current { spec { version } } } pageInfo { hasNextPage endCursor } } } }"""

    async def walk(at: int, selector: str | None = None) -> list[tuple[str, str]]:
        found, after, more = [], None, True
        while more:
            asked = {"at": write(later(at)), "after": after, "selector": selector}
            page = (await api.ask(query, appId=releases, **asked))["at"]["artifacts"]
            found += [(each["name"], each["current"]["spec"]["version"]) for each in page["nodes"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        return found

    assert await walk(-1) == []
    assert await walk(5) == [(name, "0.0.0") for name in "abcd"]
    assert await walk(17) == [(name, "10.0.0") for name in "acd"]
    assert await walk(30, "team=web") == [(name, "20.0.0") for name in "abcd"]
    assert await walk(17, "team=web") == []


async def test_the_graph_of_a_moment_stays_that_of_the_moment_while_events_arrive(api: Api, app_id: str) -> None:
    """References, lists and histories of a settled moment, asked again after what came later."""
    await api.bring(
        applied(app_id, at=T0, version="1.0.0"),
        told("DeploymentAppliedEvent", app_id, "web", at=later(1), state=deployment(app_id, "web")),
    )
    query = """query($appId: String!, $at: Instant!, $known: Instant!) { at(time: $at, knownAt: $known) {
        deployments(appId: $appId) { nodes { name events { nodes { version } } current { spec { artifact {
          current { spec { version } validTo } lastEvent { version } } } } } }
        events(where: {appIds: [$appId]}) { nodes { kind name version } } } }"""
    settled = {"at": write(later(5)), "known": write(api.clock.at)}
    before = await api.ask(query, appId=app_id, **settled)
    assert before["at"]["deployments"]["nodes"][0]["current"]["spec"]["artifact"]["lastEvent"] == {"version": 1}
    api.clock.move(10)
    await api.bring(
        applied(app_id, at=later(2), version="1.0.1"),
        told("DeploymentAppliedEvent", app_id, "api", at=later(3), state=deployment(app_id, "api")),
        told("DeploymentDeletedEvent", app_id, "web", at=later(4)),
    )
    assert await api.ask(query, appId=app_id, **settled) == before


EVENT = "id kind version pending changes { path } intent { id } outcome { id } actor { id }"
ENTITY = f"""id name current {{ version validFrom validTo raw blame {{ path since event {{ id }} request {{ id }} }} }}
  asOf(time: $early) {{ version validTo }} lastActor {{ id }} lastHuman: lastActor(type: HUMAN) {{ id }}
  firstHuman: firstActor(type: HUMAN) {{ id }} lastEvent {{ id }} firstEvent {{ id }}
  events {{ nodes {{ {EVENT} }} }}
  compare(from: $early) {{ difference changes {{ path to }} actors {{ id }} events {{ nodes {{ id }} }} }}"""
SUBJECT = f"""firstEvent {{ id }} lastEvent {{ id }} counts {{ events kinds {{ name count }} }}
  entities {{ nodes {{ entity {{ name }} events }} }} events {{ totalCount {{ count }} nodes {{ {EVENT} }} }}
  timeline(bucket: DAY, since: $early) {{ events }}"""
WHOLE = f"""
  artifact(name: "a", appId: $app) {{ {ENTITY} }}
  artifacts(appId: $app, orderBy: [{{spec: {{version: DESC}}}}]) {{ nodes {{ {ENTITY} }} }}
  config(name: "c", appId: $app) {{ {ENTITY} }} configs(appId: $app) {{ nodes {{ name }} }}
  deployment(name: "d", appId: $app) {{ current {{ spec {{ artifact {{ {ENTITY} }} }} }} }}
  deployments(where: {{appId: {{eq: $app}}, lastActor: {{id: {{eq: "ann"}}}}}}) {{ nodes {{ name }} }}
  entity(type: "Artifact", appId: $app, name: "b") {{ {ENTITY} }}
  entities(type: "Artifact", appId: $app, labelSelector: "team=web") {{ nodes {{ name }} }}
  event(id: $event) {{ {EVENT} entity {{ lastEvent {{ id }} }} }}
  node(id: $node) {{ id ... on Event {{ kind }} }}
  events(where: {{appIds: [$app]}}) {{ totalCount {{ count }} nodes {{ {EVENT} }} }}
  changes(from: $early, where: {{appIds: [$app]}}, unchanged: true) {{ nodes {{ entity {{ name }} difference to }} }}
  actor(id: "ann") {{ {SUBJECT} }} execution(id: $run) {{ {SUBJECT} outcome }} correlation(id: $run) {{ {SUBJECT} }}
  timeline(bucket: DAY, since: $early, where: {{appIds: [$app]}}) {{ start events }}
  domainTypes {{ name }} domainType(name: "Artifact") {{ name }}"""


async def test_at_answers_what_the_root_answered_then_whatever_was_written_since(api: Api, app_id: str) -> None:
    """Of every root field, with everything below it: late reports, deletes and new objects change nothing."""
    declared = "$app: String!, $early: Instant!, $event: ID!, $node: ID!, $run: ID!"
    thread: Any = {"executionId": app_id, "correlationId": app_id}

    def happened(name: str, at: datetime, version: str, by: str = "ann", **labels: str) -> Any:
        state = applied(app_id, name, version=version, labels=labels)["spec"]["artifact"]
        return told("ArtifactAppliedEvent", app_id, name, at=at, by=by, state=state, **thread)

    def deployed(name: str, at: datetime) -> Any:
        state = deployment(app_id, name, artifact={"name": "a"})
        return told("DeploymentAppliedEvent", app_id, name, at=at, by="ann", state=state, **thread)

    now = api.clock.move(60_000)
    early = later(-30_000, now)
    written = await api.bring(
        told("ArtifactApplyEvent", app_id, "a", at=later(-2, early), by="ann", **thread),
        *(happened(name, early, "1.0.0", team="web") for name in "ab"),
        happened("a", later(5, early), "2.0.0", by="bob", team="web"),
        told("ArtifactDeletedEvent", app_id, "b", at=later(6, early), by="eve"),
        told("ConfigAppliedEvent", app_id, "c", at=early, by="ann", state=config(app_id, "c"), **thread),
        deployed("d", early),
    )
    ids = {"event": written[1]["id"], "node": written[1]["id"], "run": app_id}
    variables = {"app": app_id, "early": write(early), **ids}
    then = await api.ask(f"query({declared}) {{ {WHOLE} }}", **variables)
    schema = api.service.engine.schema
    assert schema.query_type is not None
    computed = {key for each in api.service.registry if each.computed for key in (each.state_key, each.plural_key)}
    assert {"at", *then, *computed} == set(schema.query_type.fields), "a new root field belongs into this query"
    assert all(then.values())

    api.clock.move(120_000)
    await api.bring(
        *(happened(name, later(3, early), "1.5.0", by="late", team="data") for name in "ab"),
        *(happened(name, later(90_000, early), "3.0.0", team="web") for name in "abn"),
        deployed("n", early),
        told("ConfigDeletedEvent", app_id, "c", at=later(90_000, early), by="eve", **thread),
        told("ArtifactApplyEvent", app_id, "a", at=later(91_000, early), by="ann", **thread),
    )
    wrapped = f"query({declared}, $now: Instant!) {{ at(time: $now, knownAt: $now) {{ {WHOLE} }} }}"
    assert (await api.ask(wrapped, **variables, now=write(now)))["at"] == then
    assert await api.ask(f"query({declared}) {{ {WHOLE} }}", **variables) != then


async def test_before_anything_was_known_there_is_nothing(api: Api, releases: str) -> None:
    query = f"""query($appId: String!, $name: String!, $at: Instant!, $known: Instant!) {{
        at(time: $at, knownAt: $known) {{ {RELEASE} artifacts(appId: $appId) {{ nodes {{ name }} }}
          events(where: {{appIds: [$appId]}}) {{ nodes {{ id }} }} }} }}"""
    long_ago = "0001-01-01T00:00:00.000Z"
    found = await api.ask(query, appId=releases, name="a", at=write(later(25)), known=long_ago)
    assert found["at"] == {"artifact": None, "artifacts": {"nodes": []}, "events": {"nodes": []}}


async def test_the_future_is_refused_within_at_too(api: Api) -> None:
    query = "query($one: Instant!, $two: Instant!) { at(time: $one) { at(time: $two) { domainTypes { name } } } }"
    error = await api.fault(query, one=write(T0), two=write(later(1, api.clock.at)))
    assert error["extensions"]["code"] == "ASOF_IN_FUTURE"

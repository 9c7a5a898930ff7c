"""One request, one instant: every field of a request tells the same moment, whatever happens meanwhile."""

from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime
from typing import Any

import pytest

from api import Api, running
from domain.event import Actor, ActorType
from domain.instants import write
from examples import T0, later
from resolvers import commands
from resolvers.context import Caller, Context, Right
from told import applied, deployment, told

Json = dict[str, Any]
Meanwhile = Callable[[], Coroutine[Any, Any, None]]


class Busy:
    """A log in which something happens right before a read of one name, once."""

    def __init__(self, log: Any, read: str, meanwhile: Meanwhile) -> None:
        self._log = log
        self._read = read
        self._meanwhile: Meanwhile | None = meanwhile

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._log, name)
        if name != self._read:
            return method

        async def read(*arguments: Any, **options: Any) -> Any:
            meanwhile, self._meanwhile = self._meanwhile, None
            if meanwhile:
                await meanwhile()
            return await method(*arguments, **options)

        return read

    @property
    def happened(self) -> bool:
        return self._meanwhile is None


async def store(api: Api, envelope: Json) -> None:
    """What another request of another client does, a millisecond later."""
    at = api.clock.move(1)
    caller = Caller(Actor("somebody-else", ActorType.SERVICE), frozenset(Right))
    context = Context(api.service.log._log, api.service.registry, caller, api.service.clock, at)  # type: ignore[attr-defined]
    await commands.record(context, envelope)


@pytest.fixture
async def during(api: Api) -> AsyncIterator[Callable[..., Busy]]:
    """`during(read, envelopes…)`: the envelopes are stored right before the next read of that name."""
    log = api.service.log

    def happen(read: str, *envelopes: Json) -> Busy:
        async def meanwhile() -> None:
            for envelope in envelopes:
                await store(api, envelope)

        busy = Busy(log, read, meanwhile)
        api.service.log = busy  # type: ignore[assignment]
        return busy

    yield happen
    api.service.log = log


async def told_at(api: Api, query: str, **variables: Any) -> tuple[Any, str]:
    answer = await api.post(query, variables)
    assert "errors" not in answer, answer
    return answer["data"], answer["extensions"]["dsel"]["instant"]


async def test_the_instant_of_the_request_is_returned_with_every_answer(api: Api, app_id: str) -> None:
    at = write(api.clock.at)
    assert (await told_at(api, "{ domainTypes { name } }"))[1] == at
    refused = await api.post("{ artifacts(first: 0) { nodes { name } } }")
    assert refused["extensions"]["dsel"] == {"instant": at}
    written = await api.post("mutation($e: JSON!) { recordEvent(envelope: $e) { __typename } }", {"e": {}})
    assert written["extensions"]["dsel"] == {"instant": at}


async def test_a_clock_that_moves_moves_nothing_within_a_request(mongodb_uri: str) -> None:
    moments: list[datetime] = []

    def restless() -> datetime:
        moments.append(later(60_000 + len(moments)))
        return moments[-1]

    async with running(mongodb_uri, clock=restless) as api:
        await api.bring(applied("a", at=T0, version="1.0.0"))
        before = len(moments)
        fields = "current { version } asOf(time: $at) { version } events { nodes { version } } lastActor { id }"
        query = f"""query($at: Instant!) {{
            a: artifact(name: "vpc", appId: "a") {{ {fields} }} artifacts {{ nodes {{ {fields} }} }}
            at(time: $at) {{ artifact(name: "vpc", appId: "a") {{ {fields} }} }} }}"""
        data, instant = await told_at(api, query, at=write(moments[-1]))
        assert len(moments) == before + 1
        assert instant == write(moments[-1])
        assert data["artifacts"]["nodes"] == [data["a"]]


FIELDS = """current { version spec { version } event { id } } asOf(time: $at) { version } lastActor { id }
  lastEvent { version } firstEvent { version } events { nodes { version } }"""
ONE = f'query($appId: String!, $at: Instant!) {{ artifact(name: "vpc", appId: $appId) {{ {FIELDS} }} }}'
LIST = f"query($appId: String!, $at: Instant!) {{ artifacts(appId: $appId) {{ nodes {{ name {FIELDS} }} }} }}"


@pytest.mark.parametrize("read", ["latest", "as_of", "last_events", "events", "first_events", "entities", "ends"])
@pytest.mark.parametrize("query", [ONE, LIST])
async def test_a_write_that_lands_during_a_request_is_not_seen_by_any_of_its_fields(
    api: Api, app_id: str, during: Callable[..., Busy], read: str, query: str
) -> None:
    await api.bring(applied(app_id, at=later(-10, api.clock.at), version="1.0.0"))
    asked = {"appId": app_id, "at": write(api.clock.at)}
    before, instant = await told_at(api, query, **asked)
    during(read, applied(app_id, version="2.0.0"), told("ArtifactValidatedEvent", app_id))
    assert await told_at(api, query, **asked) == (before, instant)


CHANGED = """query($appId: String!, $from: Instant!) { changes(from: $from, where: {appIds: [$appId]}) {
  nodes { to entity { name } changes { path to } actors { id } events { nodes { version } }
    after { version blame { path since event { version } request { version } } } } } }"""


@pytest.mark.parametrize("read", ["touched", "latest", "as_of", "last_acts", "events", "states_before", "correlated"])
async def test_a_write_that_lands_during_a_request_is_no_change_and_nobody_is_blamed_for_it(
    api: Api, app_id: str, during: Callable[..., Busy], read: str
) -> None:
    def release(name: str, version: str, at: int | None = None) -> Json:
        state, time = artifact_of(app_id, name, version=version), later(at, api.clock.at) if at else None
        return told("ArtifactAppliedEvent", app_id, name, at=time, state=state, correlationId="r")

    await api.bring(release("a", "1.0.0", -30), release("a", "2.0.0", -10), release("b", "1.0.0", -10))
    asked = {"appId": app_id, "from": write(later(-20, api.clock.at))}
    before, instant = await told_at(api, CHANGED, **asked)
    assert [each["entity"]["name"] for each in before["changes"]["nodes"]] == ["a", "b"]
    busy = during(read, *(release(name, "3.0.0") for name in "abc"), told("ArtifactDeletedEvent", app_id, "a"))
    assert await told_at(api, CHANGED, **asked) == (before, instant)
    assert busy.happened


async def test_a_state_newer_than_the_instant_is_answered_from_the_log(
    api: Api, app_id: str, during: Callable[..., Busy]
) -> None:
    await api.bring(applied(app_id, at=T0, version="1.0.0"))
    busy = during("latest", applied(app_id, version="2.0.0", regions=["eu"]))
    query = """query($appId: String!) { artifact(name: "vpc", appId: $appId) {
        current { version validTo spec { version regions } raw event { kind } } lastEvent { version } } }"""
    data, _ = await told_at(api, query, appId=app_id)
    assert busy.happened
    state = data["artifact"]["current"]
    assert (state["version"], state["validTo"], state["spec"]) == (1, None, {"version": "1.0.0", "regions": None})
    assert state["raw"] == applied(app_id, version="1.0.0")["spec"]["artifact"]
    assert data["artifact"]["lastEvent"] == {"version": 1}
    assert (await told_at(api, query, appId=app_id))[0]["artifact"]["current"]["spec"]["version"] == "2.0.0"


async def test_an_entity_that_begins_during_a_request_is_not_there_yet(
    api: Api, app_id: str, during: Callable[..., Busy]
) -> None:
    await api.bring(applied(app_id, "old", at=T0))
    query = """query($appId: String!) { artifacts(appId: $appId) { nodes { name } }
        artifact(name: "new", appId: $appId) { name }
        entity(type: "Artifact", name: "new", appId: $appId) { name }
        events(where: {appIds: [$appId]}) { nodes { name } } }"""
    during("entities", applied(app_id, "new"))
    data, _ = await told_at(api, query, appId=app_id)
    assert data == {
        "artifacts": {"nodes": [{"name": "old"}]},
        "artifact": None,
        "entity": None,
        "events": {"nodes": [{"name": "old"}]},
    }


async def test_an_event_that_lands_during_a_request_is_not_found_by_its_id_either(
    api: Api, app_id: str, during: Callable[..., Busy]
) -> None:
    during("events_by_id", told("ArtifactAppliedEvent", app_id, state=artifact_of(app_id), eventId=f"id-{app_id}"))
    query = "query($id: ID!) { event(id: $id) { kind } node(id: $id) { id } }"
    assert (await told_at(api, query, id=f"id-{app_id}"))[0] == {"event": None, "node": None}
    assert (await told_at(api, query, id=f"id-{app_id}"))[0]["event"] == {"kind": "ArtifactAppliedEvent"}


def artifact_of(app_id: str, name: str = "vpc", **spec: Any) -> Json:
    return applied(app_id, name, **spec)["spec"]["artifact"]  # type: ignore[no-any-return]


async def test_an_entity_that_is_deleted_during_a_request_is_still_listed(
    api: Api, app_id: str, during: Callable[..., Busy]
) -> None:
    await api.bring(applied(app_id, "a", at=T0), applied(app_id, "b", at=T0))
    query = "query($appId: String!) { artifacts(appId: $appId) { nodes { name current { version } } } }"
    before = await told_at(api, query, appId=app_id)
    during("entities", told("ArtifactDeletedEvent", app_id, "a"))
    assert await told_at(api, query, appId=app_id) == before


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param({"out": "x"}, id="in"),
        pytest.param({"in": "y", "out": "x"}, id="in and out"),
        pytest.param({"in": "y"}, id="out"),
    ],
)
async def test_a_label_that_changes_during_a_request_moves_nothing_in_or_out(
    api: Api, app_id: str, during: Callable[..., Busy], moved: dict[str, str]
) -> None:
    await api.bring(
        applied(app_id, "in", at=T0, labels={"team": "x"}), applied(app_id, "out", at=T0, labels={"team": "y"})
    )
    query = """query($appId: String!) { artifacts(appId: $appId, labelSelector: "team=x") {
        nodes { name current { meta { labels } } } } }"""
    before = await told_at(api, query, appId=app_id)
    during("entities", *(applied(app_id, name, labels={"team": team}) for name, team in moved.items()))
    assert await told_at(api, query, appId=app_id) == before


async def test_a_page_is_full_and_goes_on_though_new_entities_begin_before_it(
    api: Api, app_id: str, during: Callable[..., Busy]
) -> None:
    await api.bring(*(applied(app_id, name, at=T0) for name in "mnop"))
    query = """query($appId: String!) { artifacts(appId: $appId, first: 2) { nodes { name }
        pageInfo { hasNextPage } } }"""
    during("entities", *(applied(app_id, name) for name in "abc"))
    assert (await told_at(api, query, appId=app_id))[0]["artifacts"] == {
        "nodes": [{"name": "m"}, {"name": "n"}],
        "pageInfo": {"hasNextPage": True},
    }


async def test_references_stay_at_the_instant_too(api: Api, app_id: str, during: Callable[..., Busy]) -> None:
    await api.bring(
        applied(app_id, at=T0, version="1.0.0"),
        told("DeploymentAppliedEvent", app_id, "web", at=T0, state=deployment(app_id, "web")),
    )
    query = """query($appId: String!) { deployments(appId: $appId) { nodes { current { spec { artifact {
        current { spec { version } } lastActor { event { version } } } } } } } }"""
    before = await told_at(api, query, appId=app_id)
    during("latest", applied(app_id, version="2.0.0"))
    assert await told_at(api, query, appId=app_id) == before


async def test_a_backdated_event_that_is_recorded_during_a_request_is_not_known_to_it(
    api: Api, app_id: str, during: Callable[..., Busy]
) -> None:
    await api.bring(applied(app_id, at=T0, version="1.0.0"))
    asked = {"appId": app_id, "at": write(later(10))}
    before = await told_at(api, ONE, **asked)
    for read in ("latest", "as_of", "events"):
        during(read, applied(app_id, at=later(5), version="0.9.0"))
        assert await told_at(api, ONE, **asked) == (before[0], write(later(-1, api.clock.at)))
        before = await told_at(api, ONE, **asked)


SERIAL = """mutation($first: JSON!, $second: JSON!) {
  first: recordEvent(envelope: $first) { ... on EventRecorded { event { version } entity { ...Seen } } }
  second: recordEvent(envelope: $second) { ... on EventRecorded { event { version } entity { ...Seen } } }
}
fragment Seen on Artifact { current { version spec { version } } lastEvent { version } events { nodes { version } }
  asOf(time: "2025-01-15T10:30:00Z") { version } }"""


async def test_the_second_field_of_a_mutation_sees_the_write_of_the_first(api: Api, app_id: str) -> None:
    data, instant = await told_at(
        api,
        SERIAL,
        first=applied(app_id, version="1.0.0"),
        second=applied(app_id, version="2.0.0"),
    )
    assert data["first"]["entity"] == {
        "current": {"version": 1, "spec": {"version": "1.0.0"}},
        "lastEvent": {"version": 1},
        "events": {"nodes": [{"version": 1}]},
        "asOf": None,
    }
    assert data["second"]["entity"] == {
        "current": {"version": 2, "spec": {"version": "2.0.0"}},
        "lastEvent": {"version": 2},
        "events": {"nodes": [{"version": 2}, {"version": 1}]},
        "asOf": None,
    }
    assert instant == write(api.clock.at)


async def test_a_write_is_seen_at_once_though_the_clock_stands_behind_the_entity(api: Api, app_id: str) -> None:
    """Another server's clock may be ahead: what it wrote has a time that this one has not reached."""
    api.clock.move(5000)
    await api.record(applied(app_id, version="1.0.0"))
    ahead = api.clock.at
    api.clock.move(-5000)
    data, instant = await told_at(
        api, SERIAL, first=applied(app_id, version="2.0.0"), second=applied(app_id, version="3.0.0")
    )
    assert data["first"]["entity"]["current"]["spec"] == {"version": "2.0.0"}
    assert data["second"]["entity"]["current"]["spec"] == {"version": "3.0.0"}
    assert instant == write(ahead)
    api.clock.move(5000)


async def test_a_refused_write_leaves_the_instant_where_it_was(api: Api, app_id: str) -> None:
    at = api.clock.at
    data, instant = await told_at(api, SERIAL, first={}, second=applied(app_id))
    assert data["second"]["entity"]["current"]["version"] == 1
    assert instant == write(at)


@pytest.mark.parametrize("ahead", [1, 86_400_000])
async def test_a_time_after_the_instant_is_refused_wherever_it_is_asked(api: Api, app_id: str, ahead: float) -> None:
    await api.bring(applied(app_id, at=T0))
    future, now = write(later(ahead, api.clock.at)), write(api.clock.at)
    for query, code in [
        ('artifact(name: "vpc", appId: $appId) { asOf(time: $f) { version } }', "ASOF_IN_FUTURE"),
        ('artifact(name: "vpc", appId: $appId) { asOf(time: $n, knownAt: $f) { version } }', "KNOWN_AT_IN_FUTURE"),
        ("artifacts(appId: $appId, asOf: $f) { nodes { name } }", "ASOF_IN_FUTURE"),
        ("artifacts(appId: $appId, asOf: $n, knownAt: $f) { nodes { name } }", "KNOWN_AT_IN_FUTURE"),
        ("artifacts(appId: $appId) { nodes { asOf(time: $f) { version } } }", "ASOF_IN_FUTURE"),
        ("at(time: $f) { domainTypes { name } }", "ASOF_IN_FUTURE"),
    ]:
        declared = "query($appId: String!, $f: Instant!, $n: Instant!)"
        full = f"{declared} {{ {query} n: artifacts(appId: $appId, asOf: $n) {{ nodes {{ name }} }} }}"
        error = await api.fault(full, appId=app_id, f=future, n=now)
        assert error["extensions"]["code"] == code
        assert future in error["message"]
        assert now in error["message"]


async def test_the_error_of_one_entity_costs_the_others_nothing(api: Api, app_id: str) -> None:
    await api.bring(applied(app_id, "a", at=T0), applied(app_id, "b", at=T0))
    query = """query($appId: String!, $f: Instant!) { artifacts(appId: $appId) {
        nodes { name asOf(time: $f) { version } } } }"""
    answer = await api.post(query, {"appId": app_id, "f": write(later(1, api.clock.at))})
    assert answer["data"]["artifacts"]["nodes"] == [{"name": "a", "asOf": None}, {"name": "b", "asOf": None}]
    assert len(answer["errors"]) == 2

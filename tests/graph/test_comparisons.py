"""`compare`: an entity at two moments, by whom and by which events it became another."""

from typing import Any

import pytest

from api import Api
from domain.instants import write
from examples import T0, later
from told import applied, told

COMPARISON = """from to difference changes { path from to } before { version } after { version }
  actors { id type event { version } } events { nodes { version } } entity { name lastEvent { version } }"""


@pytest.fixture
async def history(api: Api, app_id: str) -> list[Any]:
    """vpc: applied at 0, checked at 5, applied at 10, asked for at 15, deleted at 20, applied again at 30 (in ms)."""
    return await api.bring(
        applied(app_id, at=T0, by="ann@example.com", version="1.0.0"),
        told("ArtifactComplianceCheckedEvent", app_id, at=later(5), by="checker", actorType="CONTROLLER"),
        applied(app_id, at=later(10), by="bob@example.com", version="2.0.0", regions=["us-east-1"]),
        told("ArtifactApplyEvent", app_id, at=later(15), by="pipeline", actorType="SERVICE"),
        told("ArtifactDeletedEvent", app_id, at=later(20), by="cleo@example.com"),
        applied(app_id, at=later(30), by="ann@example.com", version="1.0.0"),
    )


async def compared(api: Api, app_id: str, start: int, end: int | None, fields: str = COMPARISON, **more: Any) -> Any:
    query = f"""query($appId: String!, $from: Instant!, $to: Instant, $known: Instant) {{
        artifact(name: "vpc", appId: $appId) {{ compare(from: $from, to: $to, knownAt: $known) {{ {fields} }} }} }}"""
    asked = {"appId": app_id, "from": write(later(start)), "to": None if end is None else write(later(end)), **more}
    return (await api.ask(query, **asked))["artifact"]["compare"]


async def test_a_comparison_tells_the_states_what_differs_who_acted_and_by_which_events(
    api: Api, app_id: str, history: list[Any]
) -> None:
    assert await compared(api, app_id, 0, 15) == {
        "from": write(T0),
        "to": write(later(15)),
        "difference": "CHANGED",
        "changes": [
            {"path": "/spec/regions", "from": None, "to": ["us-east-1"]},
            {"path": "/spec/version", "from": "1.0.0", "to": "2.0.0"},
        ],
        "before": {"version": 1},
        "after": {"version": 3},
        "actors": [
            {"id": "bob@example.com", "type": "HUMAN", "event": {"version": 3}},
            {"id": "pipeline", "type": "SERVICE", "event": {"version": 4}},
            {"id": "checker", "type": "CONTROLLER", "event": {"version": 2}},
        ],
        "events": {"nodes": [{"version": 4}, {"version": 3}, {"version": 2}]},
        "entity": {"name": "vpc", "lastEvent": {"version": 4}},
    }


@pytest.mark.parametrize(
    ("start", "end", "difference", "paths", "versions"),
    [
        (-1, 0, "CREATED", [""], [1]),
        (-5, -1, "UNCHANGED", [], []),
        (0, 5, "UNCHANGED", [], [2]),
        (10, 10, "UNCHANGED", [], []),
        (9, 10, "CHANGED", ["/spec/regions", "/spec/version"], [3]),
        (10, 20, "DELETED", [""], [5, 4]),
        (20, 29, "UNCHANGED", [], []),
        (-1, 25, "UNCHANGED", [], [5, 4, 3, 2, 1]),
        (20, 30, "CREATED", [""], [6]),
        (10, None, "CHANGED", ["/spec/regions", "/spec/version"], [6, 5, 4]),
        (0, None, "UNCHANGED", [], [6, 5, 4, 3, 2]),
    ],
)
async def test_what_took_effect_after_from_and_up_to_to_is_in_between(
    api: Api,
    app_id: str,
    history: list[Any],
    start: int,
    end: int | None,
    difference: str,
    paths: list[str],
    versions: list[int],
) -> None:
    found = await compared(api, app_id, start, end, "difference changes { path } events { nodes { version } }")
    assert found["difference"] == difference
    assert [each["path"] for each in found["changes"]] == paths
    assert [each["version"] for each in found["events"]["nodes"]] == versions


async def test_the_events_in_between_are_paged_and_filtered_within_the_two_moments(
    api: Api, app_id: str, history: list[Any]
) -> None:
    events = "events(first: 2%s) { nodes { version state { version } } pageInfo { hasNextPage endCursor } }"
    page = (await compared(api, app_id, 0, 25, events % ""))["events"]
    assert [each["version"] for each in page["nodes"]] == [5, 4]
    following = f', after: "{page["pageInfo"]["endCursor"]}"'
    page = (await compared(api, app_id, 0, 25, events % following))["events"]
    assert [each["version"] for each in page["nodes"]] == [3, 2]
    assert page["pageInfo"]["hasNextPage"] is False
    wider = f', where: {{since: "{write(later(-10))}", until: "{write(later(20))}", actorTypes: [HUMAN]}}'
    page = (await compared(api, app_id, 0, 25, events % wider))["events"]
    assert page["nodes"] == [{"version": 3, "state": {"version": 3}}]


async def test_both_ends_are_told_as_far_as_they_were_known(api: Api, app_id: str) -> None:
    known = api.clock.move(10)
    await api.bring(*(applied(app_id, at=later(at), version=f"{at}.0.0") for at in (0, 10)))
    api.clock.move(10)
    await api.bring(applied(app_id, at=later(5), version="5.0.0"))
    fields = "changes { path from to } events { nodes { version } }"
    assert await compared(api, app_id, 5, 20, fields) == {
        "changes": [{"path": "/spec/version", "from": "5.0.0", "to": "10.0.0"}],
        "events": {"nodes": [{"version": 2}]},
    }
    assert await compared(api, app_id, 5, 20, fields, known=write(known)) == {
        "changes": [{"path": "/spec/version", "from": "0.0.0", "to": "10.0.0"}],
        "events": {"nodes": [{"version": 2}]},
    }
    assert await compared(api, app_id, 0, 5, fields, known=write(known)) == {"changes": [], "events": {"nodes": []}}


async def test_a_list_of_a_moment_is_compared_with_another_one(api: Api, app_id: str) -> None:
    for name in ("a", "b"):
        await api.bring(applied(app_id, name, at=T0, version="1.0.0"))
    await api.bring(applied(app_id, "b", at=later(10), version="2.0.0"))
    query = """query($appId: String!, $at: Instant!, $from: Instant!) { at(time: $at) { artifacts(appId: $appId) {
        nodes { name compare(from: $from) {
          to changes { to } after { ... on ArtifactState { spec { version } } } } } } } }"""
    found = await api.ask(query, appId=app_id, at=write(later(20)), **{"from": write(later(5))})
    assert found["at"]["artifacts"]["nodes"] == [
        {"name": "a", "compare": {"to": write(later(20)), "changes": [], "after": {"spec": {"version": "1.0.0"}}}},
        {
            "name": "b",
            "compare": {"to": write(later(20)), "changes": [{"to": "2.0.0"}], "after": {"spec": {"version": "2.0.0"}}},
        },
    ]


async def test_an_entity_of_a_type_that_nobody_registered_is_compared_too(api: Api, app_id: str) -> None:
    for at, size in ((0, 1), (10, 2)):
        state = {"apiVersion": "v1", "kind": "Widget", "meta": {"name": "w", "appId": app_id}, "spec": {"size": size}}
        await api.bring(told("WidgetAppliedEvent", app_id, "w", at=later(at), state=state))
    query = """query($appId: String!, $from: Instant!) { entity(type: "Widget", appId: $appId, name: "w") {
        compare(from: $from) { before { __typename raw } changes { path from to } } } }"""
    found = (await api.ask(query, appId=app_id, **{"from": write(later(5))}))["entity"]["compare"]
    assert found["before"]["__typename"] == "GenericState"
    assert found["before"]["raw"]["spec"] == {"size": 1}
    assert found["changes"] == [{"path": "/spec/size", "from": 1, "to": 2}]


async def test_moments_in_the_wrong_order_or_in_the_future_are_refused(
    api: Api, app_id: str, history: list[Any]
) -> None:
    query = """query($appId: String!, $from: Instant!, $to: Instant, $known: Instant) { artifact(name: "vpc",
        appId: $appId) { compare(from: $from, to: $to, knownAt: $known) { difference } } }"""
    future = write(later(1, api.clock.at))
    for asked, code, told_ in [
        ({"from": write(later(2)), "to": write(later(1))}, "INVALID_ARGUMENT", "lies after to"),
        ({"from": future}, "ASOF_IN_FUTURE", f"from {future}"),
        ({"from": write(T0), "to": future}, "ASOF_IN_FUTURE", f"to {future}"),
        ({"from": write(T0), "known": future}, "KNOWN_AT_IN_FUTURE", f"knownAt {future}"),
    ]:
        error = await api.fault(query, appId=app_id, **asked)
        assert error["extensions"]["code"] == code
        assert told_ in error["message"]

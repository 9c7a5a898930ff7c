"""`blame`: of each field of a state who gave it its value, when, and by which event."""

from typing import Any

import pytest

from api import Api, calls
from domain.instants import write
from examples import T0, later
from told import applied, told

FIELD = "path value since actor { id type } event { version }"


async def blamed(api: Api, app_id: str, state: str = "current", arguments: str = "", fields: str = FIELD) -> list[Any]:
    query = f"""query($appId: String!) {{ artifact(name: "vpc", appId: $appId) {{
        state: {state} {{ blame{arguments} {{ {fields} }} }} }} }}"""
    found: list[Any] = (await api.ask(query, appId=app_id))["artifact"]["state"]["blame"]
    return found


def versions(found: list[Any]) -> dict[str, int | None]:
    return {each["path"]: each["event"] and each["event"]["version"] for each in found}


@pytest.fixture
async def history(api: Api, app_id: str) -> str:
    """vpc: released at 0, checked at 5, its regions by a pipeline at 10, released again at 20."""
    await api.bring(
        applied(app_id, at=T0, by="ann@example.com", version="1.0.0", regions=["us-east-1"]),
        told("ArtifactComplianceCheckedEvent", app_id, at=later(5), by="checker", actorType="CONTROLLER"),
        told(
            "ArtifactAppliedEvent",
            app_id,
            at=later(10),
            by="pipeline",
            actorType="SERVICE",
            state=applied(app_id, version="1.0.0", regions=["eu-west-1", "us-east-1"])["spec"]["artifact"],
        ),
        applied(app_id, at=later(20), by="bob@example.com", version="2.0.0", regions=["eu-west-1", "us-east-1"]),
    )
    return app_id


async def test_each_field_tells_who_gave_it_its_value_when_and_by_which_event(api: Api, history: str) -> None:
    ann = {"since": write(T0), "actor": {"id": "ann@example.com", "type": "HUMAN"}, "event": {"version": 1}}
    assert await blamed(api, history) == [
        {"path": "/apiVersion", "value": "v1alpha1", **ann},
        {"path": "/kind", "value": "Artifact", **ann},
        {"path": "/meta/appId", "value": history, **ann},
        {"path": "/meta/name", "value": "vpc", **ann},
        {
            "path": "/spec/regions/0",
            "value": "eu-west-1",
            "since": write(later(10)),
            "actor": {"id": "pipeline", "type": "SERVICE"},
            "event": {"version": 3},
        },
        {"path": "/spec/regions/1", "value": "us-east-1", **ann},
        {
            "path": "/spec/version",
            "value": "2.0.0",
            "since": write(later(20)),
            "actor": {"id": "bob@example.com", "type": "HUMAN"},
            "event": {"version": 4},
        },
    ]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ('["/spec/version"]', {"/spec/version": 4}),
        ('["/spec/regions/1", "/kind"]', {"/kind": 1, "/spec/regions/1": 1}),
        ('["/spec"]', {"/spec/regions/0": 3, "/spec/regions/1": 1, "/spec/version": 4}),
        ('["/status", "/spec/regions/7"]', {}),
        ("[]", {}),
    ],
)
async def test_only_the_fields_at_or_below_the_paths_are_told(
    api: Api, history: str, paths: str, expected: dict[str, int]
) -> None:
    assert versions(await blamed(api, history, arguments=f"(paths: {paths})")) == expected


async def test_a_state_of_the_past_is_explained_by_what_was_before_it(api: Api, history: str) -> None:
    state = f'asOf(time: "{write(later(15))}")'
    assert versions(await blamed(api, history, state, '(paths: ["/spec"])')) == {
        "/spec/regions/0": 3,
        "/spec/regions/1": 1,
        "/spec/version": 1,
    }


async def test_a_rebirth_starts_over_and_a_deleted_state_is_explained_by_its_life(api: Api, history: str) -> None:
    await api.bring(told("ArtifactDeletedEvent", history, at=later(30), by="cleo@example.com"))
    deleted = await blamed(api, history, "current(includeDeleted: true)", '(paths: ["/spec"])')
    assert versions(deleted) == {"/spec/regions/0": 3, "/spec/regions/1": 1, "/spec/version": 4}
    await api.bring(applied(history, at=later(40), by="dora@example.com", version="2.0.0"))
    assert set(versions(await blamed(api, history)).values()) == {6}


async def test_a_report_that_came_late_is_blamed_from_when_it_was_known(api: Api, app_id: str) -> None:
    believed = api.clock.move(10)
    await api.bring(*(applied(app_id, at=later(at), version="1.0.0", regions=[str(at)]) for at in (0, 20)))
    api.clock.move(10)
    await api.bring(applied(app_id, at=later(10), version="0.9.0"))
    version = '(paths: ["/spec/version"])'
    assert versions(await blamed(api, app_id, "current", version)) == {"/spec/version": 2}
    then = f'asOf(time: "{write(later(30))}", knownAt: "{write(believed)}")'
    assert versions(await blamed(api, app_id, then, version)) == {"/spec/version": 1}


async def test_what_lies_beyond_the_depth_is_told_as_such(api: Api, app_id: str) -> None:
    await api.bring(*(applied(app_id, at=later(at), version=f"{at // 10}.0.0") for at in range(40)))
    fields = '(paths: ["/spec/version", "/kind"], depth: %s)'
    assert await blamed(api, app_id, arguments=fields % 15, fields="path since event { version } actor { id }") == [
        {"path": "/kind", "since": write(later(24)), "event": None, "actor": None},
        {"path": "/spec/version", "since": write(later(30)), "event": {"version": 31}, "actor": {"id": "anonymous"}},
    ]
    for depth, kind in ((38, None), (39, None), (40, 1), (1000, 1)):
        assert versions(await blamed(api, app_id, arguments=fields % depth)) == {"/kind": kind, "/spec/version": 31}


async def test_a_long_history_is_read_in_few_steps_and_only_as_far_as_needed(api: Api, app_id: str) -> None:
    await api.bring(*(applied(app_id, at=later(at), version=f"{at}.0.0", regions=["x"]) for at in range(300)))
    for path, expected in (("/spec/version", 1), ("/spec/regions", 4)):
        with calls() as commands:
            await blamed(api, app_id, arguments=f'(paths: ["{path}"])')
        assert len([each for each in commands if "aggregate" in each]) == expected


async def test_the_request_behind_a_value_tells_who_asked_for_it_and_why(api: Api, app_id: str) -> None:
    """A check may be the first to tell of a new value; the intent of its request says whose wish it was."""
    bot: Any = {"by": "policy-engine", "actorType": "CONTROLLER", "correlationId": "req-1"}
    state = applied(app_id, version="1.0.0", regions=[])["spec"]["artifact"]
    await api.bring(
        told("ArtifactApplyEvent", app_id, at=T0, by="ann", correlationId="req-1", spec={"comment": "Go"}),
        told("ArtifactValidatedEvent", app_id, at=later(1), state=state, **bot),
        told("ArtifactApplyEvent", app_id, at=later(2), by="eve", correlationId="req-2"),
        told("ArtifactAppliedEvent", app_id, at=later(3), state=state, **bot),
    )
    request = "event { version } request { version kind actor { id } spec }"
    found = await blamed(api, app_id, fields=f"path {request}", arguments='(paths: ["/spec"])')
    asked = {"version": 1, "kind": "ArtifactApplyEvent", "actor": {"id": "ann"}, "spec": {"comment": "Go"}}
    assert [each["path"] for each in found] == ["/spec/regions", "/spec/version"]
    assert all(each["event"] == {"version": 2} and each["request"] == asked for each in found)
    await api.bring(applied(app_id, at=later(4), by="bob", version="2.0.0", regions=[]))
    unasked = await blamed(api, app_id, fields="request { version }", arguments='(paths: ["/spec/version"])')
    assert unasked == [{"request": None}]


async def test_the_intent_of_an_event_goes_before_others_of_its_request(api: Api, app_id: str) -> None:
    state = applied(app_id, version="1.0.0")["spec"]["artifact"]
    one_request: Any = {"correlationId": "incident-1"}
    await api.bring(
        told("ArtifactScannedEvent", app_id, at=T0, **one_request),
        told("ArtifactApplyEvent", app_id, at=later(1), by="ann", **one_request),
        told("ArtifactPublishEvent", app_id, at=later(2), by="bob", **one_request),
        told("ArtifactAppliedEvent", app_id, at=later(3), state=state, **one_request),
        told("ArtifactApplyEvent", app_id, at=later(4), by="eve", **one_request),
    )
    (found,) = await blamed(api, app_id, arguments='(paths: ["/spec"])', fields="request { actor { id } }")
    assert found == {"request": {"actor": {"id": "ann"}}}


async def test_every_state_of_a_page_is_blamed_by_itself(api: Api, history: str) -> None:
    query = """query($appId: String!) { artifact(name: "vpc", appId: $appId) { events {
        nodes { version state { blame(paths: ["/spec/version", "/spec/regions"]) { event { version } } } } } } }"""
    found = (await api.ask(query, appId=history))["artifact"]["events"]["nodes"]
    told_ = {
        each["version"]: each["state"] and [one["event"]["version"] for one in each["state"]["blame"]] for each in found
    }
    assert told_ == {4: [3, 1, 4], 3: [3, 1, 1], 2: None, 1: [1, 1]}


async def test_a_state_with_awkward_keys_is_blamed_under_them(api: Api, app_id: str) -> None:
    for at, value in ((0, 1), (10, 2)):
        spec = {"$ref": {"a.b": {"": value}}, "0": {"x": 1}, "~/": [value, 2**70]}
        state = {"apiVersion": "v1", "kind": "Widget", "meta": {"name": "w", "appId": app_id}, "spec": spec}
        await api.bring(told("WidgetAppliedEvent", app_id, "w", at=later(at), state=state))
    query = """query($appId: String!, $paths: [String!]) { entity(type: "Widget", appId: $appId, name: "w") {
        current { blame(paths: $paths) { path event { version } } } } }"""
    for paths in (["/spec"], ["/spec/$ref/a.b/", "/spec/0/x", "/spec/~0~1/0", "/spec/~0~1/1"]):
        found = (await api.ask(query, appId=app_id, paths=paths))["entity"]["current"]["blame"]
        assert versions(found) == {"/spec/$ref/a.b/": 2, "/spec/0/x": 1, "/spec/~0~1/0": 2, "/spec/~0~1/1": 1}


async def test_a_path_that_is_no_pointer_and_a_depth_that_is_none_are_refused(api: Api, history: str) -> None:
    query = 'query($appId: String!) { artifact(name: "vpc", appId: $appId) { current { blame(%s) { path } } } }'
    for arguments, message in [
        ('paths: ["spec/version"]', "'spec/version' is no JSON Pointer"),
        ('paths: ["/a~2"]', "'/a~2' is no JSON Pointer"),
        ("depth: 0", "depth is 0"),
        ("depth: 10001", "depth is 10001"),
    ]:
        error = await api.fault(query % arguments, appId=history)
        assert error["extensions"]["code"] == "INVALID_ARGUMENT"
        assert message in error["message"]

import asyncio
from datetime import datetime
from typing import Any

import pytest

from api import Api
from domain.instants import write
from examples import T0, artifact, later
from told import applied, told

STATE = "version validFrom validTo deleted spec { version } event { id kind version }"


@pytest.fixture
async def history(api: Api, app_id: str) -> list[Any]:
    """vpc: applied at 0, checked at 5, applied at 10, asked for at 15, deleted at 20, applied again at 30 (in ms)."""
    return await api.bring(
        applied(app_id, at=T0, by="ann@example.com", version="1.0.0"),
        told("ArtifactComplianceCheckedEvent", app_id, at=later(5), by="checker", actorType="CONTROLLER"),
        applied(app_id, at=later(10), by="bob@example.com", version="2.0.0"),
        told("ArtifactApplyEvent", app_id, at=later(15), by="pipeline", actorType="SERVICE"),
        told("ArtifactDeletedEvent", app_id, at=later(20), by="cleo@example.com"),
        applied(app_id, at=later(30), by="dora@example.com", version="3.0.0"),
    )


async def vpc(api: Api, app_id: str, fields: str, **variables: Any) -> Any:
    declared = "".join(
        f", ${name}: {'Boolean' if isinstance(of, bool) else 'Instant'}!" for name, of in variables.items()
    )
    query = f'query($appId: String!{declared}) {{ artifact(name: "vpc", appId: $appId) {{ {fields} }} }}'
    return (await api.ask(query, appId=app_id, **variables))["artifact"]


async def test_current_is_the_newest_state_with_its_event_and_the_time_since_when_it_holds(
    api: Api, app_id: str, history: list[Any]
) -> None:
    assert await vpc(api, app_id, f"id type appId name current {{ {STATE} }}") == {
        "id": (await vpc(api, app_id, "id"))["id"],
        "type": "Artifact",
        "appId": app_id,
        "name": "vpc",
        "current": {
            "version": 6,
            "validFrom": write(later(30)),
            "validTo": None,
            "deleted": False,
            "spec": {"version": "3.0.0"},
            "event": {"id": history[5]["id"], "kind": "ArtifactAppliedEvent", "version": 6},
        },
    }


@pytest.mark.parametrize(
    ("at", "version", "release", "until"),
    [
        (0, 1, "1.0.0", 10),
        (9, 1, "1.0.0", 10),
        (10, 3, "2.0.0", 20),
        (19, 3, "2.0.0", 20),
        (30, 6, "3.0.0", None),
        (900, 6, "3.0.0", None),
    ],
)
async def test_as_of_gives_the_state_whose_half_open_interval_holds_the_moment(
    api: Api, app_id: str, history: list[Any], at: int, version: int, release: str, until: int | None
) -> None:
    state = (await vpc(api, app_id, f"asOf(time: $at) {{ {STATE} }}", at=write(later(at))))["asOf"]
    assert (state["version"], state["spec"]["version"]) == (version, release)
    assert state["validTo"] == (None if until is None else write(later(until)))
    assert state["validFrom"] <= write(later(at))


@pytest.mark.parametrize("at", [-1, 20, 29])
async def test_before_the_first_state_and_from_a_delete_on_there_is_none(
    api: Api, app_id: str, history: list[Any], at: int
) -> None:
    assert await vpc(api, app_id, "asOf(time: $at) { version }", at=write(later(at))) == {"asOf": None}


async def test_include_deleted_shows_what_was_deleted_when_and_by_whom(
    api: Api, app_id: str, history: list[Any]
) -> None:
    fields = f"asOf(time: $at, includeDeleted: true) {{ {STATE} raw event {{ actor {{ id }} timestamp }} }}"
    state = (await vpc(api, app_id, fields, at=write(later(25))))["asOf"]
    assert state["deleted"] is True
    assert state["spec"] == {"version": "2.0.0"}
    assert (state["validFrom"], state["validTo"]) == (write(later(20)), write(later(30)))
    assert state["event"] == {
        "id": history[4]["id"],
        "kind": "ArtifactDeletedEvent",
        "version": 5,
        "actor": {"id": "cleo@example.com"},
        "timestamp": write(later(20)),
    }
    assert state["raw"]["spec"] == {"version": "2.0.0"}


async def test_current_of_a_deleted_object_is_null_unless_deleted_ones_are_included(api: Api, app_id: str) -> None:
    await api.apply(artifact_of(app_id))
    await api.delete("vpc", app_id)
    found = await vpc(api, app_id, "current { version } was: current(includeDeleted: true) { version deleted raw }")
    assert found["current"] is None
    assert found["was"] == {"version": 2, "deleted": True, "raw": artifact_of(app_id, complete=True)}


def artifact_of(app_id: str, *, complete: bool = False) -> Any:
    made = artifact()
    made["meta"] = {"name": "vpc", "appId": app_id}
    return made if complete else {key: made[key] for key in ("meta", "spec")}


async def test_events_run_from_new_to_old_with_all_that_the_log_knows(
    api: Api, app_id: str, history: list[Any]
) -> None:
    fields = """events { nodes { id kind action phase apiVersion timestamp timestampText recordedAt version
        type appId name correlationId executionId actor { id type event { id } } entity { name }
        state { version spec { version } } meta spec envelope } pageInfo { hasNextPage hasPreviousPage } }"""
    found = (await vpc(api, app_id, fields))["events"]
    assert found["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": False}
    events = found["nodes"]
    assert [(each["version"], each["kind"], each["action"], each["phase"]) for each in events] == [
        (6, "ArtifactAppliedEvent", "Applied", "OUTCOME"),
        (5, "ArtifactDeletedEvent", "Deleted", "OUTCOME"),
        (4, "ArtifactApplyEvent", "Apply", "INTENT"),
        (3, "ArtifactAppliedEvent", "Applied", "OUTCOME"),
        (2, "ArtifactComplianceCheckedEvent", "ComplianceChecked", "OUTCOME"),
        (1, "ArtifactAppliedEvent", "Applied", "OUTCOME"),
    ]
    assert [each["actor"]["type"] for each in events] == ["HUMAN", "HUMAN", "SERVICE", "HUMAN", "CONTROLLER", "HUMAN"]
    assert [each["state"] and each["state"]["spec"]["version"] for each in events] == [
        *("3.0.0", "2.0.0", None, "2.0.0", None, "1.0.0")
    ]
    first, deleted = events[5], events[1]
    assert first["envelope"]["spec"] == {
        "artifact": {**artifact_of(app_id, complete=True), "spec": {"version": "1.0.0"}}
    }
    assert first["envelope"]["meta"] == first["meta"]
    assert first["meta"]["userId"] == "ann@example.com"
    assert first["spec"] == {}
    assert first["actor"]["event"]["id"] == first["id"] == history[0]["id"]
    assert deleted["envelope"]["spec"]["artifact"]["spec"] == {"version": "2.0.0"}
    assert {(each["type"], each["appId"], each["name"], each["entity"]["name"]) for each in events} == {
        ("Artifact", app_id, "vpc", "vpc")
    }


async def test_changes_say_what_differs_from_the_state_before(api: Api, app_id: str, history: list[Any]) -> None:
    await api.bring(applied(app_id, at=later(40), version="3.0.0", regions=["us-east-1"], labels={"a/b": "c~d"}))
    found = await vpc(api, app_id, "events { nodes { version changes { path from to } } }")
    changes = {each["version"]: each["changes"] for each in found["events"]["nodes"]}
    whole = artifact_of(app_id, complete=True)
    assert changes == {
        1: [{"path": "", "from": None, "to": {**whole, "spec": {"version": "1.0.0"}}}],
        2: [],
        3: [{"path": "/spec/version", "from": "1.0.0", "to": "2.0.0"}],
        4: [],
        5: [{"path": "", "from": {**whole, "spec": {"version": "2.0.0"}}, "to": None}],
        6: [{"path": "", "from": None, "to": {**whole, "spec": {"version": "3.0.0"}}}],
        7: [
            {"path": "/meta/labels", "from": None, "to": {"a/b": "c~d"}},
            {"path": "/spec/regions", "from": None, "to": ["us-east-1"]},
        ],
    }


async def test_the_changes_of_an_event_are_those_against_what_is_known_to_have_been_before_it(
    api: Api, app_id: str
) -> None:
    """A late report takes its place, and what it changed is taken off from the event after it."""
    known = api.clock.move(10)
    await api.bring(applied(app_id, at=T0, version="1.0.0"), applied(app_id, at=later(20), version="3.0.0"))
    api.clock.move(10)
    await api.bring(
        applied(app_id, at=later(10), version="2.0.0"),
        told("ArtifactDeletedEvent", app_id, at=later(30)),
        told("ArtifactDeletedEvent", app_id, at=later(40), state=artifact_of(app_id, complete=True)),
    )

    async def changes(known_at: datetime) -> list[Any]:
        query = """query($appId: String!, $at: Instant!, $known: Instant!) { at(time: $at, knownAt: $known) {
            artifact(name: "vpc", appId: $appId) { events { nodes { changes { from to } } } } } }"""
        moment = {"at": write(later(50)), "known": write(known_at)}
        nodes = (await api.ask(query, appId=app_id, **moment))["at"]["artifact"]["events"]["nodes"]
        return [[(each["from"], each["to"]) for each in node["changes"]] for node in nodes][:-1]

    assert await changes(known) == [[("1.0.0", "3.0.0")]]
    again, ended, third, second = await changes(api.clock.at)
    assert (third, second) == ([("2.0.0", "3.0.0")], [("1.0.0", "2.0.0")])
    assert ended == [({**artifact_of(app_id, complete=True), "spec": {"version": "3.0.0"}}, None)]
    assert again == []


async def test_who_acted_last_and_first_is_told_by_events_of_any_kind(
    api: Api, app_id: str, history: list[Any]
) -> None:
    await api.bring(told("ArtifactDriftDetectedEvent", app_id, at=later(50), by="drift-watch", actorType="CONTROLLER"))
    found = await vpc(
        api,
        app_id,
        "lastActor { id type event { kind timestamp } } lastEvent { version kind } firstEvent { version kind }"
        " current { version }",
    )
    assert found == {
        "lastActor": {
            "id": "drift-watch",
            "type": "CONTROLLER",
            "event": {"kind": "ArtifactDriftDetectedEvent", "timestamp": write(later(50))},
        },
        "lastEvent": {"version": 7, "kind": "ArtifactDriftDetectedEvent"},
        "firstEvent": {"version": 1, "kind": "ArtifactAppliedEvent"},
        "current": {"version": 6},
    }


async def test_humans_are_told_apart_from_services_and_controllers_now_and_at_any_moment(api: Api, app_id: str) -> None:
    acts = [("Applied", "anna", "HUMAN"), ("Scanned", "watch", "CONTROLLER"), ("Applied", "pipe", "SERVICE")]
    acts += [("Applied", "ben", "HUMAN"), ("Scanned", "watch", "CONTROLLER")]
    for number, (action, by, type_) in enumerate(acts):
        kind = f"Artifact{action}Event"
        await api.bring(told(kind, app_id, at=later(number), by=by, actorType=type_))
    who = """human: lastActor(type: HUMAN) { id event { timestamp } } controller: lastActor(type: CONTROLLER) { id }
        first: firstActor { id } service: firstActor(type: SERVICE) { id }
        scanner: lastActor(kinds: ["ArtifactScannedEvent"]) { id }
        appliedBy: lastActor(type: HUMAN, kinds: ["ArtifactAppliedEvent", "ArtifactDeletedEvent"]) { id }
        scannedBy: firstActor(type: HUMAN, kinds: ["ArtifactScannedEvent"]) { id }"""
    query = f"""query($app: String!, $at: Instant!) {{
        artifact(name: "vpc", appId: $app) {{ {who} }}
        at(time: $at) {{ artifact(name: "vpc", appId: $app) {{ {who} }} }} }}"""
    found = await api.ask(query, app=app_id, at=write(later(2)))
    assert found["artifact"] == {
        "human": {"id": "ben", "event": {"timestamp": write(later(3))}},
        "controller": {"id": "watch"},
        "first": {"id": "anna"},
        "service": {"id": "pipe"},
        "scanner": {"id": "watch"},
        "appliedBy": {"id": "ben"},
        "scannedBy": None,
    }
    earlier = found["at"]["artifact"]
    assert earlier["human"] == {"id": "anna", "event": {"timestamp": write(T0)}}
    assert earlier["appliedBy"] == {"id": "anna"}


async def test_who_has_written_sees_it_though_many_ask_the_same_at_that_time(api: Api, app_id: str) -> None:
    asked = asyncio.Event()

    async def watch() -> None:
        while not asked.is_set():
            await asyncio.gather(*(vpc(api, app_id, "current { version }") for _ in range(3)))

    watching = asyncio.create_task(watch())
    for version in range(1, 21):
        await api.bring(applied(app_id, at=later(version), version=f"{version}.0.0"))
        assert await vpc(api, app_id, "current { version }") == {"current": {"version": version}}
    asked.set()
    await watching


async def test_of_two_events_in_one_millisecond_the_higher_version_is_the_state(api: Api, app_id: str) -> None:
    for release in ("1.0.0", "2.0.0"):
        await api.bring(applied(app_id, at=T0, version=release))
    found = await vpc(
        api,
        app_id,
        "current { spec { version } } asOf(time: $at) { version validTo }"
        " events { nodes { version state { validFrom validTo } } }",
        at=write(T0),
    )
    assert found["current"] == {"spec": {"version": "2.0.0"}}
    assert found["asOf"] == {"version": 2, "validTo": None}
    assert [each["state"]["validTo"] for each in found["events"]["nodes"]] == [None, write(T0)]


async def test_a_backdated_event_takes_its_place_and_leaves_current_as_it_was(api: Api, app_id: str) -> None:
    await api.bring(applied(app_id, at=later(100), version="2.0.0"))
    await api.bring(applied(app_id, at=later(50), version="1.0.0"))
    found = await vpc(
        api,
        app_id,
        "current { version spec { version } } asOf(time: $at) { version validTo spec { version } }"
        " firstEvent { version } lastEvent { version } events { nodes { version } }",
        at=write(later(60)),
    )
    assert found == {
        "current": {"version": 1, "spec": {"version": "2.0.0"}},
        "asOf": {"version": 2, "validTo": write(later(100)), "spec": {"version": "1.0.0"}},
        "firstEvent": {"version": 2},
        "lastEvent": {"version": 1},
        "events": {"nodes": [{"version": 1}, {"version": 2}]},
    }


async def test_known_at_answers_what_was_believed_then(api: Api, app_id: str) -> None:
    believed = api.clock.move(1000)
    await api.bring(applied(app_id, at=T0, version="1.0.0"))
    corrected = api.clock.move(1000)
    await api.bring(applied(app_id, at=later(1), version="1.0.1"))
    asked = "asOf(time: $at, knownAt: $known) { spec { version } validTo }"
    for known, expected in [
        (believed, {"spec": {"version": "1.0.0"}, "validTo": None}),
        (later(-1, corrected), {"spec": {"version": "1.0.0"}, "validTo": None}),
        (corrected, {"spec": {"version": "1.0.1"}, "validTo": None}),
        (later(-1, believed), None),
    ]:
        assert await vpc(api, app_id, asked, at=write(later(5)), known=write(known)) == {"asOf": expected}
    found = await vpc(api, app_id, asked, at=write(T0), known=write(corrected))
    assert found["asOf"]["validTo"] == write(later(1))


async def test_events_are_filtered_by_every_condition(api: Api, app_id: str, history: list[Any]) -> None:
    api.clock.move(1)
    await api.bring(told("ArtifactValidatedEvent", app_id, at=later(60), executionId="e-1", correlationId="c-1"))
    query = """query($appId: String!, $where: EventWhere!) { artifact(name: "vpc", appId: $appId) {
        events(where: $where) { nodes { version } } } }"""
    for where, versions in [
        ({"kinds": ["ArtifactAppliedEvent", "NoSuchEvent"]}, [6, 3, 1]),
        ({"actions": ["Deleted"]}, [5]),
        ({"phases": ["INTENT"]}, [4]),
        ({"phases": ["INTENT", "OUTCOME"]}, [7, 6, 5, 4, 3, 2, 1]),
        ({"actors": ["bob@example.com", "checker"]}, [3, 2]),
        ({"actorTypes": ["SERVICE", "CONTROLLER"]}, [4, 2]),
        ({"executionId": "e-1"}, [7]),
        ({"correlationId": "c-1"}, [7]),
        ({"since": write(later(15)), "until": write(later(30))}, [5, 4]),
        ({"types": ["Deployment"]}, []),
        (
            {
                "types": ["Artifact"],
                "appIds": [app_id],
                "kinds": ["ArtifactAppliedEvent"],
                "actors": ["ann@example.com"],
            },
            [1],
        ),
    ]:
        found = (await api.ask(query, appId=app_id, where=where))["artifact"]["events"]["nodes"]
        assert [each["version"] for each in found] == versions, where


async def test_raw_is_the_whole_object_and_typed_fields_show_it_under_its_names(api: Api, app_id: str) -> None:
    state = artifact()
    state["meta"] = {"name": "vpc", "appId": app_id, "labels": {"team": "x"}, "annotations": {"a": "b"}, "owner": "me"}
    state["spec"] |= {
        "bundles": [{"name": "a.zip", "type": "helm", "sizeBytes": 5, "extra": 1}],
        "unknown": {"x": [None]},
    }
    state["extra"] = {"kept": True}
    await api.record(told("ArtifactAppliedEvent", app_id, state=state))
    found = await vpc(
        api,
        app_id,
        "current { raw apiVersion kind meta { name appId namespace uid generation labels annotations }"
        " spec { version bundles { name type sizeBytes location } source { commit } } status { phase } }",
    )
    assert found["current"] == {
        "raw": state,
        "apiVersion": "v1alpha1",
        "kind": "Artifact",
        "meta": {
            "name": "vpc",
            "appId": app_id,
            "namespace": None,
            "uid": None,
            "generation": None,
            "labels": {"team": "x"},
            "annotations": {"a": "b"},
        },
        "spec": {
            "version": "2.1.0",
            "bundles": [{"name": "a.zip", "type": "helm", "sizeBytes": 5, "location": None}],
            "source": None,
        },
        "status": None,
    }


async def test_an_entity_with_only_an_intent_is_there_without_a_state(api: Api, app_id: str) -> None:
    await api.bring(told("ArtifactApplyEvent", app_id, by="pipeline"))
    found = await vpc(
        api, app_id, "current { version } asOf(time: $at) { version } lastActor { id } name", at=write(T0)
    )
    assert found == {"current": None, "asOf": None, "lastActor": {"id": "pipeline"}, "name": "vpc"}


async def test_an_entity_that_never_was_is_null(api: Api, app_id: str) -> None:
    assert await vpc(api, app_id, "name") is None

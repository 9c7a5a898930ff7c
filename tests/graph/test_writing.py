"""Mutations through the real application: what is stored, and every way to be refused."""

import asyncio
from typing import Any

import pytest

from api import Api, running
from domain.entity import Entity
from domain.instants import write
from examples import T0, artifact, later
from told import applied, config, told

Json = dict[str, Any]


def vpc(app_id: str, **spec: Any) -> Json:
    return {"meta": {"name": "vpc", "appId": app_id}, "spec": {"version": "1.0.0", **spec}}


async def seen(api: Api, app_id: str, fields: str, type_: str = "artifact") -> Any:
    query = f'query($appId: String!) {{ {type_}(name: "vpc", appId: $appId) {{ {fields} }} }}'
    return (await api.ask(query, appId=app_id))[type_]


async def test_apply_stores_the_complete_object_and_answers_with_its_event_and_entity(api: Api, app_id: str) -> None:
    object_ = vpc(app_id, regions=["eu-west-1"], bundles=[{"name": "a.zip", "type": "helm", "sizeBytes": 2**40}])
    object_["meta"] |= {"labels": {"team": "x"}, "annotations": {"note": "y"}}
    written = await api.apply(
        object_, metadata={"commit": "abc"}, execution="exec-1", correlation="req-1", id=f"id-{app_id}"
    )
    assert written == {
        "__typename": "ArtifactWritten",
        "deduplicated": False,
        "entity": {"id": written["entity"]["id"], "type": "Artifact", "appId": app_id, "name": "vpc"},
        "event": {
            "id": f"id-{app_id}",
            "kind": "ArtifactAppliedEvent",
            "phase": "OUTCOME",
            "version": 1,
            "timestamp": write(api.clock.at),
            "timestampText": None,
            "recordedAt": write(api.clock.at),
            "correlationId": "req-1",
            "executionId": "exec-1",
            "actor": {"id": "anonymous", "type": "HUMAN"},
            "meta": written["event"]["meta"],
        },
    }
    found = await seen(api, app_id, "current { raw event { spec envelope } } ")
    assert found["current"]["raw"] == {"apiVersion": "v1alpha1", "kind": "Artifact", **object_}
    assert found["current"]["event"]["spec"]["metadata"] == {"commit": "abc"}
    assert found["current"]["event"]["envelope"]["spec"]["artifact"] == found["current"]["raw"]


async def test_every_registered_type_has_an_apply_and_a_delete_of_its_own(api: Api, app_id: str) -> None:
    query = """mutation($meta: ObjectMetaInput!, $name: String!, $appId: String!) {
        a: applyConfig(object: {meta: $meta, spec: {data: {A: "1"}, limits: {maxBytes: 5}}}) { ...C }
        b: applyDeployment(object: {meta: $meta, spec: {artifact: {name: "x"}, environment: "staging"}}) { ...D }
        c: deleteConfig(name: $name, appId: $appId) { ...C }
        d: deleteDeployment(name: $name, appId: $appId) { ...D } }
      fragment C on ConfigResult { ... on ConfigWritten { event { kind version } entity { current { kind } } } }
      fragment D on DeploymentResult { ... on DeploymentWritten { event { kind version } entity { current { kind } } } }
    """
    found = await api.ask(query, meta={"name": "vpc", "appId": app_id}, name="vpc", appId=app_id)
    assert found == {
        "a": {"event": {"kind": "ConfigAppliedEvent", "version": 1}, "entity": {"current": {"kind": "Config"}}},
        "b": {"event": {"kind": "DeploymentAppliedEvent", "version": 1}, "entity": {"current": {"kind": "Deployment"}}},
        "c": {"event": {"kind": "ConfigDeletedEvent", "version": 2}, "entity": {"current": None}},
        "d": {"event": {"kind": "DeploymentDeletedEvent", "version": 2}, "entity": {"current": None}},
    }


async def test_a_field_that_is_left_out_is_not_stored_and_one_that_is_null_is(api: Api, app_id: str) -> None:
    mutation = """mutation($object: ConfigInput!) { applyConfig(object: $object) { __typename
        ... on ConfigWritten { event { state { raw } } } ... on ValidationFailure { violations { path message } } } }"""
    meta = {"name": "vpc", "appId": app_id}
    sent = {"meta": meta, "spec": {"data": {"a": "b"}}}
    found = await api.ask(mutation, object=sent)
    assert found["applyConfig"]["event"]["state"]["raw"] == {"apiVersion": "v1alpha1", "kind": "Config", **sent}
    refused = await api.ask(mutation, object={"meta": meta, "spec": {"data": None}})
    assert refused["applyConfig"]["violations"] == [{"path": "/spec/data", "message": 'null is not of type "object"'}]
    refused = await api.ask(mutation, object={"meta": meta, "spec": sent["spec"], "status": None, "kind": None})
    assert refused["applyConfig"]["violations"] == [{"path": "/status", "message": 'null is not of type "object"'}]


async def test_a_delete_keeps_the_last_state_and_an_apply_is_a_rebirth(api: Api, app_id: str) -> None:
    await api.apply(vpc(app_id))
    deleted = await api.delete("vpc", app_id)
    assert (deleted["__typename"], deleted["event"]["kind"]) == ("ArtifactWritten", "ArtifactDeletedEvent")
    gone = await seen(
        api, app_id, "current { version } was: current(includeDeleted: true) { spec { version } deleted }"
    )
    assert gone == {"current": None, "was": {"spec": {"version": "1.0.0"}, "deleted": True}}
    again = await api.delete("vpc", app_id)
    assert (again["__typename"], again["code"]) == ("WriteRefused", "ENTITY_NOT_FOUND")
    assert (await api.apply(vpc(app_id, description="back")))["event"]["version"] == 3
    assert (await seen(api, app_id, "current { spec { description } }"))["current"] == {"spec": {"description": "back"}}


async def test_what_was_never_there_cannot_be_deleted(api: Api, app_id: str) -> None:
    await api.bring(told("ArtifactApplyEvent", app_id, "asked"))
    for name in ("nobody", "asked"):
        refused = await api.delete(name, app_id)
        assert (refused["__typename"], refused["code"], refused["retryable"]) == (
            *("WriteRefused", "ENTITY_NOT_FOUND", False),
        )
        assert name in refused["message"]
        assert refused["hint"]
    assert await api.events(app_id) == 1


async def test_every_violation_comes_back_with_its_path_and_nothing_is_stored(api: Api, app_id: str) -> None:
    broken = vpc(
        app_id,
        version="",
        regions=["", "eu"],
        source={"commit": "nope"},
        bundles=[{"name": "ok", "type": "zip"}, {"name": "", "type": "helm", "checksum": "md5:1", "sizeBytes": -1}],
    )
    refused = await api.apply(broken)
    assert (refused["__typename"], refused["code"]) == ("ValidationFailure", "VALIDATION_FAILED")
    assert sorted(each["path"] for each in refused["violations"]) == [
        "/spec/bundles/0/type",
        "/spec/bundles/1/checksum",
        "/spec/bundles/1/name",
        "/spec/bundles/1/sizeBytes",
        "/spec/regions/0",
        "/spec/source/commit",
        "/spec/version",
    ]
    assert {each["rule"] for each in refused["violations"]} == {"minLength", "enum", "pattern", "minimum"}
    assert all(each["message"] for each in refused["violations"])
    assert "(and 6 more)" in refused["message"]
    assert await api.events(app_id) == 0


async def test_a_recorded_outcome_of_a_registered_type_must_satisfy_its_schema_too(api: Api, app_id: str) -> None:
    state = applied(app_id)["spec"]["artifact"] | {"spec": {"regions": "eu"}, "apiVersion": "v9"}
    refused = await api.record(told("ArtifactAppliedEvent", app_id, state=state))
    assert refused["__typename"] == "ValidationFailure"
    assert [each["path"] for each in refused["violations"]] == ["/apiVersion"]
    refused = await api.record(told("ArtifactAppliedEvent", app_id, state=state | {"apiVersion": "v1alpha1"}))
    assert sorted((each["path"], each["rule"]) for each in refused["violations"]) == [
        ("/spec", "required"),
        ("/spec/regions", "type"),
    ]
    assert await api.events(app_id) == 0


async def test_a_version_that_has_moved_on_is_a_conflict_with_both_numbers(api: Api, app_id: str) -> None:
    assert (await api.apply(vpc(app_id), version=0))["event"]["version"] == 1
    for expected in (0, 2, -1, 2**31 - 1):
        refused = await api.apply(vpc(app_id, description="later"), version=expected)
        assert (refused["__typename"], refused["code"]) == ("VersionConflict", "VERSION_CONFLICT")
        assert (refused["expected"], refused["actual"]) == (expected, 1)
        assert refused["hint"]
    refused = await api.delete("vpc", app_id, version=7)
    assert (refused["__typename"], refused["actual"]) == ("VersionConflict", 1)
    assert await api.events(app_id) == 1
    assert (await api.apply(vpc(app_id, description="later"), version=1))["event"]["version"] == 2
    assert (await api.delete("vpc", app_id, version=2))["event"]["version"] == 3


async def test_the_same_event_again_is_the_first_result_and_another_content_is_a_conflict(
    api: Api, app_id: str
) -> None:
    id_ = f"id-{app_id}"
    first = await api.apply(vpc(app_id), id=id_, version=0)
    api.clock.move(5)
    again = await api.apply(vpc(app_id), id=id_, version=0)
    assert again == {**first, "deduplicated": True}
    other = await api.apply(vpc(app_id, description="other"), id=id_)
    assert (other["__typename"], other["code"], other["retryable"]) == ("WriteRefused", "EVENT_ID_CONFLICT", False)
    assert id_ in other["message"]
    deletion = await api.delete("vpc", app_id, id=f"{id_}-d")
    assert (await api.delete("vpc", app_id, id=f"{id_}-d")) == {**deletion, "deduplicated": True}
    assert await api.events(app_id) == 2


async def test_without_an_id_the_server_makes_one_that_sorts_by_time(api: Api, app_id: str) -> None:
    first, second = (await api.apply(vpc(app_id)))["event"]["id"], (await api.apply(vpc(app_id)))["event"]["id"]
    assert first < second
    assert first[14] == second[14] == "7"


async def test_of_many_writers_at_once_each_gets_a_version_of_its_own(api: Api, app_id: str) -> None:
    written = await asyncio.gather(*(api.apply(vpc(app_id, description=str(index))) for index in range(40)))
    assert sorted(each["event"]["version"] for each in written) == list(range(1, 41))


async def test_of_many_writers_that_expect_one_version_one_wins(api: Api, app_id: str) -> None:
    tries = (api.apply(vpc(app_id, description=str(index)), version=0) for index in range(20))
    written = [each["__typename"] for each in await asyncio.gather(*tries)]
    assert sorted(written) == ["ArtifactWritten", *["VersionConflict"] * 19]


async def test_two_services_on_one_database_take_turns_and_both_see_conflicts(mongodb_uri: str, app_id: str) -> None:
    async with running(mongodb_uri) as one, running(mongodb_uri, database=one_database(one)) as other:
        for turn in range(6):
            api = (one, other)[turn % 2]
            assert (await api.apply(vpc(app_id), version=turn))["event"]["version"] == turn + 1
            stale = await api.apply(vpc(app_id), version=turn)
            assert (stale["expected"], stale["actual"]) == (turn, turn + 1)
        assert (await one.apply(vpc(app_id)))["event"]["version"] == 7
        assert (await other.apply(vpc(app_id)))["event"]["version"] == 8
        assert (await one.delete("vpc", app_id))["event"]["version"] == 9
        assert (await other.delete("vpc", app_id))["code"] == "ENTITY_NOT_FOUND"
        both = [await seen(api, app_id, "events(first: 20) { nodes { version } }") for api in (one, other)]
        assert both[0] == both[1]
        assert [each["version"] for each in both[0]["events"]["nodes"]] == list(range(9, 0, -1))


def one_database(api: Api) -> str:
    name: str = api.service.database._database.name
    return name


async def test_an_event_of_any_kind_is_kept_with_all_its_keys(api: Api, app_id: str) -> None:
    envelope: Json = {
        "apiVersion": "v9",
        "kind": "WidgetPolishedEvent",
        "meta": {"name": "w", "appId": app_id, "eventId": f"id-{app_id}", "shift": "night", "nothing": None},
        "spec": {
            "widget": {"kind": "Widget", "metadata": {"name": "w"}, "spec": {"shine": 11}},
            "metadata": {"by": "hand"},
            "more": [1, {"x": None}],
        },
        "status": {"ok": True},
        "extra": 5,
    }
    written = await api.record(envelope)
    assert (written["__typename"], written["entity"]["type"]) == ("EventRecorded", "Widget")
    found = (await api.ask("query($id: ID!) { event(id: $id) { envelope state { raw } } }", id=f"id-{app_id}"))["event"]
    assert found["state"]["raw"] == envelope["spec"]["widget"]
    kept = found["envelope"]
    assert {key: kept[key] for key in ("apiVersion", "kind", "spec", "status", "extra")} == {
        key: envelope[key] for key in ("apiVersion", "kind", "spec", "status", "extra")
    }
    assert kept["meta"].items() >= envelope["meta"].items()
    assert kept["meta"]["userId"] == "anonymous"


async def test_intent_and_outcome_of_one_request_share_its_correlation(api: Api, app_id: str) -> None:
    async def correlated(**headers: str) -> Any:
        query = "mutation($e: JSON!) { recordEvent(envelope: $e) { ... on EventRecorded { event { correlationId } } } }"
        answer = await api.post(query, {"e": applied(app_id)}, **headers)
        return answer["data"]["recordEvent"]["event"]["correlationId"]

    assert await correlated(x_correlation_id="req-42") == "req-42"
    assert await correlated(x_request_id="req-43") == "req-43"
    made = await correlated()
    assert len(made) == 16
    assert await correlated() != made
    assert await correlated(x_correlation_id="x" * 201) not in (None, "x" * 201)


@pytest.mark.parametrize("member", ["artifact", "config"])
async def test_an_outcome_without_an_object_records_an_act_and_leaves_the_state(
    api: Api, app_id: str, member: str
) -> None:
    state = artifact() if member == "artifact" else config(app_id, "vpc", format="env")
    state["meta"] = {"name": "vpc", "appId": app_id}
    kind = state["kind"]
    await api.bring(told(f"{kind}AppliedEvent", app_id, at=T0, state=state))
    await api.bring(told(f"{kind}ComplianceCheckedEvent", app_id, at=later(5), spec={"result": {"passed": True}}))
    found = await seen(api, app_id, "current { version raw } lastEvent { version kind state { raw } spec }", member)
    assert found == {
        "current": {"version": 1, "raw": state},
        "lastEvent": {
            "version": 2,
            "kind": f"{kind}ComplianceCheckedEvent",
            "state": None,
            "spec": {"result": {"passed": True}},
        },
    }


async def test_a_backdated_delete_keeps_the_state_of_its_own_time(api: Api, app_id: str) -> None:
    await api.bring(applied(app_id, at=T0, version="1.0.0"), applied(app_id, at=later(100), version="2.0.0"))
    await api.bring(told("ArtifactDeletedEvent", app_id, at=later(50)))
    found = await seen(
        api,
        app_id,
        """current { spec { version } }
        then: asOf(time: "2025-01-15T10:30:00.060Z") { version }
        was: asOf(time: "2025-01-15T10:30:00.060Z", includeDeleted: true) { spec { version } deleted }""",
    )
    assert found == {
        "current": {"spec": {"version": "2.0.0"}},
        "then": None,
        "was": {"spec": {"version": "1.0.0"}, "deleted": True},
    }


async def test_a_delete_can_be_reported_late_of_an_object_that_has_come_and_gone_since(api: Api, app_id: str) -> None:
    await api.bring(
        applied(app_id, at=T0, version="1.0.0"),
        applied(app_id, at=later(100), version="2.0.0"),
        told("ArtifactDeletedEvent", app_id, at=later(200)),
    )
    written = await api.record(told("ArtifactDeletedEvent", app_id, at=later(50)), imported=True)
    assert written["__typename"] == "EventRecorded", written


async def test_many_events_are_stored_each_by_itself(api: Api, app_id: str) -> None:
    mutation = """mutation($envelopes: [JSON!]!) { recordEvents(envelopes: $envelopes) { __typename
        ... on EventRecorded { deduplicated event { version } entity { name current { version } } }
        ... on WriteError { code path } } }"""
    found = await api.ask(
        mutation,
        envelopes=[applied(app_id, "a"), {}, applied(app_id, "b"), told("ArtifactDeletedEvent", app_id, "a"), 5],
    )
    stored = {"__typename": "EventRecorded", "deduplicated": False}
    refused = {"__typename": "WriteRefused", "code": "INVALID_ENVELOPE"}
    assert found["recordEvents"] == [
        {**stored, "event": {"version": 1}, "entity": {"name": "a", "current": None}},
        {**refused, "path": "/meta"},
        {**stored, "event": {"version": 1}, "entity": {"name": "b", "current": {"version": 1}}},
        {**stored, "event": {"version": 2}, "entity": {"name": "a", "current": None}},
        {**refused, "path": ""},
    ]


async def test_the_same_report_on_two_days_is_two_events(api: Api, app_id: str) -> None:
    mutation = """mutation($envelopes: [JSON!]!) { recordEvents(envelopes: $envelopes) {
        ... on EventRecorded { deduplicated event { version } } } }"""
    report = told("ArtifactComplianceCheckedEvent", app_id, spec={"passed": True})
    versions = []
    for _ in range(2):
        versions += (await api.ask(mutation, envelopes=[report]))["recordEvents"]
        api.clock.move(86_400_000)
    assert versions == [
        {"deduplicated": False, "event": {"version": 1}},
        {"deduplicated": False, "event": {"version": 2}},
    ]


async def test_a_dry_run_tells_that_the_version_has_moved_on_and_asks_for_no_other(api: Api, app_id: str) -> None:
    query = """mutation($object: ArtifactInput!, $name: String!, $appId: String!, $expected: Int!) {
      apply: applyArtifact(object: $object, expectedVersion: $expected, dryRun: true) { ...R }
      delete: deleteArtifact(name: $name, appId: $appId, expectedVersion: $expected, dryRun: true) { ...R } }
      fragment R on ArtifactResult { __typename ... on VersionConflict { expected actual } }"""

    async def tried(expected: int) -> Any:
        return await api.ask(query, object=vpc(app_id), name="vpc", appId=app_id, expected=expected)

    assert (await tried(0))["apply"] == {"__typename": "DryRun"}
    await api.apply(vpc(app_id))
    conflict = {"__typename": "VersionConflict", "expected": 0, "actual": 1}
    assert await tried(0) == {"apply": conflict, "delete": conflict}
    assert await tried(1) == {"apply": {"__typename": "DryRun"}, "delete": {"__typename": "DryRun"}}
    assert await api.events(app_id) == 1


async def test_an_object_that_shares_its_name_is_written_under_the_name_that_an_import_gave_it(
    api: Api, app_id: str
) -> None:
    name = "vpc@clusters/b.yaml"
    await api.bring(told("ArtifactAppliedEvent", app_id, name, state=artifact(Entity("Artifact", app_id, "vpc"))))
    query = """mutation($typed: ArtifactInput!, $object: JSON!, $name: String) {
      typed: applyArtifact(object: $typed, name: $name) { ... on ArtifactWritten { event { name version } } ...E }
      apply(object: $object, name: $name) { ... on EventRecorded { event { name version kind } } ...E }
      validate(object: $object, name: $name) { ... on EventRecorded { event { name version kind } } ...E } }
      fragment E on WriteError { code path message }"""
    object_ = {"kind": "Artifact", **vpc(app_id)}
    assert await api.ask(query, typed=vpc(app_id), object=object_, name=name) == {
        "typed": {"event": {"name": name, "version": 2}},
        "apply": {"event": {"name": name, "version": 3, "kind": "ArtifactAppliedEvent"}},
        "validate": {"event": {"name": name, "version": 4, "kind": "ArtifactValidatedEvent"}},
    }
    refused = await api.ask(query, typed=vpc(app_id), object=object_, name="other")
    assert {(each["code"], each["path"]) for each in refused.values()} == {("INVALID_ENVELOPE", "/meta/name")}


@pytest.mark.parametrize("kind", ["Metadata", "Comment", "Client", "Asked"])
async def test_an_object_whose_kind_is_a_word_of_the_envelope_stays_whole(api: Api, app_id: str, kind: str) -> None:
    object_ = {"kind": kind, "meta": {"name": "x", "appId": app_id}, "spec": {"size": 1}}
    query = """mutation($object: JSON!) {
      apply(object: $object, comment: "why", client: {tool: "t"}, metadata: {commit: "a"}) { ... on EventRecorded {
        event { spec state { raw } intent { spec } } entity { current { raw } } } ... on WriteError { message } } }"""
    written = (await api.ask(query, object=object_))["apply"]
    assert written["event"]["state"] == {"raw": object_} == written["entity"]["current"]
    assert written["event"]["spec"]["metadata"] == {"commit": "a"}
    assert written["event"]["intent"]["spec"]["comment"] == "why"

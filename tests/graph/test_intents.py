"""Intent and outcome: what was asked, what happened, and what is still pending."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
import yaml

from api import Api, running
from domain import manifest, registry
from domain.registry import Registry
from domain.resources import builtin_manifests

APPLY = """mutation($name: String!, $app: String!, $version: String!, $comment: String, $client: JSON, $id: String,
    $expected: Int, $dry: Boolean! = false) {
  written: applyArtifact(object: {meta: {name: $name, appId: $app}, spec: {version: $version}}, comment: $comment,
      client: $client, eventId: $id, expectedVersion: $expected, dryRun: $dry, metadata: {gitCommit: "a3f9c82"}) {
    __typename
    ... on ArtifactWritten { deduplicated event { id kind version spec intent { kind } } intent { id kind spec }
                             validation { overall results { name outcome } } }
    ... on WriteError { code message }
    ... on ValidationFailure { violations { path } validation { overall }
                               intent { kind failed pending state { kind } } }
    ... on DryRun { validation { overall } } } }"""
EVENTS = """query($name: String!, $app: String!) { artifact(name: $name, appId: $app) {
  current { version spec { version } }
  events { nodes { kind phase version pending failed requested deviations { path from to } state { spec { version } }
                   intent { kind version } outcome { kind version } } } } }"""


async def events(api: Api, name: str, app_id: str) -> list[dict[str, Any]]:
    found = (await api.ask(EVENTS, name=name, app=app_id))["artifact"]
    return [] if found is None else list(reversed(found["events"]["nodes"]))


async def apply(api: Api, name: str, app_id: str, version: str = "1.0.0", **options: Any) -> Any:
    return (await api.ask(APPLY, name=name, app=app_id, version=version, **options))["written"]


async def test_an_intent_that_says_nothing_more_than_its_outcome_is_not_stored(api: Api, app_id: str) -> None:
    written = await apply(api, "plain", app_id)
    assert written["intent"] is None
    assert [each["kind"] for each in await events(api, "plain", app_id)] == ["ArtifactAppliedEvent"]


async def test_a_comment_and_what_the_client_says_are_kept_in_the_intent(api: Api, app_id: str) -> None:
    written = await apply(api, "told", app_id, comment="for the audit", client={"tool": "ci"})
    assert written["intent"]["spec"] == {"comment": "for the audit", "client": {"tool": "ci"}}
    assert written["event"]["spec"]["metadata"] == {"gitCommit": "a3f9c82"}
    assert written["event"]["intent"] == {"kind": "ArtifactApplyEvent"}
    intent, outcome = await events(api, "told", app_id)
    assert (intent["phase"], intent["pending"], intent["state"]) == ("INTENT", False, None)
    assert intent["requested"]["spec"] == {"version": "1.0.0"}
    assert intent["outcome"] == {"kind": "ArtifactAppliedEvent", "version": 2}
    assert outcome["intent"] == {"kind": "ArtifactApplyEvent", "version": 1}


async def test_the_pair_is_idempotent_as_one(api: Api, app_id: str) -> None:
    event_id = str(uuid4())
    first = await apply(api, "twice", app_id, comment="once", id=event_id)
    again = await apply(api, "twice", app_id, comment="once", id=event_id)
    assert (first["deduplicated"], again["deduplicated"]) == (False, True)
    assert again["intent"]["id"] == first["intent"]["id"]
    other = await apply(api, "twice", app_id, comment="another reason", id=event_id)
    assert other["code"] == "EVENT_ID_CONFLICT"
    assert len(await events(api, "twice", app_id)) == 2


async def test_a_refused_version_refuses_both(api: Api, app_id: str) -> None:
    await apply(api, "busy", app_id)
    refused = await apply(api, "busy", app_id, "2.0.0", comment="late", expected=0)
    assert refused["code"] == "VERSION_CONFLICT"
    assert len(await events(api, "busy", app_id)) == 1
    await apply(api, "busy", app_id, "2.0.0", comment="in time", expected=1)
    assert [each["version"] for each in await events(api, "busy", app_id)] == [1, 2, 3]


async def test_an_intent_without_an_outcome_is_pending_and_no_state(api: Api, app_id: str) -> None:
    asked = {"apiVersion": "v1alpha1", "kind": "Artifact", "meta": {"name": "later"}, "spec": {"version": "9.0.0"}}
    intent = {
        "kind": "ArtifactApplyEvent",
        "meta": {"appId": app_id, "correlationId": "req-later"},
        "spec": {"artifact": asked},
    }
    await api.record(intent)
    [pending] = await events(api, "later", app_id)
    assert (pending["pending"], pending["outcome"]) == (True, None)
    done = {**asked, "spec": {"version": "9.0.1"}}
    await api.record({**intent, "kind": "ArtifactAppliedEvent", "spec": {"artifact": done}})
    asked_for, outcome = await events(api, "later", app_id)
    assert asked_for["pending"] is False
    assert outcome["deviations"] == [{"path": "/spec/version", "from": "9.0.0", "to": "9.0.1"}]


async def test_kinds_that_nobody_declared_are_paired_by_their_tense(api: Api, app_id: str) -> None:
    stop, stopped = "PipelineRunStopEvent", "PipelineRunStoppedEvent"
    for kind in (stop, stopped):
        await api.record({"kind": kind, "meta": {"name": "p", "appId": app_id, "correlationId": "req-1"}})
    data = await api.ask(
        """query($app: String!) { entity(type: "PipelineRun", appId: $app, name: "p") {
             events { nodes { kind pending intent { kind } outcome { kind } } } } }""",
        app=app_id,
    )
    assert data["entity"]["events"]["nodes"] == [
        {
            "kind": "PipelineRunStoppedEvent",
            "pending": False,
            "intent": {"kind": "PipelineRunStopEvent"},
            "outcome": None,
        },
        {
            "kind": "PipelineRunStopEvent",
            "pending": False,
            "intent": None,
            "outcome": {"kind": "PipelineRunStoppedEvent"},
        },
    ]


async def test_a_dry_run_answers_and_stores_nothing(api: Api, app_id: str) -> None:
    assert await apply(api, "try", app_id, comment="?", dry=True) == {
        "__typename": "DryRun",
        "validation": {"overall": "SUCCESS"},
    }
    refused = await apply(api, "try", app_id, "", dry=True)
    assert refused["violations"] == [{"path": "/spec/version"}]
    assert await api.events(app_id) == 0


async def test_a_failed_validation_leaves_no_trace_unless_the_type_records_failures(
    mongodb_uri: str, api: Api, app_id: str
) -> None:
    refused = await apply(api, "bad", app_id, "")
    assert (refused["__typename"], refused["intent"]) == ("ValidationFailure", None)
    assert await api.events(app_id) == 0
    async with running(mongodb_uri, types=recording()) as strict:
        refused = await apply(strict, "bad", app_id, "")
        assert refused["validation"] == {"overall": "FAILED"}
        assert refused["intent"] == {"kind": "ArtifactApplyEvent", "failed": True, "pending": False, "state": None}
        data = (await strict.ask(EVENTS, name="bad", app=app_id))["artifact"]
        assert data["current"] is None
        assert [each["kind"] for each in data["events"]["nodes"]] == ["ArtifactApplyEvent"]


@pytest.mark.parametrize("action", ["publish", "validate", "apply"])
async def test_every_declared_action_of_a_type_has_a_mutation(api: Api, app_id: str, action: str) -> None:
    data = await api.ask(
        f"""mutation($app: String!) {{ written: {action}Artifact(
              object: {{meta: {{name: "x", appId: $app}}, spec: {{version: "1"}}}}) {{
              ... on ArtifactWritten {{ event {{ action }} entity {{ current {{ event {{ action }} }} }} }} }} }}""",
        app=app_id,
    )
    declared = registry.builtin()["Artifact"].action(action)
    assert declared is not None
    said = declared.outcome.removeprefix("Artifact").removesuffix("Event")
    assert data["written"]["event"]["action"] == said
    assert data["written"]["entity"]["current"]["event"]["action"] == said


async def test_objects_of_any_type_are_applied_validated_and_deleted(api: Api, app_id: str) -> None:
    told = "... on EventRecorded { event { kind type name } } ... on WriteError { code message }"
    state = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
    mutation = f"mutation($app: String!, $o: JSON!) {{ written: apply(appId: $app, object: $o) {{ {told} }} }}"
    written = (await api.ask(mutation, app=app_id, o=state))["written"]
    # A Kubernetes Deployment is not ours, which has the short name.
    assert written["event"] == {"kind": "DeploymentAppliedEvent", "type": "Deployment.apps", "name": "shop/web"}
    mutation = f"""mutation($app: String!) {{
        written: delete(type: "Deployment.apps", appId: $app, name: "shop/web") {{ {told} }} }}"""
    assert (await api.ask(mutation, app=app_id))["written"]["event"]["kind"] == "DeploymentDeletedEvent"
    assert (await api.ask(mutation, app=app_id))["written"]["code"] == "ENTITY_NOT_FOUND"
    mutation = f"mutation($app: String!, $o: JSON!) {{ written: apply(appId: $app, object: $o) {{ {told} }} }}"
    assert (await api.ask(mutation, app=app_id, o=[1]))["written"]["code"] == "INVALID_ENVELOPE"
    assert (await api.ask(mutation, app=app_id, o={"metadata": {"name": "x"}}))["written"]["code"] == "INVALID_ENVELOPE"


def recording() -> Registry:
    """The built-in types, keeping a trace of what was refused."""
    manifests = [yaml.safe_load(text) for text in builtin_manifests()]
    for each in manifests:
        each["spec"]["recordFailures"] = True
    return Registry(manifest.read(each) for each in manifests)


async def test_a_delete_without_the_object_ends_a_type_whose_name_begins_like_a_registered_one(
    api: Api, app_id: str
) -> None:
    await api.ask(
        "mutation($app: String!, $o: JSON!) { apply(appId: $app, object: $o) { __typename } }",
        app=app_id,
        o={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}},
    )
    data = await api.ask(
        """mutation($app: String!) { delete(type: "ConfigMap", appId: $app, name: "settings") {
             ... on EventRecorded { event { kind action } entity { current { version } } } } }""",
        app=app_id,
    )
    assert data["delete"] == {
        "event": {"kind": "ConfigMapDeletedEvent", "action": "Deleted"},
        "entity": {"current": None},
    }


async def test_two_replicas_that_get_one_pair_at_once_store_one_pair(mongodb_uri: str, app_id: str) -> None:
    database = f"test_{uuid4().hex}"
    async with running(mongodb_uri, database=database) as one, running(mongodb_uri, database=database) as other:
        for number in range(20):
            name = f"pair-{number}"
            sent = [apply(api, name, app_id, comment="why", id=f"{app_id}-{number}") for api in (one, other) * 3]
            written = await asyncio.gather(*sent)
            assert sorted(each["deduplicated"] for each in written) == [False, True, True, True, True, True]
            assert [each["phase"] for each in await events(one, name, app_id)] == ["INTENT", "OUTCOME"]

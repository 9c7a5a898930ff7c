"""The demo tells one believable story, the same in every run."""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

import domain.builtin
from cli.demo import MOMENTS, envelopes

Json = dict[str, Any]
Key = tuple[str, str, str]

TYPES = ("Artifact", "Deployment", "Config")
STAGES = {"Approved", "Started", "Failed", "Completed", "RolledBack"}
UNDECLARED = {"ArtifactComplianceCheckedEvent", "DeploymentCostAllocatedEvent", "DeploymentDriftDetectedEvent"}
PRINT_HASH = """
import json
from hashlib import sha256
from cli.demo import envelopes
print(sha256(json.dumps(list(envelopes())).encode()).hexdigest())
"""


def _manifest(name: str) -> Json:
    folder = Path(domain.builtin.__file__).parent
    manifest: Json = yaml.safe_load((folder / f"{name.lower()}.yaml").read_text())
    return manifest


MANIFESTS = {name: _manifest(name) for name in TYPES}
ACTIONS = [action for manifest in MANIFESTS.values() for action in manifest["spec"]["actions"]]
OUTCOMES = {action["outcome"] for action in ACTIONS} | UNDECLARED
INTENTS = {action["intent"] for action in ACTIONS}


@pytest.fixture(scope="module")
def events() -> list[Json]:
    return list(envelopes())


def key(event: Json) -> Key:
    kind = next(name for name in TYPES if event["kind"].startswith(name))
    return kind, event["meta"]["appId"], event["meta"]["name"]


def state(event: Json) -> Json | None:
    found: Json | None = event["spec"].get(key(event)[0].lower())
    return found


def as_of(events: list[Json], kind: str, name: str, moment: str) -> Json | None:
    """The state at a moment by the rules of the log: the last outcome that carries one, None from a deletion on."""
    ours = [event for event in events if key(event)[0] == kind and event["meta"]["name"] == name]
    until = [e for e in ours if e["kind"] in OUTCOMES and state(e) and e["meta"]["timestamp"] <= moment]
    return state(until[-1]) if until and not until[-1]["kind"].endswith("DeletedEvent") else None


def digest(events: list[Json]) -> str:
    return sha256(json.dumps(events).encode()).hexdigest()


def test_two_runs_give_the_same_bytes(events: list[Json]) -> None:
    assert digest(list(envelopes())) == digest(events)


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_another_process_with_another_hash_seed_gives_the_same_bytes(events: list[Json], seed: str) -> None:
    environment = os.environ | {"PYTHONHASHSEED": seed}
    run = subprocess.run(
        [sys.executable, "-c", PRINT_HASH], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == digest(events)


def test_every_python_gives_the_same_bytes(events: list[Json]) -> None:
    """Who changes the story changes this hash with it; a Python that gives another one has found a bug."""
    assert digest(events) == "3c973abf85a1f1429fd89d1834109dce23f9f55bcf152add3ae10a0d6954bf66"


def test_what_a_reader_does_to_an_envelope_reaches_no_other(events: list[Json]) -> None:
    spoiled = []
    for event in envelopes():
        spoiled.append(json.loads(json.dumps(event)))
        event["spec"].clear()
        event["meta"].clear()
    assert spoiled == events


def test_it_has_the_size_of_a_platform(events: list[Json]) -> None:
    entities = Counter(kind for kind, _, _ in {key(event) for event in events})
    assert 2_800 <= len(events) <= 3_200
    assert entities == {"Artifact": 16, "Deployment": 28, "Config": 19}
    assert len({event["meta"]["appId"] for event in events}) == 13


def test_controllers_act_most_often_and_humans_least(events: list[Json]) -> None:
    actors = Counter(event["meta"]["actorType"] for event in events)
    assert actors["CONTROLLER"] > actors["SERVICE"] > actors["HUMAN"] > 100
    assert set(actors) == {"CONTROLLER", "SERVICE", "HUMAN"}


def test_humans_work_in_office_hours(events: list[Json]) -> None:
    hours = {e["meta"]["timestamp"][11:13] for e in events if e["meta"]["actorType"] == "HUMAN"}
    assert min(hours) >= "07"
    assert max(hours) <= "18"


def test_ids_are_unique(events: list[Json]) -> None:
    assert len({event["meta"]["eventId"] for event in events}) == len(events)


def test_time_never_steps_back_and_stays_within_the_six_months(events: list[Json]) -> None:
    times = [event["meta"]["timestamp"] for event in events]
    assert times == sorted(times)
    assert {len(time) for time in times} == {len("2026-05-01T00:00:00.000Z")}
    assert times[0] >= "2026-05-01T00:00:00.000Z"
    assert times[-1] < MOMENTS["end"]


def test_no_two_events_of_an_entity_share_a_millisecond(events: list[Json]) -> None:
    """Ties are for the tests of the log; a story should not depend on how they are broken."""
    moments = [(key(event), event["meta"]["timestamp"]) for event in events]
    assert len(set(moments)) == len(moments)


def test_each_declared_kind_is_used_and_no_unknown_one(events: list[Json]) -> None:
    assert {event["kind"] for event in events} == OUTCOMES | INTENTS


@pytest.mark.parametrize("name", TYPES)
def test_every_state_keeps_the_schema_of_its_type(events: list[Json], name: str) -> None:
    validator = jsonschema_rs.validator_for(MANIFESTS[name]["spec"]["versions"][0]["schema"])
    states = [state(event) for event in events if key(event)[0] == name and state(event)]
    assert len(states) > 400
    assert [error.message for each in states for error in validator.iter_errors(each)] == []


def test_every_state_is_complete_and_says_the_same_as_its_envelope(events: list[Json]) -> None:
    for event in events:
        if found := state(event):
            assert found.keys() == {"apiVersion", "kind", "meta", "spec", "status"}
            assert (found["kind"], found["meta"]["appId"], found["meta"]["name"]) == key(event)
            assert found["meta"]["labels"].keys() >= {"team", "tier", "domain"}


def test_reports_carry_no_state(events: list[Json]) -> None:
    assert [event for event in events if event["kind"] in UNDECLARED and state(event)] == []


def _alive_at_each(events: list[Json]) -> Iterator[tuple[Json, dict[Key, set[str]]]]:
    """Each event with the entities that exist before it, and the versions each of them had."""
    alive: dict[Key, set[str]] = defaultdict(set)
    for event in events:
        yield event, alive
        if event["kind"].endswith("DeletedEvent"):
            del alive[key(event)]
        elif event["kind"] in OUTCOMES and (found := state(event)):
            alive[key(event)].add(found["spec"].get("version", ""))


def test_references_lead_to_what_exists_at_that_time(events: list[Json]) -> None:
    for event, alive in _alive_at_each(events):
        if key(event)[0] == "Deployment" and (found := state(event)):
            app_id, spec = event["meta"]["appId"], found["spec"]
            artifact = ("Artifact", spec["artifact"]["appId"], spec["artifact"]["name"])
            assert spec["version"] in alive.get(artifact, set())
            for config in spec["configs"]:
                assert ("Config", config.get("appId", app_id), config["name"]) in alive


def test_some_references_cross_apps(events: list[Json]) -> None:
    owners = {
        (e["meta"]["appId"], s["spec"]["artifact"]["appId"]) for e in events if (s := e["spec"].get("deployment"))
    }
    assert {("11402", "09287"), ("20517", "09287"), ("11418", "11418")} <= owners


def test_executions_fail_are_retried_and_complete(events: list[Json]) -> None:
    runs = defaultdict(list)
    for event in events:
        if key(event)[0] == "Deployment" and "executionId" in event["meta"]:
            runs[event["meta"]["executionId"]].append(event["kind"].removeprefix("Deployment").removesuffix("Event"))
    outcomes = {tuple(act for act in acts if act in STAGES) for acts in runs.values()}
    assert ("Approved", "Started", "Failed", "Started", "Completed") in outcomes
    assert ("Approved", "Started", "Failed", "Started", "Failed", "RolledBack") in outcomes
    assert ("Started", "Failed", "Started", "Failed", "Failed") in outcomes


def test_some_intents_were_never_answered(events: list[Json]) -> None:
    answered = {event["meta"]["correlationId"] for event in events if event["kind"] in OUTCOMES}
    pending = [e["kind"] for e in events if e["kind"] in INTENTS and e["meta"]["correlationId"] not in answered]
    assert pending == ["ConfigValidateEvent", "DeploymentApplyEvent", "ArtifactPublishEvent", "ConfigApproveEvent"]


def test_the_canary_gives_way_to_a_rolling_update(events: list[Json]) -> None:
    strategies = [
        s["spec"]["strategy"] for e in events if (s := state(e)) and e["meta"]["name"] == "payments-production"
    ]
    assert ("canary", "rolling") in set(pairwise(strategies))


def test_a_deployment_is_torn_down_and_built_again(events: list[Json]) -> None:
    before, gone, now = "2026-07-01T00:00:00.000Z", MOMENTS["ml_staging_torn_down"], MOMENTS["end"]
    assert as_of(events, "Deployment", "ml-serving-staging", before)
    assert as_of(events, "Deployment", "ml-serving-staging", gone) is None
    assert as_of(events, "Deployment", "ml-serving-staging", now)


def test_an_artifact_and_a_config_are_gone_for_good(events: list[Json]) -> None:
    assert as_of(events, "Artifact", "terraform-autoscaling-module", MOMENTS["before_incident"])
    assert as_of(events, "Artifact", "terraform-autoscaling-module", MOMENTS["end"]) is None
    assert as_of(events, "Config", "billing-invoice-gateway", MOMENTS["midsummer"])
    assert as_of(events, "Config", "billing-invoice-gateway", MOMENTS["end"]) is None


def test_the_shared_module_grows(events: list[Json]) -> None:
    then = as_of(events, "Artifact", "terraform-vpc-module", MOMENTS["midsummer"])
    now = as_of(events, "Artifact", "terraform-vpc-module", MOMENTS["end"])
    assert then
    assert now
    assert (then["spec"]["version"], now["spec"]["version"]) == ("1.9.0", "2.3.0")
    assert len(then["spec"]["regions"]) < len(now["spec"]["regions"])


@pytest.mark.parametrize(
    ("moment", "phase", "timeout"),
    [
        ("before_incident", "COMPLETED", "3000"),
        ("during_incident", "FAILED", "300"),
        ("after_rollback", "ROLLED_BACK", "300"),
        ("after_incident", "COMPLETED", "3000"),
        ("after_postmortem", "COMPLETED", "2000"),
    ],
)
def test_the_incident_can_be_seen_at_its_moments(events: list[Json], moment: str, phase: str, timeout: str) -> None:
    deployment = as_of(events, "Deployment", "checkout-production", MOMENTS[moment])
    config = as_of(events, "Config", "checkout-production-settings", MOMENTS[moment])
    assert deployment
    assert config
    assert deployment["status"]["phase"] == phase
    assert config["spec"]["data"]["PAYMENT_TIMEOUT_MS"] == timeout


def test_the_on_call_engineer_brings_back_the_earlier_release_and_says_why(events: list[Json]) -> None:
    (rollback,) = [e for e in events if e["kind"] == "DeploymentRolledBackEvent" and e["meta"]["actorType"] == "HUMAN"]
    before = as_of(events, "Deployment", "checkout-production", MOMENTS["before_incident"])
    change = rollback["spec"]["metadata"]["causedBy"]
    bad = [e["meta"]["name"] for e in events if e["meta"]["correlationId"] == change]
    assert before
    assert rollback["spec"]["deployment"]["spec"] == before["spec"]
    assert rollback["meta"]["correlationId"] == "inc-2291"
    assert "third of all orders" in rollback["spec"]["metadata"]["reason"]
    assert {"checkout-service", "checkout-production", "checkout-production-settings"} <= set(bad)

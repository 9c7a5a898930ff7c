"""Reading envelopes as they come and writing them back."""

from typing import Any

import pytest

from domain import envelope as envelopes
from domain import manifest
from domain.entity import Entity
from domain.errors import InvalidDocument, InvalidEnvelope
from domain.event import Actor, ActorType, Document, Draft, Phase
from domain.registry import Registry, builtin
from envelopes_edited import changed, without
from examples import JOHN, PIPELINE, T0, VPC, artifact, envelope

REGISTRY = builtin()
CONFIG = {"apiVersion": "v1alpha1", "kind": "Config", "meta": {"name": "limits", "appId": VPC.app_id}, "spec": {}}
WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "prod", "labels": {"team": "platform"}},
    "spec": {"replicas": 3},
}


def read(one: Any) -> Draft:
    return envelopes.read(one, REGISTRY, JOHN)


def about(kind: str, spec: Document, **meta: Any) -> Document:
    return {"kind": kind, "meta": {"appId": VPC.app_id, **meta}, "spec": spec}


def test_an_envelope_becomes_a_draft() -> None:
    draft = read({**envelope(eventId="e-1", timestamp="2025-01-15T10:30:00.000Z", note="kept"), "extra": [1]})
    assert draft == Draft(
        id="e-1",
        entity=VPC,
        kind="ArtifactAppliedEvent",
        action="Applied",
        phase=Phase.OUTCOME,
        actor=JOHN,
        api_version="v1alpha1",
        digest=draft.digest,
        timestamp=T0,
        correlation_id="req-5678",
        execution_id="exec-9012",
        state=artifact(labels={"team": "platform"}),
        state_key="artifact",
        meta={"note": "kept"},
        spec={key: value for key, value in envelope()["spec"].items() if key != "artifact"},
        rest={"extra": [1]},
    )
    assert draft.stateful


def test_the_actor_is_the_caller_whatever_the_body_says() -> None:
    claimed = envelope(userId="root", actorType="CONTROLLER")
    assert envelopes.read(claimed, REGISTRY, PIPELINE).actor == PIPELINE
    assert envelopes.claimed_actor(claimed) == Actor("root", ActorType.CONTROLLER)


def test_a_claimed_actor_is_human_unless_it_says_otherwise() -> None:
    assert envelopes.claimed_actor(envelope(userId="root")) == Actor("root", ActorType.HUMAN)
    assert envelopes.claimed_actor(envelope()) is None


@pytest.mark.parametrize("claim", ["ROBOT", "human", 5, ["HUMAN"], {}])
def test_an_unknown_actor_type_is_refused_by_name(claim: Any) -> None:
    with pytest.raises(InvalidEnvelope, match="is not one of: HUMAN, SERVICE, CONTROLLER"):
        envelopes.claimed_actor(envelope(userId="root", actorType=claim))


@pytest.mark.parametrize(
    ("kind", "action", "phase", "stateful", "deletes"),
    [
        ("ArtifactAppliedEvent", "Applied", Phase.OUTCOME, True, False),
        ("ArtifactApplyEvent", "Apply", Phase.INTENT, False, False),
        ("ArtifactDeletedEvent", "Deleted", Phase.OUTCOME, True, True),
        ("ArtifactDeleteEvent", "Delete", Phase.INTENT, False, False),
        ("ArtifactScannedEvent", "Scanned", Phase.OUTCOME, True, False),
        ("ArtifactRolledBackEvent", "RolledBack", Phase.OUTCOME, True, False),
        ("ArtifactScanEvent", "Scan", Phase.INTENT, False, False),
    ],
)
def test_a_kind_says_what_was_done(kind: str, action: str, phase: Phase, stateful: bool, deletes: bool) -> None:
    """Declared or not, with the object or without: only an outcome with an object changes state."""
    draft = read(envelope(kind))
    assert (draft.entity, draft.action, draft.phase, draft.stateful, draft.deletes) == (
        VPC,
        action,
        phase,
        stateful,
        deletes,
    )
    act = read(without("spec/artifact", envelope(kind)))
    assert (act.entity, act.action, act.phase, act.stateful) == (VPC, action, phase, False)


def test_an_object_says_name_and_app_when_meta_does_not() -> None:
    assert read(about("ArtifactAppliedEvent", {"artifact": artifact()})).entity == VPC


def test_meta_says_name_and_app_when_there_is_no_object() -> None:
    act = {"kind": "ArtifactScannedEvent", "meta": {"name": VPC.name, "appId": VPC.app_id}}
    assert read(act).entity == VPC


def test_a_type_that_nobody_registered_is_named_by_its_object() -> None:
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    for kind, action, deletes in (("WidgetApplied", "Applied", False), ("WidgetDeleted", "Deleted", True)):
        draft = read(about(f"{kind}Event", {"widget": widget, "why": "because"}))
        assert (draft.entity, draft.action, draft.deletes) == (Entity("Widget", VPC.app_id, "w"), action, deletes)
        assert (draft.state, draft.state_key, draft.spec) == (widget, "widget", {"why": "because"})


def test_a_type_that_nobody_registered_is_named_by_the_kind_when_there_is_no_object() -> None:
    draft = read({"kind": "ComplianceCheckPassedEvent", "meta": {"name": "pci", "appId": "1"}, "spec": {"score": 99}})
    assert (draft.entity.type, draft.action, draft.phase) == ("ComplianceCheck", "Passed", Phase.OUTCOME)
    assert not draft.stateful


def test_the_namespace_is_part_of_a_kubernetes_name() -> None:
    for name in ({}, {"name": "web"}, {"name": "prod/web"}):
        draft = read(about("DeploymentScaledEvent", {"deployment": WEB}, **name))
        assert draft.entity == Entity("Deployment.apps", VPC.app_id, "prod/web")
        assert draft.state == WEB


def test_an_object_of_another_group_with_the_name_of_ours_is_another_type() -> None:
    ours = {"apiVersion": "v1alpha1", "kind": "Deployment", "meta": {"name": "web"}, "spec": {}}
    assert read(about("DeploymentAppliedEvent", {"deployment": ours})).entity.type == "Deployment"
    assert read(about("DeploymentAppliedEvent", {"deployment": WEB})).entity.type == "Deployment.apps"


def test_a_type_whose_name_goes_on_where_ours_ends_is_another_type() -> None:
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "env"}, "data": {"A": "1"}}
    draft = read(about("ConfigMapAppliedEvent", {"configMap": config_map}))
    assert (draft.entity.type, draft.action, draft.state) == ("ConfigMap", "Applied", config_map)


def test_another_object_beside_the_state_is_kept_where_it_stood() -> None:
    draft = read(changed("spec/config", CONFIG))
    assert draft.entity == VPC
    assert draft.spec["config"] == CONFIG


@pytest.mark.parametrize(
    ("wrong", "path", "problem"),
    [
        (None, "", "an object is needed here, not nothing"),
        ("text", "", "not str"),
        ([envelope()], "", "not list"),
        (without("meta"), "/meta", "not nothing"),
        (changed("meta", []), "/meta", "not list"),
        (changed("spec", None), "/spec", "not nothing"),
        (changed("spec", "x"), "/spec", "not str"),
        (without("kind"), "/kind", "missing"),
        (changed("kind", ""), "/kind", "a text is needed here"),
        (changed("kind", 5), "/kind", "a text is needed here, not 5"),
        (changed("kind", "ArtifactApplied"), "/kind", "does not end in Event"),
        (changed("kind", "ArtifactEvent"), "/kind", "lacks a type or an action"),
        (changed("kind", "Event"), "/kind", "lacks a type or an action"),
        (changed("kind", "AppliedEvent", without("spec/artifact")), "/kind", "lacks a type or an action"),
        (changed("apiVersion", 1), "/apiVersion", "a text is needed here, not 1"),
        (changed("meta/eventId", 12), "/meta/eventId", "a text is needed here, not 12"),
        (changed("meta/eventId", ""), "/meta/eventId", "a text is needed here"),
        (changed("meta/correlationId", {}), "/meta/correlationId", "a text is needed here"),
        (changed("meta/executionId", False), "/meta/executionId", "a text is needed here, not False"),
        (changed("meta/appId", 9287), "/meta/appId", "a text is needed here, not 9287"),
        (changed("meta/name", ["x"]), "/meta/name", "a text is needed here"),
        (changed("meta/timestamp", "2025-01-15T10:30:00"), "/meta/timestamp", "the offset from UTC is missing"),
        (changed("meta/timestamp", 1736937000), "/meta/timestamp", "a text is needed here"),
        (changed("meta/name", "other"), "/meta/name", "'other' contradicts the object, which is called"),
        (changed("meta/appId", "666"), "/meta/appId", "'666' contradicts the object, which belongs to '09287'"),
        (changed("spec/artifact/kind", "Config"), "/spec/artifact/kind", "'Config' contradicts the event"),
        (without("spec/artifact/kind"), "/spec/artifact/kind", "None contradicts the event"),
        (changed("spec/artifact", "vpc"), "/spec/artifact", "str is no domain object"),
        (changed("spec/artifact", None), "/spec/artifact", "NoneType is no domain object"),
        (changed("spec/artifact/meta/appId", 9287), "/spec/artifact/meta/appId", "a text is needed here, not 9287"),
        (changed("spec/artifact/meta/name", 5), "/spec/artifact/meta/name", "a text is needed here, not 5"),
        (about("ArtifactAppliedEvent", {"config": CONFIG}), "/spec/config/kind", "'Config' contradicts the event"),
        (about("DeploymentScaledEvent", {"deployment": WEB}, name="stage/web"), "/meta/name", "called 'prod/web'"),
        (about("ArtifactScannedEvent", {}), "/meta/name", "missing"),
        ({"kind": "ArtifactScannedEvent", "meta": {"name": "x"}}, "/meta/appId", "missing"),
        (about("ArtifactScannedEvent", {}, name="a\nb"), "/meta", "cannot be printed"),
        (about("ArtifactScannedEvent", {}, name="x" * 513), "/meta/name", "513 characters"),
    ],
)
def test_an_envelope_that_cannot_be_stored_is_refused_at_its_fault(wrong: Any, path: str, problem: str) -> None:
    with pytest.raises(InvalidEnvelope, match=problem) as refusal:
        read(wrong)
    assert refusal.value.details["path"] == path


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (changed("spec/artifact/spec/version", "2\0"), "/spec/artifact/spec/version"),
        (changed("meta/correlationId", "\ud800"), "/meta/correlationId"),
        (changed("spec/artifact/spec/version", 10**40), "/spec/artifact/spec/version"),
        (changed("spec/artifact/spec/version", float("nan")), "/spec/artifact/spec/version"),
        (changed("meta/a/b", 1, changed("meta/a", {"b": {1: 2}})) | {"meta": {1: 2}}, "/meta"),
    ],
)
def test_a_value_that_no_store_can_keep_is_refused_wherever_it_stands(wrong: Any, path: str) -> None:
    with pytest.raises(InvalidDocument) as refusal:
        read(wrong)
    assert refusal.value.details["path"] == path


@pytest.mark.parametrize("place", ["kind", "apiVersion", "meta/eventId", "meta/correlationId", "meta/executionId"])
def test_a_text_of_the_header_has_a_bound(place: str) -> None:
    """The summary of an entity repeats the header of three events, so the room for it must be known."""
    prefix = "Artifact" if place == "kind" else ""
    suffix = "AppliedEvent" if place == "kind" else ""
    read(changed(place, f"{prefix}{'X' * 200}{suffix}"))
    with pytest.raises(InvalidEnvelope, match="characters") as refusal:
        read(changed(place, f"{prefix}{'X' * 10_000}{suffix}"))
    assert refusal.value.details["path"] == f"/{place}"
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("meta/name", ["x"] * 100_000),
        ("meta/appId", {"x" * 100_000: 1}),
        ("spec/artifact/kind", "x" * 100_000),
        ("spec/artifact/kind", ["x"] * 100_000),
        ("spec/artifact/meta/namespace", "x" * 100_000),
    ],
)
def test_a_refusal_quotes_a_large_value_in_part(place: str, value: Any) -> None:
    with pytest.raises(InvalidEnvelope) as refusal:
        read(changed(place, value))
    assert len(str(refusal.value)) < 300


def test_a_declared_action_is_believed_before_the_grammar() -> None:
    """A manifest may call an outcome what the grammar of kinds would take for an intent, and say what deletes."""
    job = manifest.read(
        {
            "apiVersion": "dsel/v1alpha1",
            "kind": "DomainType",
            "meta": {"name": "Job"},
            "spec": {
                "actions": [{"name": "end", "intent": "JobEndingEvent", "outcome": "JobEndEvent", "deletes": True}],
                "versions": [{"name": "v1", "schema": {}}],
            },
        }
    )
    state = {"apiVersion": "v1", "kind": "Job", "meta": {"name": "j", "appId": "1"}}
    draft = envelopes.read(about("JobEndEvent", {"job": state}, appId="1"), Registry([job]), JOHN)
    assert (draft.phase, draft.deletes, draft.stateful) == (Phase.OUTCOME, True, True)
    deleted = envelopes.read(about("JobDeletedEvent", {"job": state}, appId="1"), Registry([job]), JOHN)
    assert (deleted.phase, deleted.deletes) == (Phase.OUTCOME, True)

"""Domain types are applied while the service runs, and are entities of the log like any other."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api import Api, running
from custom_resources import crd, spec
from domain.kinds import lower_camel
from domain.registry import Registry
from manifests import APPLY, applied, apply, manifest, retire, types

Json = dict[str, Any]


@pytest.fixture
async def api(mongodb_uri: str) -> AsyncIterator[Api]:
    """A service of the test's own, because types are everybody's. It has none yet, so that a change is made soon."""
    async with running(mongodb_uri, types=Registry([])) as made:
        yield made


@pytest.fixture
async def usual(mongodb_uri: str) -> AsyncIterator[Api]:
    """One with the built-in types."""
    async with running(mongodb_uri) as made:
        yield made


def widget(app_id: str, **spec: Any) -> Json:
    return {"apiVersion": "v1", "kind": "Widget", "meta": {"name": "w", "appId": app_id}, "spec": spec}


WRITE = """mutation($object: WidgetInput!) { applyWidget(object: $object) {
    ... on WidgetWritten { entity { current { spec { size } } } } ... on WriteError { code message } } }"""
READ = 'query($app: String!) { widget(name: "w", appId: $app) { current { spec { size } } } }'
ANYTHING = """mutation($object: JSON!) { apply(object: $object) { __typename
    ... on WriteError { code message hint path } } }"""


async def test_a_type_can_be_written_and_read_as_soon_as_it_was_applied(api: Api, app_id: str) -> None:
    assert "errors" in await api.post(READ, {"app": app_id})
    assert await applied(api, manifest("Widget", size="integer")) == ["CREATED"]
    written = await api.ask(WRITE, object={"meta": {"name": "w", "appId": app_id}, "spec": {"size": 3}})
    assert written["applyWidget"] == {"entity": {"current": {"spec": {"size": 3}}}}
    assert (await api.ask(READ, app=app_id))["widget"]["current"] == {"spec": {"size": 3}}


async def test_what_was_stored_before_its_type_appears_under_it(api: Api, app_id: str) -> None:
    object_ = {**widget(app_id, size=7), "apiVersion": "acme.io/v1"}
    assert (await api.ask(ANYTHING, object=object_))["apply"] == {"__typename": "EventRecorded"}
    await applied(api, manifest("Widget", group="acme.io", versions={"acme.io/v1": {"size": "integer"}}))
    found = await api.ask(
        "query($app: String!) { widgets(appId: $app) { nodes { current { spec { size } } } } }", app=app_id
    )
    assert found["widgets"]["nodes"] == [{"current": {"spec": {"size": 7}}}]


async def test_a_type_is_an_entity_with_history_actor_and_as_of(api: Api) -> None:
    await api.post(
        'mutation($m: JSON!) { applyDomainType(manifest: $m, comment: "For the shop") { __typename } }',
        {"m": manifest("Widget", size="integer")},
        x_dsel_actor="ada",
    )
    first = (await types(api))["Widget"]
    api.clock.move(1000)
    await applied(api, manifest("Widget", size="integer", colour="string"))
    await retire(api, "Widget")
    query = """query($at: Instant!) { entity(type: "DomainType", appId: "dsel", name: "Widget") {
        current { kind } asOf(time: $at) { raw }
        events { nodes { kind actor { id } spec } } } }"""
    found = (await api.ask(query, at="2025-01-15T10:31:00Z"))["entity"]
    assert first["event"] == {"kind": "DomainTypeAppliedEvent", "version": 2, "actor": {"id": "ada"}}
    assert found["current"] is None
    assert found["asOf"]["raw"]["spec"]["manifest"] == manifest("Widget", size="integer")
    assert [(each["kind"], each["actor"]["id"]) for each in found["events"]["nodes"]] == [
        ("DomainTypeRetiredEvent", "anonymous"),
        ("DomainTypeAppliedEvent", "anonymous"),
        ("DomainTypeAppliedEvent", "ada"),
        ("DomainTypeApplyEvent", "ada"),
    ]
    assert found["events"]["nodes"][3]["spec"] == {"comment": "For the shop"}


async def test_a_type_that_is_so_already_is_not_stored_again(api: Api) -> None:
    assert await applied(api, manifest("Widget", size="integer")) == ["CREATED"]
    before = await api.events("dsel")
    edition = api.service.edition
    assert await applied(api, manifest("Widget", size="integer"), manifest("Artifact2", size="integer")) == [
        "UNCHANGED",
        "CREATED",
    ]
    assert await applied(api, manifest("Widget", size="integer")) == ["UNCHANGED"]
    assert await api.events("dsel") == before + 1
    assert api.service.edition is not edition


async def test_of_manifests_that_cannot_be_served_nothing_is_and_every_fault_is_told(api: Api) -> None:
    before, edition = await api.events(), api.service.edition
    broken = manifest("Widget", size={"type": "nonsense"})
    wrong: Json = {**manifest("Gadget"), "kind": "Gadget"}
    done = await apply(api, broken, manifest("Fine", size="integer"), wrong)
    assert done["__typename"] == "InvalidManifests"
    assert [(each["manifest"], each["path"]) for each in done["faults"]] == [
        (0, "/spec/versions/0/schema/properties/spec/properties/size/type"),
        (2, "/kind"),
    ]
    assert (await apply(api, manifest("DomainType")))["code"] == "INVALID_MANIFEST"
    assert (await api.events(), api.service.edition) == (before, edition)


async def test_a_dry_run_says_what_would_become_of_it_and_changes_nothing(api: Api) -> None:
    before, edition = await api.events(), api.service.edition
    done = await apply(api, manifest("Widget", size="integer"), dryRun=True)
    assert [(each["effect"], each["event"]) for each in done["changes"]] == [("CREATED", None)]
    assert (await api.events(), api.service.edition) == (before, edition)


async def test_an_expected_version_that_is_not_the_types_own_refuses_the_change(api: Api) -> None:
    assert await applied(api, manifest("Widget", size="integer"), version=0) == ["CREATED"]
    done = await apply(api, manifest("Widget", size="number"), version=0)
    assert (done["__typename"], done["expected"], done["actual"]) == ("VersionConflict", 0, 1)
    assert await applied(api, manifest("Widget", size="integer", colour="string"), version=1) == ["CHANGED"]


async def test_a_retired_type_leaves_the_schema_and_its_history_stays(api: Api, app_id: str) -> None:
    await applied(api, manifest("Widget", size="integer"))
    await api.ask(WRITE, object={"meta": {"name": "w", "appId": app_id}, "spec": {"size": 3}})
    done = await retire(api, "Widget")
    assert [(each["effect"], each["event"]["kind"]) for each in done["changes"]] == [
        ("RETIRED", "DomainTypeRetiredEvent")
    ]
    assert "errors" in await api.post(READ, {"app": app_id})
    query = """query($app: String!) { entity(type: "Widget", appId: $app, name: "w") { __typename
        current { ... on GenericState { spec } } events { nodes { kind } } } }"""
    found = (await api.ask(query, app=app_id))["entity"]
    assert (found["__typename"], found["current"], len(found["events"]["nodes"])) == (
        "GenericEntity",
        {"spec": {"size": 3}},
        1,
    )
    assert "Widget" not in await types(api)
    assert (await types(api, everything=True))["Widget"]["retired"]
    assert (await retire(api, "Widget"))["changes"][0]["effect"] == "UNCHANGED"
    assert await applied(api, manifest("Widget", size="integer")) == ["CHANGED"]
    assert (await api.ask(READ, app=app_id))["widget"]["current"] == {"spec": {"size": 3}}


async def test_a_built_in_type_can_be_changed_and_retired_too(usual: Api) -> None:
    assert (await types(usual))["Config"] | {"event": None} == (await types(usual))["Config"]
    assert (await retire(usual, "Config", force=True))["changes"][0]["effect"] == "RETIRED"
    assert "errors" in await usual.post("{ configs { nodes { name } } }")
    assert (await retire(usual, "Nothing"))["code"] == "UNKNOWN_TYPE"


async def test_what_would_break_clients_is_refused_with_a_list_unless_it_is_forced(api: Api, app_id: str) -> None:
    await applied(api, manifest("Widget", size="integer", colour="string"))
    await api.ask(WRITE, object={"meta": {"name": "w", "appId": app_id}, "spec": {"size": 3, "colour": "red"}})
    before, edition = await api.events(), api.service.edition
    without = manifest("Widget", size="integer")
    refused = await apply(api, without)
    assert (refused["__typename"], refused["code"]) == ("BreakingChanges", "BREAKING_CHANGE")
    assert refused["breaking"] == [
        {
            "kind": "FIELD_REMOVED",
            "description": "Widget has no /spec/colour any more; its field stays, deprecated, until the next version.",
        },
        {"kind": "FIELD_REMOVED", "description": "Field WidgetSpecInput.colour was removed."},
    ]
    assert (await api.events(), api.service.edition) == (before, edition)
    done = await apply(api, without, force=True)
    assert (done["changes"][0]["effect"], done["breaking"]) == ("CHANGED", refused["breaking"])


COLOUR = 'query($app: String!) { widget(name: "w", appId: $app) { current { spec { size colour } } } }'
DEPRECATED = """{ __type(name: "WidgetSpec") { fields(includeDeprecated: true) { name isDeprecated } } }"""


async def deprecated(api: Api) -> Json:
    found = (await api.ask(DEPRECATED))["__type"]["fields"]
    return {each["name"]: each["isDeprecated"] for each in found}


async def test_a_field_that_was_removed_answers_on_until_the_next_version_also_after_a_restart(
    mongodb_uri: str, app_id: str
) -> None:
    name = f"test_{uuid4().hex}"
    async with running(mongodb_uri, types=Registry([]), database=name) as api:
        await applied(api, manifest("Widget", size="integer", colour="string"))
        colourful = {"meta": {"name": "w", "appId": app_id}, "spec": {"size": 3, "colour": "red"}}
        await api.ask(WRITE, object=colourful)
        before = await api.ask(COLOUR, app=app_id)
        await applied(api, manifest("Widget", size="integer"), force=True)
        assert await deprecated(api) == {"size": False, "colour": True}
        assert await api.ask(COLOUR, app=app_id) == before
        await applied(api, manifest("Widget", size="integer", shape="string"))
        assert await deprecated(api) == {"size": False, "shape": False, "colour": True}
        async with running(mongodb_uri, types=Registry([]), database=name) as late:
            assert await deprecated(late) == {"size": False, "shape": False, "colour": True}
        next_ = {"v1": {"size": "integer", "shape": "string"}, "v2": {"size": "integer", "shape": "string"}}
        assert await applied(api, manifest("Widget", versions=next_)) == ["CHANGED"]
        assert await deprecated(api) == {"size": False, "shape": False}


async def test_a_field_that_the_next_version_has_elsewhere_answers_by_the_conversion(api: Api, app_id: str) -> None:
    await applied(api, manifest("Widget", size="integer", colour="string"))
    object_ = {"meta": {"name": "w", "appId": app_id}, "spec": {"size": 3, "colour": "red"}}
    await api.ask(WRITE, object=object_)
    before = await api.ask(COLOUR, app=app_id)
    versions = {"v1": {"size": "integer", "colour": "string"}, "v2": {"size": "integer", "paint": "string"}}
    changed = manifest("Widget", versions=versions)
    changed["spec"]["versions"][1]["conversion"] = [{"rename": "/spec/colour", "to": "paint"}]
    assert await applied(api, changed, force=True) == ["CHANGED"]
    assert await api.ask(COLOUR, app=app_id) == before
    newer = {"meta": {"name": "w", "appId": app_id}, "spec": {"size": 4, "paint": "blue"}}
    await api.ask(WRITE, object=newer)
    query = """query($app: String!) { widget(name: "w", appId: $app) { current { raw spec { paint colour } } } }"""
    found = (await api.ask(query, app=app_id))["widget"]["current"]
    assert found["spec"] == {"paint": "blue", "colour": "blue"}
    assert found["raw"]["spec"] == {"size": 4, "paint": "blue"}


async def test_a_type_that_others_refer_to_is_only_retired_by_force(usual: Api) -> None:
    refused = await retire(usual, "Artifact")
    assert refused["__typename"] == "BreakingChanges"
    assert "Field DeploymentSpec.artifact changed type from Artifact to DeploymentSpecArtifact." in [
        each["description"] for each in refused["breaking"]
    ]
    assert (await retire(usual, "Artifact", force=True))["changes"][0]["effect"] == "RETIRED"


async def test_with_tokens_the_right_to_change_types_is_needed(mongodb_uri: str, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text("""
        - {token: 0d5f6c2be19a4f77, actor: anna@example.com, type: HUMAN}
        - {token: 71c0fa5e2d7b4b9d, actor: platform, type: SERVICE, rights: [types]}""")
    async with running(mongodb_uri, types=Registry([]), tokens=tokens) as api:
        body = {"manifest": manifest("Widget", size="integer")}
        refused = await api.post(APPLY, body, authorization="Bearer 0d5f6c2be19a4f77")
        assert refused["data"]["done"]["code"] == "FORBIDDEN"
        done = await api.post(APPLY, body, authorization="Bearer 71c0fa5e2d7b4b9d")
        assert done["data"]["done"]["changes"][0]["domainType"]["event"]["actor"] == {"id": "platform"}


async def test_a_type_goes_through_its_own_mutations_alone(api: Api) -> None:
    object_ = {"apiVersion": "dsel/v1alpha1", "kind": "DomainType", "meta": {"name": "Widget", "appId": "dsel"}}
    assert (await api.ask(ANYTHING, object=object_))["apply"]["code"] == "FORBIDDEN"
    envelope = {
        "kind": "DomainTypeAppliedEvent",
        "meta": {"name": "Widget", "appId": "dsel"},
        "spec": {"domainType": object_},
    }
    assert (await api.record(envelope))["code"] == "FORBIDDEN"
    assert await api.events() == 0


async def test_a_custom_resource_definition_is_a_domain_type_with_no_more_to_say(api: Api, app_id: str) -> None:
    name = f"Gadget{app_id[-8:]}"
    definition = crd(name, v1=spec(size={"type": "integer", "nullable": True}))
    assert await applied(api, definition) == ["CREATED"]
    assert (await types(api))[name] | {"event": None, "entity": None} == {
        "name": name,
        "origin": "CRD",
        "retired": False,
        "fault": None,
        "versions": [{"name": "acme.example/v1"}],
        "event": None,
        "entity": None,
    }
    object_ = {
        "apiVersion": "acme.example/v1",
        "kind": name,
        "metadata": {"namespace": "shop", "name": "one"},
        "spec": {"size": None, "more": [1]},
    }
    apply_any = "mutation($object: JSON!, $app: String) { apply(object: $object, appId: $app) { __typename } }"
    assert (await api.ask(apply_any, object=object_, app=app_id))["apply"] == {"__typename": "EventRecorded"}
    query = f'query($app: String!) {{ it: {lower_camel(name)}(name: "shop/one", appId: $app) {{ current {{ raw }} }} }}'
    assert (await api.ask(query, app=app_id))["it"] == {"current": {"raw": object_}}


async def test_every_fault_of_a_manifest_is_told(api: Api) -> None:
    broken = crd("Broken", v1=spec(a={"type": "nope"}, b={"pattern": "("}))
    refused = await apply(api, broken)
    place = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties"
    assert refused["__typename"] == "InvalidManifests"
    assert sorted(each["path"] for each in refused["faults"]) == [f"{place}/a/type", f"{place}/b/pattern"]

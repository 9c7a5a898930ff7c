"""Every type can be served: who comes first has the short name, and it stays."""

from collections.abc import Iterable
from typing import Any

import pytest
from graphql import assert_valid_schema

from api import Api
from custom_resources import crd
from domain.declaration import Declaration, from_manifest
from domain.errors import InvalidManifest
from domain.registry import Registry, builtin
from graph import schema
from graph.naming import named
from manifests import applied, manifest

Json = dict[str, Any]


def declared(*wanted: Json, before: Registry | None = None) -> list[Declaration]:
    """Manifests under the names that they have beside each other, as if they were applied one after the other."""
    known = dict(before.declarations) if before else {}
    found = []
    for each in wanted:
        found.append(from_manifest(each).identified(known))
        known[found[-1].name] = found[-1]
    return found


def registry_of(wanted: Iterable[Json], built_in: Registry | None = None) -> Registry:
    return named(Registry(built_in or (), declared(*wanted, before=built_in)))


def called(*wanted: Json) -> list[tuple[str, str, str]]:
    registry = registry_of(wanted)
    made = schema.build(registry)
    made._validation_errors = None
    assert_valid_schema(made)
    assert made.query_type is not None
    names = [each.called for each in registry if each.called]
    assert {each.field for each in names} | {each.list_field for each in names} <= made.query_type.fields.keys()
    assert {each.type for each in names} <= made.type_map.keys()
    return [(each.type, each.field, each.list_field) for each in names]


def test_of_two_groups_with_one_kind_the_first_has_the_short_name() -> None:
    first, second = crd("Certificate", "cert-manager.io"), crd("Certificate", "networking.internal.knative.dev")
    assert called(first, second) == [
        ("Certificate", "certificate", "certificates"),
        (
            "NetworkingInternalKnativeCertificate",
            "networkingInternalKnativeCertificate",
            "networkingInternalKnativeCertificates",
        ),
    ]
    assert [name for name, *_ in called(second, first)] == ["Certificate", "CertManagerCertificate"]


def test_groups_that_differ_in_their_last_label_alone_are_told_apart() -> None:
    groups = ("example.com", "example.org", "example.net")
    names = [name for name, *_ in called(*(crd("Widget", group) for group in groups))]
    assert names == ["Widget", "ExampleWidget", "ExampleNetWidget"]


@pytest.mark.parametrize(
    "kind",
    "Query Mutation Subscription Snapshot Event Entity Node State Change Actor Action Version PageInfo String JSON Int"
    " Float ID Boolean Long Instant ObjectMeta EventLog GenericEntity Phase ValidationFailure".split(),
)
def test_a_kind_that_the_schema_itself_has_is_served_under_another_name(kind: str) -> None:
    assert [name for name, *_ in called(crd(kind, "acme.example"))] == [f"Acme{kind}"]


@pytest.mark.parametrize("kind", ["Query", "Event", "State", "String"])
def test_without_a_group_it_is_called_a_type(kind: str) -> None:
    assert called(manifest(kind), manifest(f"{kind}Type")) == [
        (f"{kind}Type", f"{kind.lower()}Type", f"{kind.lower()}Types"),
        (f"{kind}TypeType", f"{kind.lower()}TypeType", f"{kind.lower()}TypeTypes"),
    ]


def test_without_a_group_it_cannot_be_told_from_a_kind_of_another_one() -> None:
    with pytest.raises(InvalidManifest, match="'Gate' is a kind of the group"):
        declared(crd("Gate"), manifest("Gate"))
    assert [each.name for each in declared(manifest("Gate"), crd("Gate"))] == ["Gate", "Gate.acme.example"]


@pytest.mark.parametrize(
    ("kinds", "names"),
    [
        (("Foo", "FooState"), ("Foo", "AcmeFooState")),
        (("FooState", "Foo"), ("FooState", "AcmeFoo")),
        (("Foo", "FooEvent"), ("Foo", "AcmeFooEvent")),
        (("Foo", "FooSpec"), ("Foo", "AcmeFooSpec")),
        (("FooSpec", "Foo"), ("FooSpec", "AcmeFoo")),
        (("Foo", "FooSpecPart"), ("Foo", "AcmeFooSpecPart")),
        (("Foo", "FooSpecial"), ("Foo", "FooSpecial")),
        (("Foo", "Foos"), ("Foo", "AcmeFoos")),
        (("Entitie",), ("Entitie",)),
        (("postgresql", "Postgresql"), ("Postgresql", "AcmePostgresql")),
        (("Acme-Foo", "AcmeFoo"), ("AcmeFoo", "AcmeAcmeFoo")),
    ],
)
def test_names_that_follow_from_a_name_are_nobody_elses(kinds: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert tuple(name for name, *_ in called(*(crd(kind) for kind in kinds))) == names


def with_plural(kind: str, plural: str) -> Json:
    definition = crd(kind)
    definition["spec"]["names"]["plural"] = plural
    return definition


@pytest.mark.parametrize(
    ("kind", "plural", "listed"),
    [
        ("Foo", "foo", "fooList"),
        ("Foo", "events", "foos"),
        ("Foo", "entities", "foos"),
        ("Foo", "foo-s", "foos"),
        ("Endpoints", "endpoints", "endpointsList"),
        ("DNSChaos", "dnschaos", "dnsChaosList"),
        ("CephNFS", "cephnfses", "cephNFSes"),
        ("NetworkAttachmentDefinition", "network-attachment-definitions", "networkAttachmentDefinitions"),
        ("Entitie", "entities", "entitieList"),
        ("GitRepository", "gitrepositories", "gitRepositories"),
    ],
)
def test_a_plural_that_is_taken_or_no_name_is_replaced(kind: str, plural: str, listed: str) -> None:
    assert called(with_plural(kind, plural))[0][2] == listed


def test_a_name_stays_whoever_comes_or_goes() -> None:
    first, second = crd("Gate", "a.example"), crd("Gate", "b.example")
    registry = registry_of([first, second])
    later = registry.with_applied(declared(crd("BGate", "c.example"), crd("Query")))
    assert named(later)["Gate.b.example"].called == registry["Gate.b.example"].called
    [kept] = [each for each in registry.declarations.values() if each.name == "Gate.b.example"]
    assert named(Registry((), [kept]))["Gate.b.example"].called == registry["Gate.b.example"].called


def test_a_built_in_type_is_there_first() -> None:
    registry = registry_of([crd("Artifact", "acme.example")], builtin())
    assert registry["Artifact"].graphql_name == "Artifact"
    assert registry["Artifact.acme.example"].graphql_name == "AcmeArtifact"


def test_a_registry_whose_types_are_named_is_given_back() -> None:
    registry = registry_of([crd("Gate")], builtin())
    assert named(registry) is registry


def test_objects_and_events_go_to_the_type_of_their_group() -> None:
    registry = registry_of([crd("Gate", "a.example"), crd("Gate", "b.example")])
    assert [registry.of_object({"kind": "Gate", "apiVersion": f"{group}.example/v1"}) for group in "abc"] == [
        registry["Gate"],
        registry["Gate.b.example"],
        None,
    ]


def gate(group: str, size: int) -> Json:
    return {"apiVersion": f"{group}/v1", "kind": "Gate", "metadata": {"name": "g"}, "spec": {"size": size}}


async def test_two_kinds_of_one_name_live_side_by_side(api: Api, app_id: str) -> None:
    """Through every door: generic and typed writes, events, reads by either name, and the name in the log."""
    groups = [f"a{app_id[4:8]}.example", f"b{app_id[4:8]}.example"]
    assert await applied(api, *(crd("Gate", group) for group in groups)) == ["CREATED", "CREATED"]
    prefix = f"B{app_id[4:8]}"
    typed = f"""mutation($app: String!) {{
      first: applyGate(object: {{meta: {{name: "g", appId: $app}}, spec: {{size: 1}}}}) {{ __typename }}
      second: apply{prefix}Gate(object: {{meta: {{name: "g", appId: $app}}, spec: {{size: 2}}}}) {{ __typename
        ... on {prefix}GateWritten {{ event {{ kind type }} entity {{ type current {{ spec {{ size }} raw }} }} }} }}
    }}"""
    written = await api.ask(typed, app=app_id)
    assert written["first"] == {"__typename": "GateWritten"}
    assert written["second"] == {
        "__typename": f"{prefix}GateWritten",
        "event": {"kind": "GateAppliedEvent", "type": f"Gate.{groups[1]}"},
        "entity": {
            "type": f"Gate.{groups[1]}",
            "current": {"spec": {"size": 2}, "raw": gate(groups[1], 2)},
        },
    }
    await api.bring(
        {
            "kind": "GateAppliedEvent",
            "meta": {"appId": app_id, "timestamp": "2025-01-15T10:30:59.000Z"},
            "spec": {"gate": gate(groups[1], 3)},
        }
    )
    query = f"""query($app: String!, $type: String!) {{
      gate(name: "g", appId: $app) {{ current {{ spec {{ size }} }} }}
      {prefix[0].lower()}{prefix[1:]}Gate(name: "g", appId: $app) {{ events {{ nodes {{ version }} }} }}
      entity(type: $type, appId: $app, name: "g") {{
        __typename current {{ __typename }} events {{ nodes {{ __typename }} }} }}
      domainType(name: $type) {{ name field listField }} }}"""
    found = await api.ask(query, app=app_id, type=f"Gate.{groups[1]}")
    assert found["gate"] == {"current": {"spec": {"size": 1}}}
    own = f"{prefix[0].lower()}{prefix[1:]}Gate"
    assert len(found[own]["events"]["nodes"]) == 2
    assert found["entity"]["__typename"] == f"{prefix}Gate"
    assert found["entity"]["current"] == {"__typename": f"{prefix}GateState"}
    assert {each["__typename"] for each in found["entity"]["events"]["nodes"]} == {f"{prefix}GateEvent"}
    assert found["domainType"] == {"name": f"Gate.{groups[1]}", "field": own, "listField": f"{own}s"}
    delete = f'mutation($app: String!) {{ delete{prefix}Gate(name: "g", appId: $app) {{ __typename }} }}'
    assert await api.ask(delete, app=app_id) == {f"delete{prefix}Gate": {"__typename": f"{prefix}GateWritten"}}
    assert (await api.ask(query, app=app_id, type=f"Gate.{groups[1]}"))["gate"] is not None


async def test_a_type_called_like_the_schema_itself_is_applied_and_used(api: Api, app_id: str) -> None:
    assert await applied(api, manifest("Query", text="string")) == ["CREATED"]
    write = """mutation($app: String!) { applyQueryType(object: {meta: {name: "q", appId: $app}, spec: {text: "x"}}) {
        ... on QueryTypeWritten { event { kind } entity { current { kind spec { text } } } } } }"""
    assert (await api.ask(write, app=app_id))["applyQueryType"] == {
        "event": {"kind": "QueryAppliedEvent"},
        "entity": {"current": {"kind": "Query", "spec": {"text": "x"}}},
    }
    assert (await api.ask('{ domainType(name: "Query") { field listField } }'))["domainType"] == {
        "field": "queryType",
        "listField": "queryTypes",
    }

"""Which field shows which property can be asked."""

from typing import Any

from api import Api
from custom_resources import crd, spec
from manifests import applied, knot, manifest

FIELDS = """query($name: String!, $below: String! = "") { domainType(name: $name) {
    graphqlName fields(below: $below) { path graphqlName graphqlPath type description deprecated } } }"""


async def fields(api: Api, name: str, below: str = "") -> dict[str, tuple[Any, ...]]:
    found = (await api.ask(FIELDS, name=name, below=below))["domainType"]["fields"]
    return {each["path"]: (each["graphqlName"], each["graphqlPath"], each["type"]) for each in found}


async def test_every_property_of_a_type_is_there_with_its_path_and_type(api: Api) -> None:
    found = await fields(api, "Artifact", "/spec/bundles")
    assert found["/spec/bundles"] == ("bundles", "spec.bundles", "[ArtifactSpecBundles]")
    assert found["/spec/bundles/*/name"] == ("name", "spec.bundles.name", "String")
    assert all(path.startswith("/spec/bundles") for path in found)
    everything = await fields(api, "Artifact")
    assert everything.items() > found.items()
    assert everything["/kind"] == ("kind", "kind", "String")


async def test_keys_that_are_no_names_are_told_under_their_own_name(api: Api, app_id: str) -> None:
    kind = f"Odd{app_id[-6:]}"
    text = {"type": "string"}
    pair = {"type": "object", "properties": {"k": text}}
    properties = {"x-y": text, "a/b": pair, "rows": {"type": "array", "items": {"type": "array", "items": pair}}}
    assert await applied(api, crd(kind, v1={**spec(**properties), "required": []})) == ["CREATED"]
    found = await fields(api, kind, "/spec")
    assert {path: named[0] for path, named in found.items()} == {
        "/spec": "spec",
        "/spec/x-y": "x_dash_y",
        "/spec/a~1b": "a_slash_b",
        "/spec/a~1b/k": "k",
        "/spec/rows": "rows",
        "/spec/rows/*/*/k": "k",
    }
    assert found["/spec/rows/*/*/k"][1] == "spec.rows.k"


async def test_a_type_that_holds_itself_is_told_once(api: Api, app_id: str) -> None:
    kind = f"Tree{app_id[-6:]}"
    node = {"type": "object", "properties": {"inside": {"type": "array", "items": {"$ref": "#/$defs/Node"}}}}
    made = manifest(kind)
    schema = {"properties": {"spec": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": node}}
    made["spec"]["versions"] = [{"name": "v1", "schema": schema}]
    assert await applied(api, made) == ["CREATED"]
    assert await fields(api, kind, "/spec") == {
        "/spec": ("spec", "spec", f"{kind}Node"),
        "/spec/inside": ("inside", "spec.inside", f"[{kind}Node]"),
    }


async def test_types_that_hold_each_other_are_not_told_on_every_way(api: Api, app_id: str) -> None:
    kind = f"Knot{app_id[-6:]}"
    made = manifest(kind)
    made["spec"]["versions"][0]["schema"] = knot(12)
    assert await applied(api, made) == ["CREATED"]
    found = await fields(api, kind)
    assert 12 * 12 < len(found) < 5_000
    deep = await fields(api, kind, "/spec/to1/to2/to1/to3/to1")
    assert deep["/spec/to1/to2/to1/to3/to1/to7"][:2] == ("to7", "spec.to1.to2.to1.to3.to1.to7")


async def test_what_a_reference_leads_to_is_another_type(api: Api) -> None:
    found = await fields(api, "Deployment", "/spec/artifact")
    assert list(found.items()) == [("/spec/artifact", ("artifact", "spec.artifact", "Artifact"))]


async def test_a_type_that_was_just_applied_has_no_fields_in_the_schema_of_the_request(api: Api, app_id: str) -> None:
    mutation = """mutation($manifest: JSON!) { applyDomainType(manifest: $manifest) {
        ... on DomainTypesChanged { changes { domainType { graphqlName fields { path } } } } } }"""
    kind = f"New{app_id[-6:]}"
    changed = (await api.ask(mutation, manifest=crd(kind)))["applyDomainType"]["changes"]
    assert changed == [{"domainType": {"graphqlName": kind, "fields": None}}]

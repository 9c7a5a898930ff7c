"""Manifests of domain types that tests apply, and what they ask about them."""

from typing import Any

from api import Api

Json = dict[str, Any]

TYPE = """name origin retired fault versions { name } event { kind version actor { id } } entity { id }"""
RESULT = f"""__typename
    ... on DomainTypesChanged {{ breaking {{ kind description }}
      changes {{ effect event {{ kind version }} domainType {{ {TYPE} }} }} }}
    ... on InvalidManifests {{ faults {{ manifest path message hint }} }}
    ... on BreakingChanges {{ breaking: changes {{ kind description }} }}
    ... on WriteError {{ code message hint path }} ... on VersionConflict {{ expected actual }}"""
APPLY = f"""mutation($manifest: JSON!, $version: Int, $comment: String, $dryRun: Boolean! = false,
    $force: Boolean! = false) {{
  done: applyDomainType(manifest: $manifest, expectedVersion: $version, comment: $comment, dryRun: $dryRun,
    force: $force) {{ {RESULT} }} }}"""
APPLY_ALL = f"""mutation($manifests: [JSON!]!, $dryRun: Boolean! = false) {{
  done: applyDomainTypes(manifests: $manifests, dryRun: $dryRun) {{ {RESULT} }} }}"""
RETIRE = f"""mutation($name: String!, $force: Boolean! = false) {{
  done: retireDomainType(name: $name, force: $force) {{ {RESULT} }} }}"""
TYPES = f"""query($all: Boolean! = false) {{ domainTypes(includeUnserved: $all) {{ {TYPE} }} }}"""


def manifest(name: str, *, plural: str = "", group: str = "", versions: Json | None = None, **properties: Any) -> Json:
    """A type with the usual actions. Its objects have a spec with these properties, in version v1 or as told."""
    schemas = versions or {"v1": properties}
    spec: Json = {
        "actions": [
            {"name": "apply", "intent": f"{name}ApplyEvent", "outcome": f"{name}AppliedEvent"},
            {"name": "delete", "intent": f"{name}DeleteEvent", "outcome": f"{name}DeletedEvent", "deletes": True},
        ],
        "versions": [{"name": each, "schema": schema(**found)} for each, found in schemas.items()],
    }
    given = {"plural": plural, "group": group}
    spec |= {key: value for key, value in given.items() if value}
    return {"apiVersion": "dsel/v1alpha1", "kind": "DomainType", "meta": {"name": name}, "spec": spec}


def schema(**properties: Any) -> Json:
    """An object whose spec has these properties; a property may be named by its JSON type alone."""
    full = {key: {"type": each} if isinstance(each, str) else each for key, each in properties.items()}
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": full}}}


def knot(number: int, **marks: Any) -> Json:
    """A schema whose definitions all refer to each other, each with a property of those marks."""
    links = {f"to{each}": {"$ref": f"#/$defs/N{each}"} for each in range(number)}
    node = {"type": "object", "properties": {"own": {"type": "string", **marks}, **links}}
    return {"properties": {"spec": {"$ref": "#/$defs/N0"}}, "$defs": {f"N{each}": node for each in range(number)}}


async def apply(api: Api, *manifests: Json, **options: Any) -> Any:
    """What became of it, whatever that is."""
    if len(manifests) == 1:
        return (await api.ask(APPLY, manifest=manifests[0], **options))["done"]
    return (await api.ask(APPLY_ALL, manifests=manifests, **options))["done"]


async def applied(api: Api, *manifests: Json, **options: Any) -> list[str]:
    """The effects of what must go well."""
    done = await apply(api, *manifests, **options)
    assert done["__typename"] == "DomainTypesChanged", done
    return [each["effect"] for each in done["changes"]]


async def retire(api: Api, name: str, **options: Any) -> Any:
    return (await api.ask(RETIRE, name=name, **options))["done"]


async def types(api: Api, *, everything: bool = False) -> dict[str, Json]:
    return {each["name"]: each for each in (await api.ask(TYPES, all=everything))["domainTypes"]}

"""The server's domain types: one mutation for a change, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cli import provenance
from cli.client import Client
from cli.failure import Failure

_TYPE = """name group origin retired fault field listField shortNames description versions { name }
    event { kind timestamp actor { id } }"""
_CHANGED = """__typename
    ... on DomainTypesChanged { changes { effect domainType { name } } breaking { kind description } }
    ... on InvalidManifests { faults { manifest path message hint } }
    ... on BreakingChanges { breaking: changes { kind description } }
    ... on WriteError { code message hint path }
    ... on WriteRefused { retryable }"""
_PASSED = "comment: $comment, client: $client, dryRun: $dryRun, force: $force"
_OPTIONS = "$comment: String, $client: JSON, $dryRun: Boolean! = false, $force: Boolean! = false"
_APPLY = f"""mutation($manifests: [JSON!]!, {_OPTIONS}) {{
  result: applyDomainTypes(manifests: $manifests, {_PASSED}) {{ {_CHANGED} }} }}"""
_APPLY_ONE = f"""mutation($manifest: JSON!, $expected: Int, {_OPTIONS}) {{
  result: applyDomainType(manifest: $manifest, expectedVersion: $expected, {_PASSED}) {{ {_CHANGED} }} }}"""
_RETIRE = f"""mutation($name: String!, {_OPTIONS}) {{
  result: retireDomainType(name: $name, {_PASSED}) {{ {_CHANGED} }} }}"""
_LIST = f"""query($all: Boolean! = false, $whole: Boolean! = false) {{
  domainTypes(includeUnserved: $all) {{ {_TYPE} manifest @include(if: $whole) }} }}"""
_GET = f"query($name: String!) {{ domainType(name: $name) {{ {_TYPE} manifest }} }}"


@dataclass(frozen=True, slots=True)
class Options:
    comment: str | None = None
    dry_run: bool = False
    force: bool = False

    def variables(self) -> dict[str, Any]:
        return {
            "comment": self.comment,
            "dryRun": self.dry_run,
            "force": self.force,
            "client": provenance.client() if self.comment else None,
        }


class TypesRefused(Failure):
    """The server changed nothing. `faults` are those of manifests, `breaking` what clients would lose."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__(result["message"], hint=result["hint"])
        self.faults: list[dict[str, Any]] = result.get("faults") or []
        self.breaking: list[dict[str, Any]] = result.get("breaking") or []


def apply(client: Client, manifests: Sequence[Any], expected: int | None, options: Options) -> dict[str, Any]:
    """Raises TypesRefused."""
    if len(manifests) == 1:
        return _changed(client.ask(_APPLY_ONE, manifest=manifests[0], expected=expected, **options.variables()))
    return _changed(client.ask(_APPLY, manifests=manifests, **options.variables()))


def retire(client: Client, name: str, options: Options) -> dict[str, Any]:
    """Raises TypesRefused."""
    return _changed(client.ask(_RETIRE, name=name, **options.variables()))


def listed(client: Client, *, everything: bool, whole: bool = False) -> list[dict[str, Any]]:
    """The types, with `whole` their manifests too; with `everything` those that are not served."""
    found: list[dict[str, Any]] = client.ask(_LIST, all=everything, whole=whole)["domainTypes"]
    return found


def get(client: Client, name: str) -> dict[str, Any]:
    """Raises Failure for a name that no type has; case does not matter where it is the only one."""
    found: dict[str, Any] | None = client.ask(_GET, name=name)["domainType"]
    if found is not None:
        return found
    alike = [each["name"] for each in listed(client, everything=True) if name.lower() in _spellings(each)]
    if len(alike) != 1:
        raise Failure(f"no domain type is called '{name}'", hint="`dsel types list --all` shows them.")
    return get(client, alike[0])


def _spellings(type_: dict[str, Any]) -> set[str]:
    return {each.lower() for each in (type_["name"], type_["field"], type_["listField"], *type_["shortNames"])}


def _changed(answer: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = answer["result"]
    if result["__typename"] != "DomainTypesChanged":
        raise TypesRefused(result)
    return result

"""CustomResourceDefinitions that tests are about: our own, and real ones where they lie beside the project."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.manifests import Manifest, read

Json = dict[str, Any]

REAL = sorted((Path(__file__).parents[2] / "shared" / "crds").glob("*/*.yaml"))


def crd(kind: str = "Gadget", group: str = "acme.example", /, scope: str = "Namespaced", **schemas: Any) -> Json:
    """A definition with the versions that are named, each with its schema of a whole object: v1=…, v1beta1=…"""
    plural = f"{kind.lower()}s"
    versions = schemas or {"v1": spec(size={"type": "integer"})}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "scope": scope,
            "versions": [
                {"name": name, "served": True, "storage": False, "schema": {"openAPIV3Schema": schema}}
                for name, schema in versions.items()
            ],
        },
    }


def spec(**properties: Any) -> Json:
    """The schema of an object with these properties in its spec."""
    texts = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    return {"type": "object", "properties": texts | {"spec": {"type": "object", "properties": properties}}}


def real(files: list[Path]) -> Iterator[Json]:
    for each in read(files):
        assert isinstance(each, Manifest), each
        yield each.object

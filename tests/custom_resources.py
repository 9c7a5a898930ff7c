"""CustomResourceDefinitions that tests are about."""

from typing import Any

Json = dict[str, Any]


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

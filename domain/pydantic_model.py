"""Pydantic models as manifests of domain types."""

from typing import Any

from pydantic import BaseModel

from domain.domain_type import standard_actions

_WHOLE = frozenset({"spec", "meta", "metadata"})


def manifest_of(model: type[BaseModel], *, group: str = "", version: str = "v1alpha1") -> dict[str, Any]:
    """The manifest of a type whose objects the model describes: whole, if it has a `spec` or `meta`, else their spec.

    References stay references, so that models may be recursive.
    """
    schema = model.model_json_schema(by_alias=True, mode="validation")
    name, description = model.__name__, schema.get("description", "")
    return {
        "apiVersion": "dsel/v1alpha1",
        "kind": "DomainType",
        "meta": {"name": name},
        "spec": {
            **({"group": group} if group else {}),
            **({"description": description} if description else {}),
            "actions": [each.model_dump(exclude_defaults=True) for each in standard_actions(name)],
            "versions": [
                {"name": f"{group}/{version}" if group else version, "schema": _object_schema(model.__name__, schema)}
            ],
        },
    }


def _object_schema(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    definitions = dict(schema.get("$defs", {}))
    own = {key: value for key, value in schema.items() if key != "$defs"}
    whole = definitions[name] if own.get("$ref") == f"#/$defs/{name}" else own
    if not _WHOLE & whole.get("properties", {}).keys():
        whole = {"type": "object", "required": ["spec"], "properties": {"spec": own}}
    return {**whole, **({"$defs": definitions} if definitions else {})}

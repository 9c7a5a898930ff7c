"""Kubernetes' structural schemas (OpenAPI 3.0, as CustomResourceDefinitions have them) as JSON Schema 2020-12.

What stays as it is: everything that both mean alike, and Kubernetes' own keywords, which JSON Schema ignores.
Kubernetes drops keys that a schema does not know; here they are kept, so nothing is said of them.
"""

from collections.abc import Mapping
from typing import Any

from domain import go_patterns

Schema = dict[str, Any]

_BRANCHES = ("allOf", "anyOf", "oneOf")
_CONDITIONS = (*_BRANCHES, "not")
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]


def as_json_schema(schema: Any) -> Any:
    """The same schema in JSON Schema's words. What is no schema is given back as it is, for a validator to refuse."""
    if not isinstance(schema, Mapping):
        return schema
    made = {key: _translated(key, value) for key, value in schema.items()}
    _exclusive(made, "minimum", "exclusiveMinimum")
    _exclusive(made, "maximum", "exclusiveMaximum")
    if made.get("x-kubernetes-int-or-string") is True:
        _int_or_string(made)
    if made.get("x-kubernetes-embedded-resource") is True:
        _embedded_resource(made)
    if made.get("nullable") is True:
        _nullable(made)
    return made


def _translated(key: str, value: Any) -> Any:
    match key, value:
        case "properties", Mapping():
            return {name: as_json_schema(each) for name, each in value.items()}
        case (("items" | "additionalProperties" | "not"), _):
            return as_json_schema(value)
        case (("allOf" | "anyOf" | "oneOf"), list()):
            return [as_json_schema(each) for each in value]
        case "pattern", str():
            return go_patterns.translated(value)
        case _:
            return value


def _exclusive(schema: Schema, bound: str, exclusive: str) -> None:
    """OpenAPI 3.0 says by a truth that the bound itself is excluded."""
    match schema.get(exclusive):
        case True:
            del schema[exclusive]
            if bound in schema:
                schema[exclusive] = schema.pop(bound)
        case False:
            del schema[exclusive]


def _int_or_string(schema: Schema) -> None:
    """Kubernetes lets a schema repeat `anyOf: [integer, string]` beside the keyword, which alone says it."""
    if schema.get("anyOf") == _INT_OR_STRING:
        del schema["anyOf"]
    schema.setdefault("type", ["integer", "string"])


def _embedded_resource(schema: Schema) -> None:
    """An object of Kubernetes has these three properties whether its schema names them or not."""
    schema.setdefault("type", "object")
    told = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    schema["properties"] = told | schema.get("properties", {})


def _nullable(schema: Schema) -> None:
    """A null that is allowed is not looked at any further."""
    declared = schema.get("type")
    if isinstance(declared, str | list):
        types = [declared] if isinstance(declared, str) else declared
        schema["type"] = [*types, *(["null"] if "null" not in types else [])]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    conditions = {key: schema.pop(key) for key in _CONDITIONS if key in schema}
    if conditions:
        schema["anyOf"] = [{"type": "null"}, conditions]

"""Pydantic models as manifests of domain types."""

import re
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError

from domain.domain_type import standard_actions
from domain.errors import InvalidManifest

_WHOLE = frozenset({"spec", "meta", "metadata"})
_EVERY = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "meta": {"type": "object"}}
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")


def manifest_of(
    model: type[BaseModel], *, group: str = "", version: str = "v1alpha1", name: str | None = None
) -> dict[str, Any]:
    """The manifest of a type whose objects the model describes: whole, if it has a `spec` or `meta`, else their spec.

    References stay references, so that models may be recursive. Without a name the type is called as the model:
    PageOrder for `Page[Order]`. Raises InvalidManifest for a model that has no JSON Schema, or no such name.
    """
    name, schema = name or _name(model), _schema(model)
    description = schema.get("description", "")
    return {
        "apiVersion": "dsel/v1alpha1",
        "kind": "DomainType",
        "meta": {"name": name},
        "spec": {
            **({"group": group} if group else {}),
            **({"description": description} if description else {}),
            "actions": [each.model_dump(exclude_defaults=True) for each in standard_actions(name)],
            "versions": [{"name": f"{group}/{version}" if group else version, "schema": _object_schema(schema)}],
        },
    }


def _name(model: type[BaseModel]) -> str:
    words = re.findall(r"[^\W_]+", model.__name__)
    name = "".join(word[:1].upper() + word[1:] for word in words)
    if not _NAME.fullmatch(name):
        problem = (
            f"'{model.__name__}' is no name of a type: that begins with a capital and has letters and digits of ASCII"
        )
        raise InvalidManifest("/meta/name", problem, hint="Give it another one, with --name on the command line.")
    return name


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    try:
        return model.model_json_schema(by_alias=True, mode="validation")
    except (PydanticInvalidForJsonSchema, PydanticUserError) as error:
        problem = f"{model.__name__} has no JSON Schema: {str(error).partition(chr(10))[0]}"
        raise InvalidManifest("", problem, hint="Leave out what is no data, or complete the model.") from None


def _object_schema(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = dict(schema.get("$defs", {}))
    own = {key: value for key, value in schema.items() if key != "$defs"}
    whole = definitions.get(str(own.get("$ref")).removeprefix("#/$defs/"), own)
    if not _WHOLE & whole.get("properties", {}).keys():
        whole = {"type": "object", "required": ["spec"], "properties": {"spec": own}}
    elif whole.get("additionalProperties") is False:  # of a model that forbids what it does not name
        every = {key: each for key, each in _EVERY.items() if key != "meta" or "metadata" not in whole["properties"]}
        whole = {**whole, "properties": every | whole["properties"]}
    return {**whole, **({"$defs": definitions} if definitions else {})}

from typing import Any

from domain.index_paths import indexed
from domain.reference import Reference, in_schema_of

TEXT: dict[str, Any] = {"type": "string"}


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


NAMED = an_object(name=TEXT)
SCHEMA = an_object(
    spec=an_object(
        version={**TEXT, "x-dsel-index": True},
        region={**TEXT, "x-dsel-index": False},
        artifact={**NAMED, "x-dsel-ref": "Artifact"},
        owner={**TEXT, "x-dsel-ref": "Team"},
        configs={"type": "array", "items": {**NAMED, "x-dsel-ref": "Config"}},
        byName={"type": "object", "additionalProperties": {**NAMED, "x-dsel-ref": "Config"}},
        deep={"$ref": "#/$defs/Deep"},
        open={"x-kubernetes-preserve-unknown-fields": True},
    )
)
SCHEMA["$defs"] = {"Deep": an_object(name={**TEXT, "x-dsel-index": True}, again={"$ref": "#/$defs/Deep"})}


def test_what_is_marked_and_the_names_of_references_are_indexed() -> None:
    beside = Reference.model_validate({"path": "/spec/open", "type": "Any", "name": "/id"})
    found = indexed(SCHEMA, ["/spec/region", "/spec/x.y", "/spec/byName/*/name"], [*in_schema_of(SCHEMA), beside])
    assert found == (
        ("spec", "version"),
        ("spec", "deep", "name"),
        ("spec", "region"),
        ("spec", "artifact", "name"),
        ("spec", "owner"),
        ("spec", "configs", "name"),
        ("spec", "open"),
        ("spec", "open", "id"),
    )


def test_a_reference_is_declared_at_its_place_in_the_schema() -> None:
    assert [(each.path, each.type) for each in in_schema_of(SCHEMA)] == [
        ("/spec/artifact", "Artifact"),
        ("/spec/owner", "Team"),
        ("/spec/configs/*", "Config"),
        ("/spec/byName/*", "Config"),
    ]

import json

import pytest

from custom_resources import crd, spec
from domain.errors import InvalidManifest
from domain.manifest import read
from manifests import manifest

SCHEMA = spec(issuerRef={"type": "object", "properties": {"name": {"type": "string"}, "kind": {"type": "string"}}})


def annotated(**texts: str) -> dict[str, object]:
    made = crd("Certificate", "cert-manager.io", v1=SCHEMA)
    made["metadata"]["annotations"] = {f"dsel/{key}": text for key, text in texts.items()}
    return made


def test_a_definition_as_it_is_shipped_gets_references_and_indexes_in_annotations() -> None:
    references = "- {path: /spec/issuerRef, type: Issuer, kind: /kind}"
    for written in (references, json.dumps([{"path": "/spec/issuerRef", "type": "Issuer", "kind": "/kind"}])):
        found = read(annotated(references=written, indexes="[/spec/dnsNames]"))
        assert [(each.path, each.type, each.kind) for each in found.refers] == [("/spec/issuerRef", "Issuer", "/kind")]
        assert found.indexed == (("spec", "dnsNames"), ("spec", "issuerRef", "name"))
        assert read(found.manifest).refers == found.refers


@pytest.mark.parametrize(
    ("texts", "path"),
    [
        ({"references": "- {path: spec, type: Issuer}"}, "/metadata/annotations/dsel~1references/0/path"),
        ({"references": "- {path: /spec}"}, "/metadata/annotations/dsel~1references/0/type"),
        ({"references": "["}, "/metadata/annotations/dsel~1references"),
        ({"indexes": "{}"}, "/metadata/annotations/dsel~1indexes"),
        ({"indexes": str([f"/spec/{n}" for n in range(17)])}, "/metadata/annotations/dsel~1indexes"),
        ({"indexes": "[/spec/a.b]"}, "/spec/indexes/0"),
    ],
)
def test_what_an_annotation_says_wrong_is_told_at_its_place(texts: dict[str, str], path: str) -> None:
    with pytest.raises(InvalidManifest) as refusal:
        read(annotated(**texts))
    assert refusal.value.details["path"] == path


def test_a_manifest_of_ours_says_the_same_beside_its_schema() -> None:
    made = manifest("Machine", region="string", rack="string")
    made["spec"] |= {"references": [{"path": "/spec/rack", "type": "Rack"}], "indexes": ["/spec/region"]}
    found = read(made)
    assert found.indexed == (("spec", "region"), ("spec", "rack"))
    assert found.manifest == made

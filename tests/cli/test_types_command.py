"""`dsel types` through a real server of its own: types are everybody's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from manifests import manifest
from serving import serving
from terminal import Shell

Json = dict[str, Any]


class Order(BaseModel):
    """Something that somebody wants."""

    number: int
    lines: list[str] = []


@pytest.fixture(scope="module")
def dsel(mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with serving(mongodb_uri) as address:
        state = tmp_path_factory.mktemp("state")
        yield Shell({"DSEL_SERVER": address, "DSEL_ACTOR": "ann@example.com", "XDG_STATE_HOME": str(state)})


def file(folder: Path, *manifests: Json, name: str = "types.yaml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump_all(manifests), encoding="utf-8")
    return path


def test_types_are_applied_together_and_the_same_again_changes_nothing(dsel: Shell, tmp_path: Path) -> None:
    path = file(tmp_path, manifest("Apple", size="integer"), manifest("Pear", size="integer"))
    dry = dsel.ok("types", "apply", "-f", path, "--dry-run")
    assert dry.out.splitlines() == ["domaintype/Apple created (dry run)", "domaintype/Pear created (dry run)"]
    made = dsel.ok("types", "apply", "-f", path, "-m", "For the orchard")
    assert made.out.splitlines() == ["domaintype/Apple created", "domaintype/Pear created"]
    again = dsel.ok("types", "apply", "-f", path)
    assert again.out.splitlines() == ["domaintype/Apple unchanged", "domaintype/Pear unchanged"]
    assert dsel.ok("get", "apples", "-A", "-o", "json").json["items"] == []


def test_a_custom_resource_definition_is_applied_as_it_is_and_other_objects_are_passed_over(
    dsel: Shell, tmp_path: Path
) -> None:
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "plums.fruit.example.com"},
        "spec": {
            "group": "fruit.example.com",
            "scope": "Namespaced",
            "names": {"kind": "Plum", "plural": "plums", "shortNames": ["pl"]},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {"spec": {"type": "object", "properties": {"stones": {"type": "integer"}}}},
                        }
                    },
                }
            ],
        },
    }
    file(tmp_path, crd, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
    (tmp_path / "values.yaml").write_text("replicas: 1")
    ended = dsel("types", "apply", "-f", tmp_path)
    assert (ended.code, ended.out) == (0, "domaintype/Plum created\n")
    assert ended.err.strip() == "2 other documents were passed over."
    assert dsel.ok("types", "get", "plum").yaml == dsel.ok("types", "get", "pl").yaml == crd
    assert dsel.ok("get", "pl", "-A", "-o", "json").json["items"] == []
    [row] = [each for each in dsel.ok("types", "list").rows if each[0] == "Plum"]
    assert row[1:4] == ["fruit.example.com", "v1", "crd"]


def test_what_cannot_be_served_is_named_with_file_document_and_path_and_nothing_is_changed(
    dsel: Shell, tmp_path: Path
) -> None:
    wrong = manifest("Fig", size={"type": "nonsense"})
    path = file(tmp_path, manifest("Grape", size="integer"), wrong)
    ended = dsel("types", "apply", "-f", path)
    assert ended.code == 1
    assert f"{path}: document 2: /spec/versions/0/schema/properties/spec/properties/size/type: " in ended.err
    assert ended.err.endswith("None of the 2 types was changed.\n")
    assert dsel("types", "get", "Grape").code == 1
    empty = dsel("types", "apply", "-f", file(tmp_path, {"kind": "Pod", "metadata": {}}, name="pod.yaml"))
    assert (empty.code, "there are no domain types" in empty.err) == (1, True)


def test_what_would_break_clients_needs_force(dsel: Shell, tmp_path: Path) -> None:
    dsel.ok("types", "apply", "-f", file(tmp_path, manifest("Melon", size="integer", colour="string")))
    smaller = file(tmp_path, manifest("Melon", size="integer"))
    refused = dsel("types", "apply", "-f", smaller)
    assert refused.code == 1
    assert "Melon has no /spec/colour any more" in refused.err
    assert "--force" in refused.err
    differs = dsel("types", "diff", "-f", smaller)
    assert differs.code == 1
    assert "-            colour:" in differs.out
    assert "Melon has no /spec/colour any more" in differs.err
    forced = dsel("types", "apply", "-f", smaller, "--force")
    assert (forced.code, forced.out) == (0, "domaintype/Melon changed\n")
    assert dsel("types", "diff", "-f", smaller).code == 0


def test_an_expected_version_is_compared(dsel: Shell, tmp_path: Path) -> None:
    path = file(tmp_path, manifest("Kiwi", size="integer"))
    dsel.ok("types", "apply", "-f", path, "--expected-version", "0")
    larger = file(tmp_path, manifest("Kiwi", size="integer", colour="string"))
    refused = dsel("types", "apply", "-f", larger, "--expected-version", "0")
    assert (refused.code, "at version 1, not at 0" in refused.err) == (1, True)
    two = file(tmp_path, manifest("Kiwi"), manifest("Lime"))
    assert dsel("types", "apply", "-f", two, "--expected-version", "0").code == 2


def test_a_type_is_retired_and_listed_no_more_but_with_all(dsel: Shell, tmp_path: Path) -> None:
    dsel.ok("types", "apply", "-f", file(tmp_path, manifest("Lemon", size="integer")))
    assert dsel.ok("types", "retire", "lemons").out == "domaintype/Lemon retired\n"
    assert "domaintype/Lemon" not in dsel.ok("types", "list", "-o", "name").out.splitlines()
    assert "domaintype/Lemon" in dsel.ok("types", "list", "--all", "-o", "name").out.splitlines()
    [row] = [each for each in dsel.ok("types", "list", "-A").rows if each[0] == "Lemon"]
    assert (row[-2:], "retired" in row) == (["DomainTypeRetiredEvent", "ann@example.com"], True)
    missing = dsel("types", "retire", "Nothing")
    assert (missing.code, "no domain type is called 'Nothing'" in missing.err) == (1, True)


def test_a_pydantic_model_becomes_a_manifest_that_can_be_applied(dsel: Shell) -> None:
    printed = dsel.ok("types", "from-pydantic", f"{__name__}:Order", "--group", "shop.example.com", "-o", "json")
    made = json.loads(printed.out)
    assert (made["meta"]["name"], made["spec"]["versions"][0]["name"]) == ("Order", "shop.example.com/v1alpha1")
    assert dsel.ok("types", "apply", "-f", "-", stdin=printed.out).out == "domaintype/Order created\n"
    named = dsel.ok("types", "from-pydantic", f"{__name__}:Order", "--name", "Wish", "-o", "json")
    assert json.loads(named.out)["meta"] == {"name": "Wish"}
    for wrong in ("nowhere", "nowhere:Order", f"{__name__}:Json", f"{__name__}:Nobody", f"{__name__}:Order[int]"):
        assert dsel("types", "from-pydantic", wrong).code == 2

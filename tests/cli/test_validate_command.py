"""`dsel validate` through a real server."""

from pathlib import Path

import yaml

from terminal import Shell

GOOD = {"kind": "Artifact", "meta": {"name": "vpc"}, "spec": {"version": "1.0.0"}}
BAD = {"kind": "Artifact", "meta": {"name": "bad"}, "spec": {"version": 5, "regions": "us"}}
FREE = {"kind": "Widget", "meta": {"name": "w"}}


def test_every_rule_is_told_with_what_became_of_it_and_nothing_is_stored(dsel: Shell) -> None:
    ended = dsel.ok("validate", "-f", "-", stdin=yaml.safe_dump(GOOD))
    title, schema, *_ = ended.out.splitlines()
    assert title == "SUCCESS  artifact/vpc (standard input: document 1)"
    assert schema == "  PASSED   schema"
    assert dsel("events").err == "No events were found.\n"


def test_a_failure_names_every_fault_with_its_path_and_the_others_are_checked(dsel: Shell, tmp_path: Path) -> None:
    file = tmp_path / "both.yaml"
    file.write_text(yaml.safe_dump_all([BAD, GOOD]))
    ended = dsel("validate", "-f", file)
    assert (ended.code, ended.err) == (1, "")
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert lines[0] == f"FAILED artifact/bad ({file}: document 1)"
    assert 'FAILED schema /spec/version: 5 is not of type "string"' in lines
    assert 'FAILED schema /spec/regions: "us" is not of type "array"' in lines
    assert f"SUCCESS artifact/vpc ({file}: document 2)" in lines


def test_a_type_without_rules_is_told_as_such(dsel: Shell) -> None:
    ended = dsel.ok("validate", "-f", "-", stdin=yaml.safe_dump(FREE))
    assert ended.out.startswith("NO RULES  Widget/w")
    assert "nothing was checked" in ended.out


def test_what_is_no_object_is_refused_on_standard_error(dsel: Shell) -> None:
    ended = dsel("validate", "-f", "-", stdin="kind: Artifact\nspec: {}\n")
    assert ended.code == 1
    assert "standard input: document 1: /meta/name: it is missing" in ended.err


def test_with_record_what_passes_is_stored_as_validated_and_a_failure_is_not(dsel: Shell) -> None:
    ended = dsel("validate", "-f", "-", "--record", "-m", "Before the release", stdin=yaml.safe_dump_all([GOOD, BAD]))
    assert ended.code == 1
    assert ended.out.splitlines()[0] == "SUCCESS  artifact/vpc (standard input: document 1) recorded"
    kinds = [event["kind"] for event in dsel.ok("events", "-o", "json").json["items"]]
    assert sorted(kinds) == ["ArtifactValidateEvent", "ArtifactValidatedEvent"]
    assert dsel.ok("get", "artifacts", "-o", "name").out == "artifact/vpc\n"
    assert "Before the release" in dsel.ok("history", "artifact", "vpc").out

"""`dsel delete` through a real server."""

from pathlib import Path

import pytest
import yaml

from terminal import Shell

VPC = {"kind": "Artifact", "meta": {"name": "vpc"}, "spec": {"version": "1.0.0"}}
WIDGET = {"apiVersion": "v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "ns"}}


@pytest.fixture
def applied(dsel: Shell) -> Shell:
    dsel.ok("apply", "-f", "-", stdin=yaml.safe_dump_all([VPC, WIDGET]))
    return dsel


@pytest.mark.parametrize("spelling", [("artifact", "vpc"), ("artifacts/vpc",)])
def test_an_object_ends_by_its_name_and_its_history_stays(applied: Shell, spelling: tuple[str, ...]) -> None:
    assert applied.ok("delete", *spelling, "-m", "Replaced").out == "artifact/vpc deleted\n"
    assert applied("get", "artifact", "vpc").code == 1
    history = applied.ok("history", "artifact", "vpc")
    assert [row[2] for row in history.rows][:2] == ["ArtifactDeletedEvent", "ArtifactDeleteEvent"]
    assert history.rows[1][-1] == "Replaced"


def test_the_objects_of_files_end_whatever_else_they_hold(applied: Shell, tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump_all([VPC | {"spec": {}}, WIDGET, {"kind": "Widget"}]))
    ended = applied("delete", "-f", file)
    assert (ended.code, ended.out) == (1, "artifact/vpc deleted\nWidget/ns/w deleted\n")
    assert ended.err == f"Error: {file}: document 3: /meta/name: the object has no name.\n"
    assert applied("get", "Widget").out == ""


def test_what_is_not_there_cannot_be_deleted(applied: Shell, app_id: str) -> None:
    ended = applied("delete", "artifact", "no-such")
    assert (ended.code, ended.out) == (1, "")
    assert f"there is no Artifact {app_id}/no-such to delete" in ended.err
    applied.ok("delete", "artifact", "vpc")
    assert applied("delete", "-f", "-", stdin=yaml.safe_dump(VPC)).code == 1


def test_a_dry_run_deletes_nothing(applied: Shell) -> None:
    assert applied.ok("delete", "artifact", "vpc", "--dry-run").out == "artifact/vpc deleted (dry run)\n"
    assert applied.ok("get", "artifact", "vpc", "-o", "name").out == "artifact/vpc\n"


def test_the_same_event_id_deletes_once_and_a_version_that_moved_on_not_at_all(applied: Shell, app_id: str) -> None:
    ended = applied("delete", "artifact", "vpc", "--expected-version", "1")
    assert ended.code == 1
    assert "is at version 2, not at 1" in ended.err
    told = [applied.ok("delete", "artifact", "vpc", "--event-id", f"delete-{app_id}").out for _ in range(2)]
    assert told == ["artifact/vpc deleted\n", "artifact/vpc unchanged\n"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "nothing is named. Write TYPE NAME, or -f FILE."),
        (("artifact",), "which artifact is meant?"),
        (("artifact", "vpc", "-f", "x"), "TYPE NAME and -f exclude each other."),
    ],
)
def test_what_names_nothing_is_wrong_usage(dsel: Shell, arguments: tuple[str, ...], problem: str) -> None:
    ended = dsel("delete", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert problem in ended.err

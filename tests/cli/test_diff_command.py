"""`dsel diff` through a real server: exit code 0 is equal, 1 different, 2 trouble."""

from pathlib import Path

import pytest
import yaml

from domain.instants import write
from examples import T0, later
from terminal import Shell, plain
from told import applied, told


@pytest.fixture
def past(dsel: Shell, app_id: str) -> Shell:
    dsel.bring(
        applied(app_id, at=T0, version="1.0.0"),
        applied(app_id, at=later(10), version="2.0.0"),
        told("ArtifactDeletedEvent", app_id, at=later(20)),
        applied(app_id, at=later(30), version="2.0.0"),
    )
    return dsel


def test_two_moments_are_compared_line_by_line(past: Shell, app_id: str) -> None:
    ended = past("diff", "artifact", "vpc", "--from", write(T0), "--to", write(later(10)))
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.splitlines() == [
        f"--- artifact/vpc at {write(T0)} (version 1)",
        f"+++ artifact/vpc at {write(later(10))} (version 2)",
        "@@ -4,4 +4,4 @@",
        f"   appId: {app_id}",
        "   name: vpc",
        " spec:",
        "-  version: 1.0.0",
        "+  version: 2.0.0",
    ]


def test_versions_do_as_well_and_now_is_where_it_ends(past: Shell) -> None:
    assert past("diff", "artifact/vpc", "--from", "1").code == 1
    assert (
        past("diff", "artifact/vpc", "--from", "1", "--to", "2").out.splitlines()[0] == "--- artifact/vpc (version 1)"
    )
    equal = past("diff", "artifact/vpc", "--from", "2")
    assert (equal.code, equal.out, equal.err) == (0, "", "")


def test_a_time_without_the_object_is_compared_as_nothing(past: Shell) -> None:
    ended = past("diff", "artifact", "vpc", "--from", write(later(-1)), "--to", write(T0))
    assert ended.code == 1
    assert ended.out.splitlines()[0] == f"--- artifact/vpc at {write(later(-1))} (none)"
    assert "+kind: Artifact" in ended.out
    assert "-kind: Artifact" in past("diff", "artifact", "vpc", "--from", "2", "--to", write(later(25))).out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("artifact", "no-such", "--from", "1d"), "there is no artifact/no-such"),
        (("artifact", "vpc", "--from", "99"), "has no version 99"),
        (("artifact", "vpc", "--from", "soon"), "A plain number is a version."),
        (("artifact", "vpc"), "there is nothing to compare. Write TYPE NAME --from TIME, or -f FILE."),
        ((), "there is nothing to compare"),
        (("artifact", "vpc", "--from", "1", "-f", "x"), "have no place beside -f"),
        (("-f", "/no/such/file"), "No such file or directory"),
    ],
)
def test_trouble_has_an_exit_code_of_its_own(past: Shell, arguments: tuple[str, ...], problem: str) -> None:
    ended = past("diff", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert problem in ended.err


def test_a_server_that_is_away_is_trouble_too(past: Shell) -> None:
    assert past("--server", "http://127.0.0.1:1", "diff", "artifact", "vpc", "--from", "1").code == 2


def test_a_file_that_is_as_the_server_has_it_shows_no_drift(past: Shell, tmp_path: Path) -> None:
    current = past.ok("get", "artifact", "vpc", "-o", "yaml").out
    (tmp_path / "same.yaml").write_text(current)
    assert past.ok("diff", "-f", tmp_path / "same.yaml").out == ""
    without = {key: value for key, value in yaml.safe_load(current).items() if key != "apiVersion"}
    (tmp_path / "same.yaml").write_text(yaml.safe_dump(without))
    assert past.ok("diff", "-f", tmp_path).out == ""


def test_drift_is_shown_for_each_document_whatever_the_others_are(past: Shell, tmp_path: Path) -> None:
    file = tmp_path / "files.yaml"
    vpc = {"kind": "Artifact", "meta": {"name": "vpc"}, "spec": {"version": "3.0.0"}}
    new = {"kind": "Artifact", "meta": {"name": "new"}, "spec": {"version": "1.0.0"}}
    file.write_text(yaml.safe_dump_all([vpc, new]))
    ended = past("diff", "-f", file)
    assert (ended.code, ended.err) == (1, "")
    lines = ended.out.splitlines()
    assert lines[:2] == ["--- artifact/vpc now (version 4)", f"+++ {file}: document 1"]
    assert "-  version: 2.0.0" in lines
    assert "+  version: 3.0.0" in lines
    assert "--- artifact/new now (none)" in lines
    file.write_text(yaml.safe_dump_all([vpc, {"kind": "Artifact"}, new]))
    ended = past("diff", "-f", file)
    assert ended.code == 2
    assert "+++ " in ended.out
    assert "document 2: /meta/name: the object has no name" in ended.err


def test_what_apply_would_change_is_gone_once_it_is_applied(past: Shell, tmp_path: Path) -> None:
    file = tmp_path / "vpc.yaml"
    file.write_text("kind: Artifact\nmeta: {name: vpc}\nspec: {version: 9.0.0}\n")
    assert past("diff", "-f", file).code == 1
    past.ok("apply", "-f", file)
    assert past.ok("diff", "-f", file).out == ""


def test_it_is_coloured_in_a_terminal_and_plain_in_a_pipe(past: Shell) -> None:
    arguments = ("diff", "artifact", "vpc", "--from", "1", "--to", "2")
    piped = past.process(*arguments)
    code, screen = past.in_terminal(*arguments)
    assert code == piped.code == 1
    assert "\x1b" not in piped.out
    assert "\x1b[31m-  version: 1.0.0" in screen
    assert "\x1b[32m+  version: 2.0.0" in screen
    assert plain(screen) == piped.out

"""`dsel blame` through a real server."""

import pytest

from domain.instants import write
from examples import T0, later
from terminal import Shell
from told import applied, told


@pytest.fixture
def past(dsel: Shell, app_id: str) -> Shell:
    release = applied(app_id, version="2.0.0", regions=["eu"])["spec"]["artifact"]
    dsel.bring(
        applied(app_id, at=T0, by="ann", version="1.0.0", regions=["eu"]),
        told("ArtifactApplyEvent", app_id, at=later(1), by="eve", correlationId="r"),
        told("ArtifactAppliedEvent", app_id, at=later(1), by="bob", correlationId="r", state=release),
        applied(app_id, at=later(2), by="bob", version="2.0.0", regions=["eu"]),
    )
    return dsel


def test_each_field_has_its_actor_its_time_and_its_event(past: Shell) -> None:
    shown = past.ok("blame", "artifact", "vpc", "-p", "/spec", "-p", "/kind")
    assert shown.out.splitlines()[0].split() == ["SINCE", "ACTOR", "ASKED-BY", "EVENT", "FIELD", "VALUE"]
    assert shown.rows == [
        [write(T0), "ann", "-", "ArtifactAppliedEvent", "/kind", '"Artifact"'],
        [write(T0), "ann", "-", "ArtifactAppliedEvent", "/spec/regions/0", '"eu"'],
        [write(later(1)), "bob", "eve", "ArtifactAppliedEvent", "/spec/version", '"2.0.0"'],
    ]
    wide = past.ok("blame", "artifact/vpc", "-p", "/spec/version", "-o", "wide").rows
    assert wide[0][1:6] == ["bob", "HUMAN", "eve", "ArtifactAppliedEvent", "3"]


def test_the_past_has_its_own_blame_and_so_has_what_was_deleted(past: Shell, app_id: str) -> None:
    then = past.ok("blame", "artifact", "vpc", "-p", "/spec/version", "--as-of", write(T0), "-o", "json").json
    assert [(each["path"], each["value"], each["actor"]["id"]) for each in then["items"]] == [
        ("/spec/version", "1.0.0", "ann")
    ]
    past.bring(told("ArtifactDeletedEvent", app_id, at=later(3), by="eve"))
    assert past.ok("blame", "artifact", "vpc", "-o", "name").out == "ann\nbob\n"


def test_what_lies_beyond_the_depth_has_no_actor(past: Shell) -> None:
    rows = past.ok("blame", "artifact", "vpc", "-p", "/spec/version", "-p", "/kind", "--depth", "1").rows
    assert rows[0] == [f"before {write(later(1))}", "-", "-", "-", "/kind", '"Artifact"']
    assert rows[1][0] == f"before {write(later(1))}"


def test_what_never_was_and_a_path_that_is_no_pointer_are_told(past: Shell) -> None:
    ended = past("blame", "artifact", "no-such")
    assert (ended.code, ended.out) == (1, "")
    assert "there is no artifact/no-such" in ended.err
    ended = past("blame", "artifact", "vpc", "-p", "spec")
    assert ended.code == 1
    assert "'spec' is no JSON Pointer" in ended.err

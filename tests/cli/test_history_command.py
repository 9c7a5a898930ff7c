"""`dsel history` through a real server."""

import pytest

from domain.instants import write
from examples import T0, later
from terminal import Shell
from told import applied, told


@pytest.fixture
def past(dsel: Shell, app_id: str) -> Shell:
    dsel.bring(
        applied(app_id, at=T0, by="ann", version="1.0.0", description="old"),
        told("ArtifactApplyEvent", app_id, at=later(1), by="bob", spec={"comment": "Open a\x1b[31m region"}),
        applied(app_id, at=later(2), by="bob", version="2.0.0", regions=["eu"]),
        told("ArtifactDeletedEvent", app_id, at=later(3), by="eve"),
    )
    return dsel


def test_the_events_of_an_object_are_shown_from_new_to_old(past: Shell) -> None:
    shown = past.ok("history", "artifact", "vpc")
    assert shown.out.splitlines()[0].split() == ["VERSION", "TIME", "KIND", "ACTOR", "COMMENT"]
    assert shown.rows == [
        ["4", write(later(3)), "ArtifactDeletedEvent", "eve", "-"],
        ["3", write(later(2)), "ArtifactAppliedEvent", "bob", "-"],
        ["2", write(later(1)), "ArtifactApplyEvent", "bob", "Open a\\x1b[31m region"],
        ["1", write(T0), "ArtifactAppliedEvent", "ann", "-"],
    ]


def test_changes_tell_what_each_event_added_removed_and_replaced(past: Shell) -> None:
    lines = past.ok("history", "artifact/vpc", "--changes").out.splitlines()
    second = lines.index(f"version 3  ArtifactAppliedEvent  {write(later(2))}  bob (HUMAN)")
    assert lines[second + 1 : second + 4] == [
        '    - /spec/description: "old"',
        '    + /spec/regions: ["eu"]',
        '    ~ /spec/version: "1.0.0" → "2.0.0"',
    ]
    intent = lines.index(f"version 2  ArtifactApplyEvent  {write(later(1))}  bob (HUMAN)")
    assert lines[intent + 1] == "    Open a\\x1b[31m region"


def test_a_number_takes_the_newest(past: Shell) -> None:
    ended = past("history", "artifact", "vpc", "-n", "1")
    assert [row[0] for row in ended.rows] == ["4"]
    assert "There are more events; -n takes another number than 1" in ended.err


def test_programs_get_envelopes_and_with_them_the_changes(past: Shell) -> None:
    items = past.ok("history", "artifact", "vpc", "--changes", "-o", "json").json["items"]
    assert [each["kind"] for each in items][:2] == ["ArtifactDeletedEvent", "ArtifactAppliedEvent"]
    assert {"path": "/spec/version", "from": "1.0.0", "to": "2.0.0"} in items[1]["changes"]
    assert "changes" not in past.ok("history", "artifact", "vpc", "-o", "yaml").yaml["items"][0]
    assert len(past.ok("history", "artifact", "vpc", "-o", "name").out.splitlines()) == 4
    assert past.ok("history", "artifact", "vpc", "-o", "wide").rows[0][1] == "ArtifactDeletedEvent"


def test_an_object_without_events_is_not_found(dsel: Shell) -> None:
    ended = dsel("history", "artifact", "no-such")
    assert (ended.code, ended.out) == (1, "")
    assert "there is no artifact/no-such" in ended.err

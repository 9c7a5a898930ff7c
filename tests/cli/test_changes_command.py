"""`dsel changes` through a real server."""

import pytest

from domain.instants import write
from examples import T0, later
from terminal import Shell
from told import applied, told


@pytest.fixture
def past(dsel: Shell, app_id: str) -> Shell:
    created = applied(app_id, "created", version="1.0.0", labels={"team": "web"})["spec"]["artifact"]
    dsel.bring(
        applied(app_id, "changed", at=T0, by="ann", version="1.0.0"),
        applied(app_id, "deleted", at=T0, by="ann"),
        told("ArtifactDeletedEvent", app_id, "deleted", at=later(2), by="bot", actorType="CONTROLLER"),
        told("ArtifactAppliedEvent", app_id, "created", at=later(3), by="bot", actorType="CONTROLLER", state=created),
        applied(app_id, "changed", at=later(1), by="bob", version="2.0.0"),
    )
    return dsel


def test_what_changed_is_told_with_who_acted_and_what_humans_did_first(past: Shell, app_id: str) -> None:
    shown = past.ok("changes", "--from", write(T0), "--to", write(later(5)))
    assert shown.out.splitlines() == [
        f"artifact/changed  in {app_id}  CHANGED",
        f"    by bob (HUMAN)  {write(later(1))}  ArtifactAppliedEvent",
        '    ~ /spec/version: "1.0.0" → "2.0.0"',
        f"artifact/created  in {app_id}  CREATED",
        f"    by bot (CONTROLLER)  {write(later(3))}  ArtifactAppliedEvent",
        f"artifact/deleted  in {app_id}  DELETED",
        f"    by bot (CONTROLLER)  {write(later(2))}  ArtifactDeletedEvent",
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--to", write(later(1))), ["changed"]),
        (("--actor", "bot", "--type", "artifact"), ["created", "deleted"]),
        (("-l", "team=web"), ["created"]),
        (("-t", "deployment"), []),
        (("-n", "1"), ["changed"]),
    ],
)
def test_options_narrow_it(past: Shell, options: tuple[str, ...], expected: list[str]) -> None:
    ended = past("changes", "--from", write(T0), *options, "-o", "name")
    assert ended.out.splitlines() == [f"artifact/{name}" for name in expected]
    assert ended.code == 0


def test_programs_get_everything(past: Shell, app_id: str) -> None:
    items = past.ok("changes", "--from", write(T0), "-o", "json").json["items"]
    assert [each["difference"] for each in items] == ["CHANGED", "CREATED", "DELETED"]
    assert items[0]["entity"] == {"type": "Artifact", "appId": app_id, "name": "changed"}
    assert items[2]["changes"][0]["to"] is None


def test_where_nothing_changed_that_is_said(past: Shell) -> None:
    ended = past("changes", "--from", write(later(4)))
    assert (ended.code, ended.out, ended.err) == (0, "", "Nothing changed.\n")


def test_moments_in_the_wrong_order_are_refused(past: Shell) -> None:
    ended = past("changes", "--from", write(later(2)), "--to", write(later(1)))
    assert ended.code == 1
    assert "lies after to" in ended.err

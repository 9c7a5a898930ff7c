"""`dsel rollback` through a real server."""

from typing import Any

import pytest

from domain.instants import write
from examples import T0, later
from terminal import Shell, plain
from told import applied, told


@pytest.fixture
def past(dsel: Shell, app_id: str) -> Shell:
    dsel.bring(
        applied(app_id, at=T0, version="1.0.0"),
        applied(app_id, at=later(10), version="2.0.0"),
        told("ArtifactComplianceCheckedEvent", app_id, at=later(20)),
    )
    return dsel


def version(shell: Shell) -> Any:
    return shell.ok("get", "artifact", "vpc", "-o", "json").json["spec"]["version"]


def newest(shell: Shell) -> Any:
    return shell.ok("history", "artifact", "vpc", "-o", "json").json["items"]


def test_an_earlier_state_is_applied_again_with_the_reason_and_where_it_is_from(past: Shell) -> None:
    ended = past.ok("rollback", "artifact", "vpc", "--to", "1", "-m", "2.0.0 breaks it", "--yes")
    assert "-  version: 2.0.0\n+  version: 1.0.0\n" in ended.out
    assert ended.out.splitlines()[-1] == "artifact/vpc rolled back to version 1, as version 5"
    assert version(past) == "1.0.0"
    outcome, intent, *_, first = newest(past)
    assert intent["spec"]["comment"] == "2.0.0 breaks it"
    origin = {"eventId": first["meta"]["eventId"], "version": 1, "timestamp": write(T0)}
    assert outcome["spec"]["metadata"] == {"rolledBackTo": origin}
    assert outcome["meta"]["userId"] == "ann@example.com"


def test_a_time_does_as_well(past: Shell) -> None:
    past.ok("rollback", "artifact/vpc", "--to", write(later(5)), "-y")
    assert version(past) == "1.0.0"


def test_what_is_as_it_was_is_left_alone(past: Shell) -> None:
    ended = past.ok("rollback", "artifact", "vpc", "--to", "2", "-y")
    assert ended.out == "artifact/vpc unchanged: it is as it was at version 2\n"
    assert len(newest(past)) == 3


def test_a_deleted_object_comes_back(past: Shell) -> None:
    past.ok("delete", "artifact", "vpc")
    ended = past.ok("rollback", "artifact", "vpc", "--to", "1", "-y")
    assert "--- artifact/vpc (none)" in ended.out
    assert version(past) == "1.0.0"


def test_an_object_that_its_name_tells_apart_is_rolled_back_under_that_name(dsel: Shell, app_id: str) -> None:
    def widget(size: int, name: str, at: float) -> Any:
        state = {"apiVersion": "v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": size}}
        return told("WidgetAppliedEvent", app_id, name, at=later(at), state=state)

    name = "w@clusters/a.yaml"
    dsel.bring(widget(1, "w", 0), widget(2, name, 0), widget(3, name, 10))
    ended = dsel.ok("rollback", "Widget", name, "--to", "1", "-m", "Back", "-y")
    assert ended.out.splitlines()[-1] == f"Widget/{name} rolled back to version 1, as version 4"
    sizes = [dsel.ok("get", "Widget", each, "-o", "json").json["spec"]["size"] for each in ("w", name)]
    assert sizes == [1, 2]
    event, intent = dsel.ok("history", "Widget", name, "-o", "json").json["items"][:2]
    assert intent["spec"]["comment"] == "Back"
    assert event["spec"]["metadata"]["rolledBackTo"]["version"] == 1
    assert event["meta"]["userId"] == "ann@example.com"


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("artifact", "vpc"), 2, "Missing option '--to'"),
        (("artifact", "vpc", "--to", "1"), 2, "there is nobody to ask. --yes goes ahead without asking."),
        (("artifact", "vpc", "--to", "7", "-y"), 1, "has no version 7"),
        (("artifact", "vpc", "--to", "3", "-y"), 1, "is ArtifactComplianceCheckedEvent, which holds no state"),
        (("artifact", "vpc", "--to", write(later(-1)), "-y"), 1, "there is no artifact/vpc"),
        (("artifact", "no-such", "--to", "1", "-y"), 1, "there is no artifact/no-such"),
        (("artifact", "vpc", "--to", "soon", "-y"), 2, "A plain number is a version."),
    ],
)
def test_what_cannot_be_rolled_back_changes_nothing(
    past: Shell, arguments: tuple[str, ...], code: int, problem: str
) -> None:
    ended = past("rollback", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert problem in ended.err
    assert len(newest(past)) == 3


def test_a_state_that_a_delete_ended_is_no_state_to_go_back_to(past: Shell) -> None:
    past.ok("delete", "artifact", "vpc")
    deleted = past.ok("history", "artifact", "vpc").rows[0][0]
    ended = past("rollback", "artifact", "vpc", "--to", deleted, "-y")
    assert ended.code == 1
    assert "was deleted by ArtifactDeletedEvent" in ended.err


def test_a_person_is_asked_after_the_difference_was_shown(past: Shell) -> None:
    for answer, code, after in (("n", 1, "2.0.0"), ("y", 0, "1.0.0")):
        with past.terminal("rollback", "artifact", "vpc", "--to", "1") as terminal:
            terminal.until("Apply version 1 of artifact/vpc again? [y/N]")
            assert "+  version: 1.0.0" in plain(terminal.screen)
            terminal.type(f"{answer}\n")
            assert terminal.end()[0] == code
        assert version(past) == after
    assert "aborted, nothing was changed" not in terminal.screen


def test_a_write_in_between_is_not_overwritten(past: Shell) -> None:
    with past.terminal("rollback", "artifact", "vpc", "--to", "1") as terminal:
        terminal.until("again? [y/N]")
        past.ok("apply", "-f", "-", stdin="kind: Artifact\nmeta: {name: vpc}\nspec: {version: 3.0.0}\n")
        terminal.type("y\n")
        code, screen = terminal.end()
    assert code == 1
    assert "is at version 5, not at 3" in plain(screen)
    assert version(past) == "3.0.0"


def test_a_report_about_the_past_in_between_is_no_obstacle(past: Shell, app_id: str) -> None:
    with past.terminal("rollback", "artifact", "vpc", "--to", "1") as terminal:
        terminal.until("again? [y/N]")
        past.bring(applied(app_id, at=later(-10), version="0.9.0"))
        terminal.type("y\n")
        assert terminal.end()[0] == 0
    assert version(past) == "1.0.0"

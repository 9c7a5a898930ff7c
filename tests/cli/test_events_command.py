"""`dsel events` through a real server."""

import pytest

from domain.instants import write
from examples import T0, later
from terminal import Shell
from told import applied, config, told


@pytest.fixture
def past(dsel: Shell, app_id: str) -> Shell:
    dsel.bring(
        told("ArtifactCheckedEvent", app_id, at=T0, by="ann", correlationId=f"req-{app_id}"),
        told("ConfigAppliedEvent", app_id, "c", at=later(1), by="bob", state=config(app_id, "c")),
        told(
            "WidgetScaledEvent", app_id, "w", at=later(2), by="ann", actorType="SERVICE", executionId=f"exec-{app_id}"
        ),
        applied(f"{app_id}-other", "vpc", at=later(3), by="ann"),
    )
    return dsel


def objects(past: Shell, *arguments: str) -> list[str]:
    return [row[2] for row in past.ok("events", *arguments).rows]


def test_the_log_is_shown_from_new_to_old(past: Shell, app_id: str) -> None:
    shown = past.ok("events")
    assert shown.out.splitlines()[0].split() == ["TIME", "KIND", "OBJECT", "APP", "VERSION", "ACTOR"]
    assert shown.rows == [
        [write(later(2)), "WidgetScaledEvent", "Widget/w", app_id, "1", "ann"],
        [write(later(1)), "ConfigAppliedEvent", "config/c", app_id, "1", "bob"],
        [write(T0), "ArtifactCheckedEvent", "artifact/vpc", app_id, "1", "ann"],
    ]


def test_conditions_narrow_it_down_together(past: Shell, app_id: str) -> None:
    assert objects(past, "--type", "artifacts") == ["artifact/vpc"]
    assert objects(past, "--type", "Widget", "-t", "config") == ["Widget/w", "config/c"]
    assert objects(past, "--kind", "ConfigAppliedEvent") == ["config/c"]
    assert objects(past, "--actor", "ann") == ["Widget/w", "artifact/vpc"]
    assert objects(past, "--actor", "ann", "--type", "artifact") == ["artifact/vpc"]
    assert objects(past, "--since", write(later(1)), "--until", write(later(2))) == ["config/c"]
    assert objects(past, "--execution", f"exec-{app_id}") == ["Widget/w"]
    assert objects(past, "--correlation", f"req-{app_id}") == ["artifact/vpc"]
    assert objects(past, "-a", f"{app_id}-other") == ["artifact/vpc"]
    nothing = past("events", "--since", "1h")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "No events were found.\n")


def test_a_number_takes_the_newest_and_tells_when_there_are_more(past: Shell, app_id: str) -> None:
    ended = past("events", "-n", "2")
    assert (ended.code, [row[2] for row in ended.rows]) == (0, ["Widget/w", "config/c"])
    assert ended.err == "There are more events; -n takes another number than 2, -n 0 all.\n"
    past.bring(*(told("WidgetScaledEvent", app_id, "busy", at=later(index), eventNumber=index) for index in range(600)))
    assert len(past.ok("events", "-n", "0").rows) == 603
    assert len(past.ok("events", "-n", "603").rows) == 603


def test_programs_get_whole_envelopes_and_ids(past: Shell, app_id: str) -> None:
    [newest, *_] = past.ok("events", "-o", "json").json["items"]
    assert newest["kind"] == "WidgetScaledEvent"
    assert newest["meta"]["executionId"] == f"exec-{app_id}"
    assert past.ok("events", "-o", "yaml").yaml["items"][0] == newest
    assert past.ok("events", "-o", "name").out.splitlines()[0] == newest["meta"]["eventId"]


def test_wide_adds_who_why_and_which_request(past: Shell, app_id: str) -> None:
    shown = past.ok("events", "-o", "wide")
    headers = shown.out.splitlines()[0].split()
    newest = dict(zip(headers, shown.rows[0], strict=True))
    assert newest["ACTOR-TYPE"] == "SERVICE"
    assert newest["PHASE"] == "OUTCOME"
    assert newest["EXECUTION"] == f"exec-{app_id}"


def test_a_time_that_is_none_is_wrong_usage(dsel: Shell) -> None:
    ended = dsel("events", "--since", "last week")
    assert (ended.code, ended.out) == (2, "")
    assert "or as how long ago: 15m, 2h, 3d, 1w, 1d12h." in ended.err

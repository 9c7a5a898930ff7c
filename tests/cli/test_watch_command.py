"""`dsel watch` through a real server."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

import pytest
import yaml

from examples import T0
from patience import PATIENCE
from serving import drop, serving
from terminal import Shell
from told import applied


@contextmanager
def watching(dsel: Shell, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A watch that has begun."""
    process = dsel.start("watch", *arguments)
    try:
        assert process.stderr is not None
        assert "Waiting for new events. Ctrl-C ends." in process.stderr.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: "subprocess.Popen[str]") -> str:
    stream: IO[str] | None = process.stdout
    assert stream is not None
    return stream.readline()


def apply(dsel: Shell, name: str, kind: str = "Artifact", **options: str) -> None:
    spec = {"version": "1.0.0"} if kind == "Artifact" else {}
    text = yaml.safe_dump({"kind": kind, "meta": {"name": name}, "spec": spec})
    dsel.ok("apply", "-f", "-", stdin=text, **options)


def test_new_events_are_shown_once_from_now_on_until_ctrl_c(dsel: Shell, app_id: str) -> None:
    apply(dsel, "before")
    with watching(dsel) as process:
        assert line(process).split() == ["TIME", "KIND", "OBJECT", "APP", "VERSION", "ACTOR"]
        for name in ("first", "second"):
            apply(dsel, name)
            asked, done = line(process).split(), line(process).split()
            assert asked[1:] == ["ArtifactApplyEvent", f"artifact/{name}", app_id, "1", "ann@example.com"]
            assert done[1:] == ["ArtifactAppliedEvent", f"artifact/{name}", app_id, "2", "ann@example.com"]
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, rest) == (0, "")


def test_only_what_is_asked_for_is_shown(dsel: Shell, app_id: str) -> None:
    with (
        watching(dsel, "artifact", "vpc", "-o", "json") as one,
        watching(dsel, "widget/w", "-o", "name") as none,
        watching(dsel, "Widget", "-o", "json") as widgets,
    ):
        apply(dsel, "other")
        apply(dsel, "vpc", DSEL_APP=f"{app_id}-other")
        apply(dsel, "w", "Widget")
        apply(dsel, "vpc")
        assert [json.loads(line(one))["kind"] for _ in range(2)] == ["ArtifactApplyEvent", "ArtifactAppliedEvent"]
        assert [json.loads(line(widgets))["meta"]["name"] for _ in range(2)] == ["w", "w"]
        for process in (one, none, widgets):
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=PATIENCE)[0] == ""


def test_each_event_is_a_document_of_yaml(dsel: Shell) -> None:
    with watching(dsel, "-o", "yaml") as process:
        apply(dsel, "vpc")
        assert [line(process) for _ in range(2)] == ["---\n", "apiVersion: v1alpha1\n"]


def test_what_an_import_adds_to_the_past_is_not_shown(dsel: Shell, app_id: str) -> None:
    with watching(dsel, "-o", "json") as process:
        dsel.bring(applied(app_id, at=T0))
        apply(dsel, "now")
        assert json.loads(line(process))["meta"]["name"] == "now"


def test_nothing_is_missed_while_the_server_is_away(
    dsel: Shell, mongodb_uri: str, database: str, free_port: int
) -> None:
    settings = {"database": database, "port": free_port}
    there = Shell({**dsel.environment, "DSEL_SERVER": f"127.0.0.1:{settings['port']}"})
    with ExitStack() as first:
        first.enter_context(serving(mongodb_uri, **settings))
        with watching(there, "-o", "json") as process:
            apply(there, "before")
            assert [json.loads(line(process))["meta"]["name"] for _ in range(2)] == ["before"] * 2
            first.close()
            assert process.stderr is not None
            assert "Trying again until it answers." in process.stderr.readline()
            with serving(mongodb_uri, database=database) as elsewhere:
                apply(Shell({**there.environment, "DSEL_SERVER": elsewhere}), "meanwhile")
            with serving(mongodb_uri, **settings):
                assert [json.loads(line(process))["meta"]["name"] for _ in range(2)] == ["meanwhile"] * 2
                assert "It answers again; nothing was missed." in process.stderr.readline()


def test_a_server_that_was_never_there_ends_it(dsel: Shell) -> None:
    ended = dsel("--server", "127.0.0.1:1", "watch")
    assert (ended.code, ended.out) == (1, "")
    assert "no server can be reached at http://127.0.0.1:1: Connection refused" in ended.err


@pytest.fixture
def database(mongodb_uri: str, app_id: str) -> Iterator[str]:
    name = f"test_{app_id}"
    yield name
    drop(mongodb_uri, name)

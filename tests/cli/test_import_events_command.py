"""`dsel import events` through a real server."""

import gzip
import json
import os
import signal
from pathlib import Path

import orjson
import pytest

from domain.instants import write
from examples import T0, later
from serving import serving
from terminal import Shell, plain
from told import Json, applied, told

SUMMARY = r"{} stored, {} there already, {} refused ("


def lines(*envelopes: Json) -> bytes:
    return b"\n".join(map(orjson.dumps, envelopes)) + b"\n"


@pytest.fixture
def history(app_id: str) -> list[Json]:
    return [applied(app_id, f"n{index}", at=later(index), by="john@example.com") for index in range(20)]


@pytest.mark.parametrize("name", ["events.ndjson", "events.ndjson.gz", "gzip-without-its-ending"])
def test_a_file_is_stored_with_its_own_times_and_actors_compressed_or_not(
    dsel: Shell, history: list[Json], tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(lines(*history)) if "gz" in name else lines(*history))
    assert dsel.ok("import", "events", file).out.startswith(SUMMARY.format(20, 0, 0))
    newest = dsel.ok("events").rows[0]
    assert newest[0] == write(later(19))
    assert newest[-1] == "john@example.com"


def test_the_same_file_again_completes_what_is_missing(dsel: Shell, history: list[Json], tmp_path: Path) -> None:
    dsel.ok("import", "events", "-", stdin=lines(*history[:7]))
    assert dsel.ok("import", "events", "-", stdin=lines(*history)).out.startswith(SUMMARY.format(13, 7, 0))
    assert dsel.ok("import", "events", "-", stdin=gzip.compress(lines(*history))).out.startswith(
        SUMMARY.format(0, 20, 0)
    )
    assert len(dsel.ok("events", "-n", "0").rows) == 20


def test_refusals_are_listed_by_line_and_the_others_are_stored(dsel: Shell, app_id: str, tmp_path: Path) -> None:
    file = tmp_path / "mixed.ndjson"
    good = lines(applied(app_id, at=T0))
    file.write_bytes(b"\n" + good + b'{"kind": "x"}\nnot json\n\n' + lines(*[{"kind": "y"}] * 10))
    ended = dsel("import", "events", file)
    assert ended.code == 1
    assert ended.out.startswith(SUMMARY.format(1, 0, 12))
    told_ = ended.err.splitlines()
    assert told_[0] == f"Error: {file}: line 3: /meta: an object is needed here, not nothing."
    assert told_[1].startswith(f"Error: {file}: line 4: malformed JSON: ")
    assert len([line for line in told_ if line.startswith("Error: ")]) == 10
    assert told_[-1] == "… and 2 more were refused."


def test_numbers_of_lines_go_on_over_the_parts_that_are_sent(dsel: Shell, app_id: str) -> None:
    checks = (told("WidgetCheckedEvent", app_id, at=later(index), number=index) for index in range(5_100))
    ended = dsel("import", "events", "-", stdin=lines(*checks) + b"oops\n")
    assert ended.out.startswith(SUMMARY.format("5,100", 0, 1))
    assert "line 5101: malformed JSON" in ended.err


def test_a_line_that_is_too_long_is_refused_and_the_next_one_is_stored(dsel: Shell, app_id: str) -> None:
    ended = dsel("import", "events", "-", stdin=b"x" * (18 * 2**20) + b"\n" + lines(applied(app_id, at=T0)))
    assert ended.out.startswith(SUMMARY.format(1, 0, 1))
    assert "line 1: a line of more than" in ended.err


def test_cloud_events_are_taken_too(dsel: Shell, app_id: str) -> None:
    event = {
        "specversion": "1.0",
        "id": f"cloud-{app_id}",
        "source": "/pipelines/7",
        "type": "com.example.ArtifactCheckedEvent",
        "subject": f"{app_id}/vpc",
        "time": write(T0),
        "data": {"result": "fine"},
    }
    assert dsel.ok("import", "events", "-", stdin=json.dumps(event)).out.startswith(SUMMARY.format(1, 0, 0))
    assert dsel.ok("events").rows[0][:3] == [write(T0), "ArtifactCheckedEvent", "artifact/vpc"]


def test_live_events_are_by_the_caller_and_must_be_valid(dsel: Shell, app_id: str) -> None:
    bad = applied(app_id, "bad", by="john@example.com", version=5)
    ended = dsel("import", "events", "-", "--live", stdin=lines(applied(app_id, by="john@example.com"), bad))
    assert ended.code == 1
    assert ended.out.startswith(SUMMARY.format(1, 0, 1))
    assert "line 2: " in ended.err
    assert dsel.ok("who", "artifact", "vpc", "-o", "name").out == "ann@example.com\n"
    assert dsel.ok("import", "events", "-", stdin=lines(bad)).out.startswith(SUMMARY.format(1, 0, 0))


def test_rules_run_on_an_import_when_asked(dsel: Shell, app_id: str) -> None:
    bad = applied(app_id, "bad", at=T0, version=5)
    ended = dsel("import", "events", "-", "--validate", stdin=lines(bad))
    assert ended.code == 1
    assert "/spec/version" in ended.err


def test_a_file_that_cannot_be_read_is_an_error_with_its_name(dsel: Shell, history: list[Json], tmp_path: Path) -> None:
    ended = dsel("import", "events", tmp_path / "missing")
    assert (ended.code, ended.out) == (1, "")
    assert f"{tmp_path / 'missing'} cannot be read: No such file or directory." in ended.err
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(lines(*history))[:-20])
    ended = dsel("import", "events", cut)
    assert ended.code == 1
    assert f"{cut} is no whole gzip file" in ended.err


def test_without_the_right_to_import_it_says_so(
    mongodb_uri: str, dsel: Shell, history: list[Json], tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text("- {token: 0123456789abcdef, actor: ci, type: SERVICE}\n")
    with serving(mongodb_uri, tokens=tokens) as address:
        known = {"DSEL_SERVER": address, "DSEL_TOKEN": "0123456789abcdef"}
        ended = dsel("import", "events", "-", stdin=lines(*history), **known)
        assert (ended.code, ended.out) == (1, "")
        assert "ci may not import events; 0 lines before that are settled. Ask for the right 'import'." in ended.err
        assert dsel.ok("import", "events", "-", "--live", stdin=lines(*history), **known).code == 0


def test_a_terminal_shows_a_bar_with_the_rate_and_a_pipe_does_not(
    dsel: Shell, history: list[Json], tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(lines(*history * 20))
    code, screen = dsel.in_terminal("import", "events", file)
    assert code == 0
    assert "events/s" in screen
    assert "100 %" in screen
    assert plain(screen).splitlines()[-1].strip().startswith("20 stored, 380 there already, 0 refused (")
    piped = dsel.process("import", "events", str(file))
    assert (piped.err, piped.out.count("\n")) == ("", 1)


def test_who_interrupts_it_is_told_what_is_settled_and_how_to_go_on(dsel: Shell, history: list[Json]) -> None:
    with dsel.terminal("import", "events", "-") as terminal:
        terminal.type(lines(*history * 60).decode() + "\n")
        terminal.until("events/s")
        os.killpg(terminal.process.pid, signal.SIGINT)
        terminal.type("\n")  # Python notices a signal that came right before a read with what is read
        code, screen = terminal.end()
    assert code == 130
    assert "interrupted, 0 lines are settled. The same command again completes it." in " ".join(plain(screen).split())

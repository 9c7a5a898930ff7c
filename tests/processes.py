"""Processes as the kernel knows them."""

import asyncio
import contextlib
from pathlib import Path

from patience import PATIENCE


def mongod(data: Path) -> int:
    """The process id of the MongoDB of a data folder."""
    return int((data / "mongod.pid").read_text().split()[0])


def lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def children(pid: int) -> list[int]:
    return [int(child) for thread in Path(f"/proc/{pid}/task").iterdir() for child in _children(thread)]


def command(pid: int) -> str:
    """Its command line; empty when it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def _children(thread: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it may end while it is looked at
        return (thread / "children").read_text().split()
    return []


async def gone(pid: int) -> None:
    """Until the process is gone."""
    async with asyncio.timeout(PATIENCE):
        while lives(pid):  # noqa: ASYNC110 - another process is watched
            await asyncio.sleep(0.02)

"""Processes as the kernel knows them."""

import asyncio
import contextlib
from pathlib import Path

from launched import PATIENCE


def mongod(data: Path) -> int:
    """The process id of the MongoDB of a data folder."""
    return int((data / "mongod.pid").read_text().split()[0])


def lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


async def gone(pid: int) -> None:
    """Until the process is gone."""
    async with asyncio.timeout(PATIENCE):
        while lives(pid):  # noqa: ASYNC110 - another process is watched
            await asyncio.sleep(0.02)

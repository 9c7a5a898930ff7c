"""Servers as processes of their own: started, asked for their address, their processor time and memory, and ended."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE / "peers"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    url: str
    pid: int

    def processor_seconds(self) -> float:
        """User and system time so far, as the kernel counts it, of the process and of its children."""
        return sum(_processor_seconds(pid) for pid in _family(self.pid))

    def resident_megabytes(self) -> float:
        """Of the largest process: a worker, where there are several."""
        return max(_resident(pid) for pid in _family(self.pid))


@asynccontextmanager
async def started(
    name: str, command: Sequence[str], folder: Path | None = None, **environment: str
) -> AsyncIterator[Server]:
    """A server whose first line of output ends with its address."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("DSEL_")}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env={**inherited, **environment}, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().split()
        if not line:
            raise RuntimeError(f"{name} ended before it was ready: {' '.join(command)}")
        yield Server(name, line[-1], process.pid)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


def dsel(uri: str, database: str) -> list[str]:
    """The command of our own service."""
    program = Path(sys.executable).with_name("dsel")
    return ["env", f"DSEL_DATABASE={database}", str(program), "serve", "--port", "0", "--mongodb-uri", uri]


def handwritten(uri: str, database: str) -> list[str]:
    return [sys.executable, "-m", "bench.handwritten", uri, database]


def peer(file: str, uri: str, database: str) -> list[str]:
    return ["node", file, uri, database]


def install_peers() -> None:
    """Installs the locked npm packages of the peers, once."""
    if not (PEERS / "node_modules" / ".package-lock.json").exists():
        print("Installing the peers with npm", flush=True)
        npm = shutil.which("npm") or sys.exit("npm is not installed: Node 20 or newer is needed for the peers")
        subprocess.run(  # noqa: S603 - what npm installs is locked
            [npm, "ci", "--ignore-scripts", "--loglevel=error"], cwd=PEERS, check=True
        )


def _family(pid: int) -> list[int]:
    """The process and all of its descendants."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [pid, *(each for child in text.split() for each in _family(int(child)))]


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(each for each in status.splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024

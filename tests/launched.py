"""`dsel serve` as a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from patience import PATIENCE

ROOT = Path(__file__).parent.parent
DSEL = Path(sys.executable).with_name("dsel")


@dataclass
class Launched:
    """One running service. `printed` is what it has said on standard output."""

    process: asyncio.subprocess.Process
    address: str
    printed: list[str] = field(default_factory=list)

    async def answer(self, query: str, /, **variables: Any) -> Any:
        """The whole answer."""
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            return (await http.post(self.address, json={"query": query, "variables": variables})).json()

    async def ask(self, query: str, /, **variables: Any) -> Any:
        """The data of a query that must not fail."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def status(self, path: str) -> int:
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            return (await http.get(self.address.replace("/graphql", path))).status_code

    async def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """Ends it and returns its exit code."""
        self.process.send_signal(how)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def launched(*arguments: str, **settings: str) -> AsyncIterator[Launched]:
    """A service from the line that names its address on; killed in the end if it still runs."""
    process = await _started(arguments, settings)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            line = (await process.stdout.readline()).decode().rstrip()
        words = line.split()
        assert words, f"it ended with {await process.wait()}"
        made = Launched(process, words[-1], [line])
        listening = asyncio.create_task(_listen(process.stdout, made.printed))
        yield made
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    await listening


async def refused(*arguments: str, **settings: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a service that cannot start."""
    process = await _started(arguments, settings, stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(PATIENCE):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def _started(
    arguments: tuple[str, ...], settings: dict[str, str], stderr: int | None = None
) -> asyncio.subprocess.Process:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DSEL_")}
    environment = {**kept, "PYTHONPATH": str(ROOT), "DSEL_AGGREGATES": "false", **settings}
    port = () if "DSEL_PORT" in settings or "--port" in arguments else ("--port", "0")
    return await asyncio.create_subprocess_exec(
        *(str(DSEL), "serve", *port, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        env=environment,
        start_new_session=True,
    )


async def _listen(stream: asyncio.StreamReader, into: list[str]) -> None:
    async for line in stream:
        into.append(line.decode().rstrip())  # noqa: PERF401 - read while it is written

"""Resident memory of the service on the demo data, before and after many mixed queries.

python -m bench.memory [--queries 10000]
"""

import argparse
import asyncio
import os
import re
import signal
import sys
import tempfile
from pathlib import Path

import httpx

from graph.examples import load_examples

_AT_ONCE = 8


async def main(queries: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("dsel")), "serve", "--port", "0", "--data", folder, "--demo"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DSEL_")}
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
        assert process.stdout is not None
        try:
            address = (await process.stdout.readline()).decode().split()[-1]
            before = _resident(process.pid)
            await _ask(address, queries)
            print(f"resident before {before:.0f} MB, after {queries:,} queries {_resident(process.pid):.0f} MB")
        finally:
            process.send_signal(signal.SIGINT)
            await process.communicate()


async def _ask(address: str, queries: int) -> None:
    texts = [each.query for each in load_examples() if not re.search(r"^subscription", each.query, re.MULTILINE)]
    numbers = iter(range(queries))

    async def work(http: httpx.AsyncClient) -> None:
        for number in numbers:
            answer = await http.post(address, json={"query": texts[number % len(texts)]})
            assert "errors" not in answer.json(), answer.text

    async with httpx.AsyncClient(timeout=60) as http:
        await asyncio.gather(*(work(http) for _ in range(_AT_ONCE)))


def _resident(pid: int) -> float:
    """Megabytes, as the kernel counts them."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(each for each in status.splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=10_000)
    asyncio.run(main(parser.parse_args().queries))

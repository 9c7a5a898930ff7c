"""Reads, side by side with what our users would pick instead: Apollo Server, and Mercurius with JIT.

python -m bench.reads [--rounds 5] [--seconds 3] [--connections 8] [--apps 1] [--json FILE]. Everything is on this
machine: one MongoDB, one process of each server, and the load in another. With one app all connections ask the same, as
those of a page that many have open; with as many as connections no two do. The servers take turns, round by round, so
that a ratio compares neighbours in time. Needs npm, and installs the locked packages of bench/peers on first use.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvloop
from rich.console import Console
from rich.table import Table

from bench import dataset, servers
from bench.servers import HERE, Server
from repository.embedded import EmbeddedMongod

QUERIES = {
    "one": "one entity, current, 8 fields and a list of 6 objects",
    "fifty": "50 entities, current, 6 fields",
    "history": "50 entities, current + asOf + 5 events each",
}
OURS, EVENTUAL, FLOOR = "dsel", "dsel, EVENTUAL", "hand-written"
_DATABASE = "bench"
Sample = dict[str, float]


async def main(rounds: int, seconds: float, connections: int, apps: int, file: Path | None) -> None:
    servers.install_peers()
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod, AsyncExitStack() as stack:
            await dataset.seed(mongod.uri, _DATABASE, entities=50, events=40, apps=app_names(apps))
            running = [
                await stack.enter_async_context(servers.started(name, command, folder))
                for name, command, folder in _commands(mongod.uri)
            ]
            await _agree(running)
            running.insert(1, replace(running[0], name=EVENTUAL))
            samples = await _rounds(running, rounds, seconds, connections, app_names(apps))
            report = {query: _summary(each) for query, each in samples.items()}
            _show(report)
            if file is not None:
                await asyncio.to_thread(file.write_text, json.dumps(report, indent=2) + "\n", encoding="utf-8")


async def _rounds(
    running: list[Server], rounds: int, seconds: float, connections: int, apps: list[str]
) -> dict[str, dict[str, list[Sample]]]:
    """By query and server; a first round warms up and does not count."""
    samples: dict[str, dict[str, list[Sample]]] = {}
    with Console(stderr=True).status("warming up") as status:
        for query in QUERIES:
            for server in running:
                await measure(server, query, connections, 1.0, apps)
        for number, query, server in itertools.product(range(1, rounds + 1), QUERIES, running):
            status.update(f"round {number} of {rounds}: {query}, {server.name}")
            sample = await measure(server, query, connections, seconds, apps)
            samples.setdefault(query, {}).setdefault(server.name, []).append(sample)
    return samples


def _commands(uri: str) -> list[tuple[str, list[str], Path | None]]:
    return [
        (OURS, servers.dsel(uri, _DATABASE), None),
        (FLOOR, servers.handwritten(uri, _DATABASE), HERE.parent),
        ("apollo", servers.peer("apollo.mjs", uri, _DATABASE), servers.PEERS),
        ("mercurius", servers.peer("mercurius.mjs", uri, _DATABASE), servers.PEERS),
    ]


async def _agree(running: list[Server]) -> None:
    """Raises AssertionError unless all servers answer each query with the same data."""
    async with httpx.AsyncClient(timeout=60) as http:
        for query in QUERIES:
            answers = [(await http.post(each.url, json=_request(query))).json() for each in running]
            for server, answer in zip(running, answers, strict=True):
                assert answer.get("data") == answers[0]["data"], f"{server.name} answers {query} otherwise: {answer}"


async def measure(
    server: Server, query: str, connections: int, seconds: float, apps: Sequence[str] = (dataset.APP,)
) -> Sample:
    """The load's own figures, and the milliseconds of processor time that the server took for a request."""
    command = [sys.executable, str(HERE / "load.py"), server.url, str(_path(query)), *apps]
    options = ["--connections", str(connections), "--seconds", str(seconds)]
    if server.name == EVENTUAL:
        options.append("--eventual")
    before = server.processor_seconds()
    process = await asyncio.create_subprocess_exec(*command, *options, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    used = server.processor_seconds() - before
    result: Sample = json.loads(output)
    return {**result, "cpu": 1000 * used / result["requests"]}


def _summary(samples: dict[str, list[Sample]]) -> Any:
    return {
        name: {
            "rate": statistics.median(each["rate"] for each in own),
            "spread": [min(each["rate"] for each in own), max(each["rate"] for each in own)],
            "cpu": statistics.median(each["cpu"] for each in own),
            "p50": statistics.median(each["p50"] for each in own),
            "p99": statistics.median(each["p99"] for each in own),
            "ratio": statistics.median(us["rate"] / it["rate"] for us, it in zip(samples[OURS], own, strict=True)),
            "cpu_ratio": statistics.median(us["cpu"] / it["cpu"] for us, it in zip(samples[OURS], own, strict=True)),
        }
        for name, own in samples.items()
    }


def _show(report: Any) -> None:
    console = Console(width=None if sys.stdout.isatty() else 130)
    for query, text in QUERIES.items():
        table = Table(title=text, title_justify="left", box=None)
        for column in (
            "server",
            "requests/s",
            "spread",
            "CPU ms",
            "p50 ms",
            "p99 ms",
            "our rate / its",
            "our CPU / its",
        ):
            table.add_column(column, justify="left" if column == "server" else "right")
        for name, row in report[query].items():
            low, high = row["spread"]
            ratios = ("", "") if name == OURS else (f"{row['ratio']:.2f}", f"{row['cpu_ratio']:.2f}")
            table.add_row(
                name,
                f"{row['rate']:,.0f}",
                f"{low:,.0f} to {high:,.0f}",
                f"{row['cpu']:.2f}",
                f"{row['p50']:.1f}",
                f"{row['p99']:.1f}",
                *ratios,
            )
        console.print(table)
        console.print()


def app_names(count: int) -> list[str]:
    return [dataset.APP, *(f"{dataset.APP}-{number}" for number in range(1, count))]


def _request(query: str) -> Any:
    return {"query": _text(query), "variables": {"app": dataset.APP}}


def _path(query: str) -> Path:
    return HERE / "queries" / f"{query}.graphql"


def _text(query: str) -> str:
    return _path(query).read_text(encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--apps", type=int, default=1)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    uvloop.run(main(given.rounds, given.seconds, given.connections, given.apps, given.json))

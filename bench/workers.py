"""Two workers against one, and the memory of each under load.

python -m bench.workers [--rounds 5] [--seconds 3] [--connections 8] [--query history]. Two services on one MongoDB
take turns, each with a load of its own for every worker: so many connections. MongoDB and the load share the
processors with the workers, so on a machine of two cores two workers cannot have a core each; hence there are two
figures. `rate` is what the load saw. `work` is requests per second of the workers' own processor time, times the
workers: what they would reach with a core each, which is twice the figure of one worker as long as they do not stand
in each other's way.
"""

import argparse
import statistics
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from bench import dataset, servers
from bench.reads import measure
from bench.servers import Server
from repository.embedded import EmbeddedMongod

_DATABASE = "bench"


async def main(rounds: int, seconds: float, connections: int, query: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod, AsyncExitStack() as stack:
            await dataset.seed(mongod.uri, _DATABASE, entities=50, events=40)
            command = servers.dsel(mongod.uri, _DATABASE)
            services = {
                number: await stack.enter_async_context(
                    servers.started(f"{number} workers", [*command, "--workers", str(number)])
                )
                for number in (1, 2)
            }
            rates: dict[int, list[float]] = {1: [], 2: []}
            work: dict[int, list[float]] = {1: [], 2: []}
            for _ in range(rounds + 1):
                for number, service in services.items():
                    sample = await measure(service, query, number * connections, seconds)
                    rates[number].append(sample["rate"])
                    work[number].append(number * 1000 / sample["cpu"])
            _show(services, rates, work)


def _show(services: dict[int, Server], rates: dict[int, list[float]], work: dict[int, list[float]]) -> None:
    table = Table(box=None)
    for column in ("workers", "rate", "ratio", "work", "ratio", "MB of the largest process"):
        table.add_column(column, justify="right")
    for number, service in services.items():
        table.add_row(
            str(number),
            *_figures(rates, number),
            *_figures(work, number),
            f"{service.resident_megabytes():.0f}",
        )
    Console(width=120).print(table)


def _figures(samples: dict[int, list[float]], number: int) -> tuple[str, str]:
    """The median, and the median of the ratios to one worker; the first round warmed up."""
    own, one = samples[number][1:], samples[1][1:]
    return f"{statistics.median(own):,.0f}", f"{statistics.median(a / b for a, b in zip(own, one, strict=True)):.2f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--query", default="history")
    given = parser.parse_args()
    uvloop.run(main(given.rounds, given.seconds, given.connections, given.query))

"""Comparing, changed sets and blame by the length of a history: 10, 1,000 and 100,000 events of one object, in turns.

python -m bench.changes [--lengths 10,1000,100000] [--rounds 15]. The lengths take turns query by query, so that a
ratio compares neighbours in time. What is measured is a request to the application in this process, MongoDB included.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from bench import dataset
from domain.instants import write
from graph.app import create_app
from graph.settings import Settings
from repository.embedded import EmbeddedMongod

QUERIES = {
    "compare the middle with the end": "compare(from: %(middle)s) { difference changes { path from to } }",
    "changes in a span of five events": "changes(from: %(recent)s) { nodes { changes { path } actors { id } } }",
    "blame of a field that changed last": 'current { blame(paths: ["/spec/version"]) { since actor { id } } }',
    "blame of a field that never changed": 'current { blame(paths: ["/kind"]) { since actor { id } } }',
    "blame of all fields": "current { blame { path since actor { id } } }",
}
_SPAN = timedelta(days=180)
_WARM_UP = 2


async def main(lengths: list[int], rounds: int) -> None:
    table = Table(title="milliseconds for a request, by the events of the object", title_justify="left", box=None)
    for column in ("query", *(f"{length:,}" for length in lengths), "longest/shortest"):
        table.add_column(column, justify="left" if column == "query" else "right")
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod, AsyncExitStack() as stack:
            clients = {}
            for length in lengths:
                await dataset.seed(mongod.uri, f"events_{length}", entities=1, events=length, span=_SPAN)
                clients[length] = await stack.enter_async_context(_serving(mongod.uri, f"events_{length}"))
            for title, query in QUERIES.items():
                medians = await _measured(clients, query, rounds)
                ratio = medians[max(lengths)] / medians[min(lengths)]
                table.add_row(title, *(f"{medians[length]:.1f}" for length in lengths), f"{ratio:.1f}")
    Console(width=120).print(table)


@asynccontextmanager
async def _serving(uri: str, database: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(mongodb_uri=uri, database=database))
    transport = httpx.ASGITransport(app)
    async with app.state.service.running(app), httpx.AsyncClient(transport=transport, base_url="http://dsel") as made:
        yield made


async def _measured(clients: dict[int, httpx.AsyncClient], query: str, rounds: int) -> dict[int, float]:
    """The median for each length; the first rounds do not count."""
    durations: dict[int, list[float]] = {length: [] for length in clients}
    for _ in range(_WARM_UP + rounds):
        for length, client in clients.items():
            begun = time.perf_counter()
            answer = (await client.post("/graphql", json={"query": _text(query, length)})).json()
            durations[length].append(1000 * (time.perf_counter() - begun))
            assert "errors" not in answer, answer["errors"]
    return {length: statistics.median(each[_WARM_UP:]) for length, each in durations.items()}


def _text(query: str, length: int) -> str:
    middle, recent = (dataset.BEGINNING + _SPAN * number / length for number in (length // 2, length - 5.5))
    body = query % {"middle": f'"{write(middle)}"', "recent": f'"{write(recent)}"'}
    return f"{{ {body} }}" if body.startswith("changes") else _of_artifact(body)


def _of_artifact(body: str) -> str:
    return f'{{ artifact(name: "module-00", appId: "{dataset.APP}") {{ {body} }} }}'


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", default="10,1000,100000")
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    asyncio.run(main([int(each) for each in given.lengths.split(",")], given.rounds))

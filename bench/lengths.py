"""Requests to services whose objects have histories of different lengths, in turns."""

import statistics
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
from rich.console import Console
from rich.table import Table

from graph.app import create_app
from graph.settings import Settings

Clients = Mapping[int, httpx.AsyncClient]
"""By the number of events."""
Text = Callable[[str, int], str]
"""A query as it is sent for a length."""
_WARM_UP = 2


@asynccontextmanager
async def serving(uri: str, database: str) -> AsyncIterator[httpx.AsyncClient]:
    """Without the work that a service does beside its requests."""
    app = create_app(Settings(mongodb_uri=uri, database=database, aggregates=False))
    transport = httpx.ASGITransport(app)
    async with app.state.service.running(app), httpx.AsyncClient(transport=transport, base_url="http://dsel") as made:
        yield made


async def compare(
    clients: Mapping[int, httpx.AsyncClient], queries: Mapping[str, str], text: Text, rounds: int
) -> None:
    """Prints the median of each query for each length. The lengths take turns, so that a ratio compares neighbours."""
    lengths: Sequence[int] = list(clients)
    table = Table(title="milliseconds for a request, by the events of the object", title_justify="left", box=None)
    for column in ("query", *(f"{length:,}" for length in lengths), "longest/shortest"):
        table.add_column(column, justify="left" if column == "query" else "right")
    for title, query in queries.items():
        medians = await _measured(clients, query, text, rounds)
        ratio = medians[max(lengths)] / medians[min(lengths)]
        table.add_row(title, *(f"{medians[length]:.1f}" for length in lengths), f"{ratio:.1f}")
    Console(width=120).print(table)


async def _measured(clients: Clients, query: str, text: Text, rounds: int) -> dict[int, float]:
    """The median for each length; the first rounds do not count."""
    durations: dict[int, list[float]] = {length: [] for length in clients}
    for _ in range(_WARM_UP + rounds):
        for length, client in clients.items():
            begun = time.perf_counter()
            answer = (await client.post("/graphql", json={"query": text(query, length)})).json()
            durations[length].append(1000 * (time.perf_counter() - begun))
            assert "errors" not in answer, answer["errors"]
    return {length: statistics.median(each[_WARM_UP:]) for length, each in durations.items()}

"""Filters, orders and back-references by the number of entities: 1,000 and 20,000 deployments, in turns.

python -m bench.lists [--sizes 1000,20000] [--rounds 15]. The sizes take turns query by query, so that a ratio compares
neighbours in time. What is measured is a request to the application in this process, MongoDB included. `spec.region`
has an index that the type declares, `spec.version` has the same values and none.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from domain import instants, manifest, registry
from domain.domain_type import DomainType
from domain.errors import DselError
from domain.event import Actor, ActorType
from domain.instants import write
from domain.registry import Registry
from graph.app import create_app
from graph.settings import Settings
from repository.embedded import EmbeddedMongod
from resolvers import ingestion
from resolvers.context import Caller, Context, Right

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_CHANGED = _BEGINNING + timedelta(days=30)
_VALUES = 500
_CONFIGS = 100
_WARM_UP = 2
_LIST = "deployments(%s first: 20) { nodes { name current { spec { version } } } }"
_BACK = 'config(name: "c7", appId: "app-7") { deployments(first: 20) { nodes { name current { spec { version } } } } }'
QUERIES = {
    "the first page": _LIST % "",
    "equality with an index": _LIST % 'where: {spec: {region: {eq: "v007"}}}',
    "equality without": _LIST % 'where: {spec: {version: {eq: "v007"}}}',
    "a range that most fulfil": _LIST % 'where: {spec: {version: {gte: "v100"}}}',
    "in the order of an index": _LIST % "orderBy: {spec: {region: DESC}}",
    "in an order without": _LIST % "orderBy: {spec: {version: DESC}}",
    "equality as of a time": _LIST % f'asOf: "{write(_CHANGED)}", where: {{spec: {{version: {{eq: "v007"}}}}}}',
    "who refers": _BACK,
    "who referred before a hundredth changed": f'at(time: "{write(_CHANGED - timedelta(days=1))}") {{ {_BACK} }}',
}


async def main(sizes: list[int], rounds: int) -> None:
    table = Table(title="milliseconds for a request, by the number of deployments", title_justify="left", box=None)
    for column in ("query", *(f"{size:,}" for size in sizes), "most/fewest"):
        table.add_column(column, justify="left" if column == "query" else "right")
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod, AsyncExitStack() as stack:
            clients = {size: await stack.enter_async_context(_serving(mongod.uri, size)) for size in sizes}
            for title, query in QUERIES.items():
                medians = await _measured(clients, query, rounds)
                ratio = medians[max(sizes)] / medians[min(sizes)]
                table.add_row(title, *(f"{medians[size]:.1f}" for size in sizes), f"{ratio:.1f}")
    Console(width=120).print(table)


@asynccontextmanager
async def _serving(uri: str, size: int) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(mongodb_uri=uri, database=f"lists_{size}"), types=Registry(_types()))
    transport = httpx.ASGITransport(app)
    service = app.state.service
    async with service.running(app), httpx.AsyncClient(transport=transport, base_url="http://dsel") as made:
        caller = Caller(Actor("bench", ActorType.SERVICE), frozenset(Right))
        context = Context(service.log, service.registry, caller, instants.system_clock(), datetime.now(UTC))
        for batch in ingestion.batches(_envelopes(size), 500):
            results = await ingestion.store(context, batch, imported=True)
            if refused := [each for each in results if isinstance(each, DselError)]:
                raise refused[0]
        await service.log.declared.make()
        yield made


def _types() -> Iterator[DomainType]:
    for each in registry.builtin():
        if each.name == "Deployment":
            spec = each.manifest["spec"] | {"indexes": ["/spec/region"]}
            yield manifest.read({**each.manifest, "spec": spec})
        else:
            yield each


def _envelopes(size: int) -> Iterator[Any]:
    """Deployments of a hundred apps, each with one of a hundred configurations; a hundredth of them changes later."""
    for number in range(_CONFIGS):
        yield _envelope("Config", number, _BEGINNING, {"format": "env"})
    for number in range(size):
        yield _envelope("Deployment", number, _BEGINNING, _spec(number, number))
    for number in range(0, size, 100):
        yield _envelope("Deployment", number, _CHANGED, _spec(number, number + 1))


def _spec(number: int, value: int) -> Any:
    text = f"v{value % _VALUES:03}"
    configs = [{"name": f"c{number % _CONFIGS}", "appId": f"app-{number % _CONFIGS}"}]
    spec = {"artifact": {"name": "module"}, "environment": "staging", "version": text, "region": text}
    return {**spec, "configs": configs, "replicas": number % 7}


def _envelope(kind: str, number: int, at: datetime, spec: Any) -> Any:
    name, app = (f"c{number}", f"app-{number}") if kind == "Config" else (f"d{number:06}", f"app-{number % 97}")
    state = {"apiVersion": "v1alpha1", "kind": kind, "meta": {"name": name, "appId": app}, "spec": spec}
    meta = {"name": name, "appId": app, "timestamp": write(at), "userId": "anna.keller@example.com"}
    return {"apiVersion": "v1alpha1", "kind": f"{kind}AppliedEvent", "meta": meta, "spec": {kind.lower(): state}}


async def _measured(clients: dict[int, httpx.AsyncClient], query: str, rounds: int) -> dict[int, float]:
    """The median for each size; the first rounds do not count."""
    durations: dict[int, list[float]] = {size: [] for size in clients}
    for _ in range(_WARM_UP + rounds):
        for size, client in clients.items():
            begun = time.perf_counter()
            answer = (await client.post("/graphql", json={"query": f"{{ {query} }}"})).json()
            durations[size].append(1000 * (time.perf_counter() - begun))
            assert "errors" not in answer, answer["errors"]
    return {size: statistics.median(each[_WARM_UP:]) for size, each in durations.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,20000")
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    asyncio.run(main([int(each) for each in given.sizes.split(",")], given.rounds))

"""Queries while a subscriber replays the log: how long they take, beside how long they take without it.

python -m bench.subscriber [--events 20000] [--seconds 8] [--subscribers 1]. One process serves all of them. Spans with
and without subscribers take turns; each replay begins anew from the first event, and is read as fast as it comes.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bench import dataset, servers
from bench.servers import started
from repository.embedded import EmbeddedMongod

_QUERY = '{ artifact(name: "module-00", appId: "bench") { current { spec { version } event { actor { id } } } } }'
_REPLAY = 'subscription { events(from: "2026-01-01T00:00:00Z") { cursor node { id kind timestamp actor { id } } } }'
_TURNS = 3
_SETTLING = 15  # seconds, after which all is replayed from the log


@dataclass
class Replayed:
    events: int = 0
    seconds: float = 0.0
    durations: list[float] = field(default_factory=list)


async def main(events: int, seconds: float, subscribers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod:
            await dataset.seed(mongod.uri, "dsel", entities=10, events=events // 10)
            command = servers.dsel(mongod.uri, "dsel")
            async with started("service", command, DSEL_AGGREGATES="false") as service:
                await asyncio.sleep(_SETTLING)
                alone, beside = Replayed(), Replayed()
                await _ask(service.url, 1.0)
                for _ in range(_TURNS):
                    alone.durations += await _ask(service.url, seconds / 2)
                    async with _replaying(service.url, subscribers, beside):
                        beside.durations += await _ask(service.url, seconds)
                _tell("alone", alone)
                _tell(f"beside {subscribers}", beside)
                print(f"{beside.events / beside.seconds:,.0f} events a second were replayed")


async def _ask(address: str, seconds: float) -> list[float]:
    """How long each query took, in milliseconds, one after the other with a pause between."""
    durations, end = [], time.monotonic() + seconds
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        while time.monotonic() < end:
            begun = time.perf_counter()
            answer = await http.post(address, json={"query": _QUERY})
            durations.append(1000 * (time.perf_counter() - begun))
            assert "errors" not in answer.json(), answer.text
            await asyncio.sleep(0.005)
    return durations


@asynccontextmanager
async def _replaying(address: str, subscribers: int, replayed: Replayed) -> AsyncIterator[None]:
    begun = time.monotonic()
    tasks = [asyncio.create_task(_replay(address, replayed)) for _ in range(subscribers)]
    await asyncio.sleep(0.5)
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    replayed.seconds += time.monotonic() - begun


async def _replay(address: str, replayed: Replayed) -> None:
    """Again and again, as bytes: to read JSON here would slow down who asks here too."""
    target = urlsplit(address)
    body = json.dumps({"query": _REPLAY}).encode()
    head = (
        f"POST {target.path} HTTP/1.1\r\nhost: {target.netloc}\r\naccept: text/event-stream\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(target.hostname, target.port)
    try:
        writer.write(head.encode() + body)
        while data := await reader.read(65_536):
            replayed.events += data.count(b"event: next")
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _tell(title: str, replayed: Replayed) -> None:
    cuts = statistics.quantiles(replayed.durations, n=100)
    shown = ", ".join(f"p{cut} {cuts[cut - 1]:.1f} ms" for cut in (50, 90, 99))
    print(f"{title:12} {len(replayed.durations):6,} queries: {shown}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--subscribers", type=int, default=1)
    given = parser.parse_args()
    asyncio.run(main(given.events, given.seconds, given.subscribers))

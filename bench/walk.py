"""A walk over 10,000 events while four writers append and import backdated events: nothing is met twice or lost.

python -m bench.walk [--events 10000] [--writers 4]. For each order of the log: how many events were there when the walk
began, how many it met, how many were written meanwhile, and how many of the events of before were lost or met twice. In
recorded order the walk follows the log for 20 seconds and then until it is settled: it must meet what was written, too.
"""

import argparse
import asyncio
import itertools
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from bench import dataset
from bench.lengths import serving
from domain.instants import write
from repository.embedded import EmbeddedMongod

_PAGE = 200
_FOLLOWED = 20
_WALK = """query($order: EventOrder!, $first: Int!, $after: String) {
  events(order: $order, first: $first, after: $after) { nodes { id } settled pageInfo { hasNextPage endCursor } } }"""
_BRING = """mutation($envelopes: [JSON!]!) {
  recordEvents(envelopes: $envelopes, import: true) { ... on EventRecorded { event { id } } } }"""
_RECORD = "mutation($envelope: JSON!) { recordEvent(envelope: $envelope) { ... on EventRecorded { event { id } } } }"


async def main(events: int, writers: int) -> None:
    table = Table(title="walks while others write", title_justify="left", box=None)
    for column in ("order", "seconds", "to meet", "met", "written meanwhile", "lost", "twice"):
        table.add_column(column, justify="left" if column == "order" else "right")
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod:
            for order in ("NEWEST", "OLDEST", "RECORDED"):
                name = f"walk_{order.lower()}"
                await dataset.seed(mongod.uri, name, entities=50, events=events // 50)
                async with serving(mongod.uri, name) as client:
                    table.add_row(order, *await Walk(client, order).told(events, writers))
    Console(width=120).print(table)


class Walk:
    def __init__(self, client: httpx.AsyncClient, order: str) -> None:
        self._client = client
        self._order = order
        self._written: list[str] = []
        self._numbers = itertools.count()
        self._met: list[str] = []

    async def told(self, events: int, writers: int) -> list[str]:
        begun = time.perf_counter()
        before = {
            f"{dataset.APP}-module-{entity:02}-{number}" for entity in range(50) for number in range(events // 50)
        }
        writing = [asyncio.create_task(self._write(number)) for number in range(writers)]
        await asyncio.sleep(0.2)
        after = await self._pages(None)
        following = time.monotonic() + (_FOLLOWED if self._order == "RECORDED" else 0)
        while time.monotonic() < following:
            after = await self._pages(after)
            await asyncio.sleep(0.1)
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
        if self._order == "RECORDED":
            before |= set(self._written)
            await self._rest(after, before)
        counts = Counter(self._met)
        twice = sum(count > 1 for count in counts.values())
        lost = len(before - counts.keys())
        numbers = (len(before), len(self._met), len(self._written), lost, twice)
        return [f"{time.perf_counter() - begun:.1f}", *(f"{each:,}" for each in numbers)]

    async def _pages(self, after: str | None) -> str | None:
        """Up to the end of the log as it is by then, or to its settled point."""
        while True:
            page = (await self._ask(_WALK, order=self._order, first=_PAGE, after=after))["events"]
            self._met += [each["id"] for each in page["nodes"]]
            after = page["pageInfo"]["endCursor"] or after
            if not page["pageInfo"]["hasNextPage"]:
                return after
            await asyncio.sleep(0.05)

    async def _rest(self, after: str | None, wanted: set[str]) -> None:
        """What is not settled yet."""
        deadline = time.monotonic() + 30
        while not wanted <= set(self._met) and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
            after = await self._pages(after)

    async def _write(self, writer: int) -> None:
        """Two imports with times of the past half year, then a live event, and so on until it is cancelled."""
        while True:
            number = next(self._numbers)
            past = datetime.now(UTC) - timedelta(minutes=7 * (number * 7919 % 37_000))
            envelopes = [_scanned(writer, f"{number}-{each}", write(past)) for each in range(2)]
            answer = await self._ask(_BRING, envelopes=envelopes)
            self._written += [each["event"]["id"] for each in answer["recordEvents"]]
            answer = await self._ask(_RECORD, envelope=_scanned(writer, f"{number}-live", None))
            self._written.append(answer["recordEvent"]["event"]["id"])

    async def _ask(self, query: str, **variables: Any) -> Any:
        answer = (await self._client.post("/graphql", json={"query": query, "variables": variables})).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


def _scanned(writer: int, number: str, timestamp: str | None) -> Any:
    meta = {"eventId": f"written-{number}", "name": f"module-{writer:02}", "appId": dataset.APP}
    meta |= {"timestamp": timestamp} if timestamp else {}
    return {"apiVersion": "v1alpha1", "kind": "ArtifactScannedEvent", "meta": meta, "spec": {}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--writers", type=int, default=4)
    given = parser.parse_args()
    asyncio.run(main(given.events, given.writers))

"""Writing against the floor: the same documents through the driver alone, side by side in one run.

python -m bench.writes [--events 10000] [--rounds 5] [--writers 16] [--file EVENTS.ndjson.gz]
"""

import argparse
import asyncio
import gzip
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from pymongo import AsyncMongoClient
from pymongo.write_concern import WriteConcern

from cli import server
from cli.demo import envelopes as demo_envelopes
from domain import envelope as envelopes
from domain import instants, registry
from domain.event import Actor, ActorType
from repository import driver, indexes
from repository.documents import EVENTS
from repository.embedded import EmbeddedMongod
from repository.event_log import Append
from repository.mongo_event_log import MongoEventLog
from resolvers import ingestion
from resolvers.context import Caller, Context, Right

_LOADER = Caller(Actor("bench", ActorType.SERVICE), frozenset(Right))
_BATCH = 500
Run = Callable[[], Awaitable[float]]


async def main(events: int, rounds: int, writers: int, file: Path | None) -> None:
    server.spare_collections()
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod:
            client: AsyncMongoClient[Any] = AsyncMongoClient(mongod.uri)
            bench = Bench(mongod.uri, client, list(_envelopes(events, file)))
            await bench.collect()
            await _compare("import", bench.raw_import, bench.our_import, rounds)
            await _compare(
                f"{writers} writers", lambda: bench.raw_writes(writers), lambda: bench.our_writes(writers), rounds
            )
            await client.close()


class Bench:
    """Each run uses a fresh database, with all indexes, and returns events per second."""

    def __init__(self, uri: str, client: AsyncMongoClient[Any], envelopes: Sequence[Any]) -> None:
        self._uri = uri
        self._client = client
        self._envelopes = envelopes
        self._documents: list[dict[str, Any]] = []
        self._count = 0

    async def collect(self) -> None:
        """The documents exactly as the log stores them."""
        name, log = await self._fresh()
        await self._import(log)
        self._documents = await self._client[name][EVENTS].find().sort("$natural", 1).to_list()
        await self._client.drop_database(name)

    async def raw_import(self) -> float:
        name, _ = await self._fresh()
        collection = self._client[name].get_collection(EVENTS, write_concern=WriteConcern("majority", j=True))
        started = time.perf_counter()
        for start in range(0, len(self._documents), _BATCH):
            await collection.insert_many(self._documents[start : start + _BATCH])
        return await self._done(name, len(self._documents), started)

    async def our_import(self) -> float:
        name, log = await self._fresh()
        started = time.perf_counter()
        await self._import(log)
        return await self._done(name, len(self._envelopes), started)

    async def raw_writes(self, writers: int) -> float:
        name, _ = await self._fresh()
        collection = self._client[name].get_collection(EVENTS, write_concern=WriteConcern("majority", j=True))
        documents = iter(self._documents[:2000])

        async def write() -> None:
            for document in documents:
                await collection.insert_one(document)

        started = time.perf_counter()
        await asyncio.gather(*(write() for _ in range(writers)))
        return await self._done(name, min(2000, len(self._documents)), started)

    async def our_writes(self, writers: int) -> float:
        name, log = await self._fresh()
        types, count = registry.builtin(), min(2000, len(self._envelopes))
        waiting = iter(self._envelopes[:count])

        async def write() -> None:
            for envelope in waiting:
                draft = envelopes.read(envelope, types, _LOADER.actor)
                await log.append([Append(draft)])

        started = time.perf_counter()
        await asyncio.gather(*(write() for _ in range(writers)))
        return await self._done(name, count, started)

    async def _import(self, log: MongoEventLog) -> None:
        context = Context(
            log=log,
            registry=registry.builtin(),
            caller=_LOADER,
            clock=instants.system_clock(),
            instant=datetime.now(UTC),
        )
        committing: asyncio.Task[Any] | None = None
        for batch in ingestion.batches(self._envelopes):
            reads = []
            for number, each in enumerate(batch):
                reads.append(ingestion.read(context, each, imported=True))
                if number % 25 == 0:
                    await asyncio.sleep(0)
            if committing is not None:
                await committing
            committing = asyncio.create_task(ingestion.commit(context, reads))
        if committing is not None:
            await committing

    async def _fresh(self) -> tuple[str, MongoEventLog]:
        self._count += 1
        name = f"bench{self._count}"
        database = driver.connect(self._uri, name)
        await indexes.ensure(database)
        return name, MongoEventLog(database, instants.system_clock())

    async def _done(self, name: str, count: int, started: float) -> float:
        rate = count / (time.perf_counter() - started)
        await self._client.drop_database(name)
        return rate


async def _compare(what: str, floor: Run, ours: Run, rounds: int) -> None:
    await floor()
    await ours()
    pairs = [(await floor(), await ours()) for _ in range(rounds)]
    ratios = [our / raw for raw, our in pairs]
    raw, our = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"{what:12} driver alone {raw:8,.0f}/s   log {our:8,.0f}/s   ratio {statistics.median(ratios):.2f}"
        f" ({min(ratios):.2f} to {max(ratios):.2f})"
    )


def _envelopes(events: int, file: Path | None) -> Iterator[Any]:
    """Demo events, again and again for other apps, or the lines of a file."""
    if file is not None:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            yield from (json.loads(line) for _, line in zip(range(events), lines, strict=False))
        return
    story, made = list(demo_envelopes()), 0
    while made < events:
        for envelope in story[: events - made]:
            text = json.dumps(envelope).replace('"appId": "', f'"appId": "{made // len(story)}-')
            document = json.loads(text)
            document["meta"]["eventId"] += f"-{made // len(story)}"
            yield document
        made += len(story)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--file", type=Path)
    given = parser.parse_args()
    uvloop.run(main(given.events, given.rounds, given.writers, given.file))

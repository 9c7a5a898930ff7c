"""Writing against the floor: the same documents through the driver alone, side by side in one run.

python -m bench.writes [--events 10000] [--rounds 5] [--writers 16] [--file EVENTS.ndjson.gz | --git CLONE]

A file has one envelope or CloudEvent on a line, as `dsel import events` takes them, or a row of a public history as
tests/real_history.py reads them. Of a clone, the time that git and the reading of YAML take is told apart.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any

import uvloop
from pymongo import AsyncMongoClient
from pymongo.write_concern import WriteConcern

from cli import event_file, server
from cli.demo import envelopes as demo_envelopes
from cli.git_history import History
from domain import envelope as envelopes
from domain import instants, registry
from domain.errors import DselError
from domain.event import Actor, ActorType
from graph import json_text
from repository import driver, indexes
from repository.documents import EVENTS
from repository.embedded import EmbeddedMongod
from repository.event_log import Append
from repository.mongo_event_log import MongoEventLog
from resolvers import ingestion
from resolvers.context import Caller, Context, Right
from tests import real_history

_LOADER = Caller(Actor("bench", ActorType.SERVICE), frozenset(Right))
_BATCH = 500
Run = Callable[[], Awaitable[float]]


async def main(given: argparse.Namespace) -> None:
    envelopes = list(islice(_envelopes(given), given.events))
    server.spare_collections()
    writers, rounds = given.writers, given.rounds
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod:
            client: AsyncMongoClient[Any] = AsyncMongoClient(mongod.uri)
            bench = Bench(mongod.uri, client, envelopes)
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
        for result in await self._import(log):
            if isinstance(result, DselError):
                raise SystemExit(f"an event was refused: {result}")
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

    async def _import(self, log: MongoEventLog) -> list[ingestion.Result]:
        """As `POST /events` does it: a batch is read while the one before it is stored."""
        results: list[ingestion.Result] = []
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
                results += await committing
            committing = asyncio.create_task(ingestion.commit(context, reads))
        return results + await committing if committing is not None else results

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


def _envelopes(given: argparse.Namespace) -> Iterator[Any]:
    if given.git is not None:
        yield from _of_clone(given.git, given.events)
    elif given.file is not None:
        yield from _of_file(given.file)
    else:
        yield from _of_demo()


def _of_demo() -> Iterator[Any]:
    """Demo events, again and again for other apps."""
    story = list(demo_envelopes())
    for again in count():
        for envelope in story:
            document = json.loads(json.dumps(envelope).replace('"appId": "', f'"appId": "{again}-'))
            document["meta"]["eventId"] += f"-{again}"
            yield document


def _of_file(path: Path) -> Iterator[Any]:
    with event_file.opened(path) as file:
        for number, line in enumerate(file.lines, start=1):
            document = json_text.loads(line)
            if "objKind" in document and "op" in document:
                yield real_history.envelope(document)
            elif "kind" in document or "specversion" in document:
                yield document
            else:
                raise SystemExit(f"{path}, line {number}: neither an envelope, a CloudEvent nor a row of a history")


def _of_clone(path: Path, most: int) -> Iterator[Any]:
    history = History(path)
    started, spent = time.perf_counter(), time.process_time()
    envelopes = list(islice(history, most))
    wall, own = time.perf_counter() - started, time.process_time() - spent
    report = history.report
    print(
        f"reading      {len(envelopes):,} events of {report.commits:,} commits, {report.files:,} files of"
        f" {report.bytes:,} bytes: {len(envelopes) / wall:,.0f}/s ({wall:.1f} s, our processor time {own:.1f} s)"
    )
    yield from envelopes


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--git", type=Path)
    uvloop.run(main(parser.parse_args()))

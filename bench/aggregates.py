"""Aggregates over real histories: folded as the events come, and verified by folding the whole log anew.

python -m bench.aggregates [--events 100000]

Takes the public histories that tests/real_history.py reads; each commit stands for an execution, each repository for
an app.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from itertools import chain, islice
from pathlib import Path
from typing import Any

from domain import instants, registry
from domain.errors import DselError
from domain.event import Actor, ActorType
from repository import driver, indexes
from repository.aggregator import Aggregator
from repository.embedded import EmbeddedMongod
from repository.mongo_event_log import MongoEventLog
from resolvers import ingestion
from resolvers.context import Caller, Context, Right
from tests import real_history

_LOADER = Caller(Actor("bench", ActorType.SERVICE), frozenset(Right))
_HISTORIES = ("bench-wide-moj", "bench-mid-onedr0p")


async def main(events: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod:
            database = driver.connect(mongod.uri, "bench", timeout=60)
            await indexes.ensure(database)
            await _run(Aggregator(database, MongoEventLog(database, instants.system_clock())), database, events)
            await database.close()


async def _run(aggregator: Aggregator, database: driver.Database, events: int) -> None:
    clock = instants.system_clock()
    context = Context(MongoEventLog(database, clock), registry.builtin(), _LOADER, clock, clock())
    rows = islice(chain.from_iterable(map(real_history.rows, _HISTORIES)), events)
    stored = appended = 0
    importing = folding = 0.0
    for batch in ingestion.batches(map(_envelope, rows)):
        began = time.process_time()
        results = [
            each for each in await ingestion.store(context, batch, imported=True) if not isinstance(each, DselError)
        ]
        importing += time.process_time() - began
        began = time.process_time()
        appended += await aggregator.refresh(aggregator.touched(each.event for each in results))
        folding += time.process_time() - began
        stored += len(results)
    print(f"{stored:,} events stored in {importing:.1f} s of processor time")
    print(f"{appended:,} events of aggregates appended in {folding:.1f} s of processor time")
    began = time.process_time()
    found = Counter(["as it should be" if each is None else each.problem.value async for each in aggregator.verify()])
    print(f"{found.total():,} aggregates verified in {time.process_time() - began:.1f} s: {dict(found)}")


def _envelope(row: dict[str, Any]) -> dict[str, Any]:
    made = real_history.envelope(row)
    made["meta"] |= {"executionId": f"{row['repo']}/{row['sha'][:12]}", "appId": row["repo"]}
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    asyncio.run(main(parser.parse_args().events))

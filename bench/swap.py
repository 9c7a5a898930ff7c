"""What requests notice of domain types that are applied meanwhile: two replicas with the demo data, the load and the
changes each from a process of its own.

python -m bench.swap [--seconds 30] [--types 20] [--swaps 200] [--manifests FOLDER]

Prints, for many types together (with a folder of manifests) and for one: how long the event loops were held and how
soon the other replica served them. Then of queries at full speed on both replicas while types are applied, on one and
the other in turn: failures, answers that differ, the median beside that of the same run before, and how often a
document was known. Then what many changes leave of memory.

A loop is held by whatever it does between two turns: by the clock, which other programs on the machine prolong, and in
processor time, which they do not.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx

from bench import queries_load
from bench.queries_load import Load
from bench.servers import Server, dsel, started
from cli import manifests
from repository.embedded import EmbeddedMongod

APPLY = """mutation($manifests: [JSON!]!, $force: Boolean! = false) {
  done: applyDomainTypes(manifests: $manifests, force: $force) { __typename
    ... on DomainTypesChanged { changes { effect } } ... on WriteError { message } } }"""
RETIRE = "mutation($name: String!) { done: retireDomainType(name: $name) { __typename } }"
TYPES = "{ domainTypes { name } }"
CONNECTIONS = 4
QUERIES = [
    f"query Q{number} {{ artifacts(first: {number + 1}) {{ nodes {{ name current {{ spec {{ version }} }} }} }} }}"
    for number in range(20)
]


def type_of(number: int, *properties: str) -> dict[str, Any]:
    name = f"Swapped{number}"
    spec = {"type": "object", "properties": {each: {"type": "string"} for each in ("size", *properties)}}
    return {
        "apiVersion": "dsel/v1alpha1",
        "kind": "DomainType",
        "meta": {"name": name},
        "spec": {
            "actions": [{"name": "apply", "intent": f"{name}ApplyEvent", "outcome": f"{name}AppliedEvent"}],
            "versions": [{"name": "v1", "schema": {"type": "object", "properties": {"spec": spec}}}],
        },
    }


async def mutate(http: httpx.AsyncClient, url: str, query: str, **variables: Any) -> Any:
    answer = (await http.post(url, json={"query": query, "variables": variables}, timeout=120)).json()
    done = answer.get("data", {}).get("done", {})
    if done.get("__typename") != "DomainTypesChanged":
        sys.exit(f"a type could not be changed: {str(answer)[:1000]}")
    return done


async def known(http: httpx.AsyncClient, url: str, number: int) -> None:
    """Returns when a replica serves so many types more than those that are built in."""
    while True:
        types = (await http.post(url, json={"query": TYPES})).json()["data"]["domainTypes"]
        if len(types) >= number:
            return
        await asyncio.sleep(0.005)


async def count(http: httpx.AsyncClient, url: str) -> int:
    return len((await http.post(url, json={"query": TYPES})).json()["data"]["domainTypes"])


async def watched(http: httpx.AsyncClient, replica: Server) -> dict[str, float]:
    """See bench.watched."""
    answer: dict[str, float] = (await http.get(replica.url.removesuffix("/graphql") + "/watched")).json()
    return answer


async def held(replicas: list[Server], what: str, types: list[dict[str, Any]]) -> None:
    """Applies them together on the first replica, and watches the loops of both."""
    async with httpx.AsyncClient(timeout=120) as http:
        [await watched(http, each) for each in replicas]
        await asyncio.sleep(2)
        rest = [await watched(http, each) for each in replicas]
        there = await count(http, replicas[0].url)
        began = time.perf_counter()
        await mutate(http, replicas[0].url, APPLY, manifests=types, force=True)
        answered = time.perf_counter()
        await known(http, replicas[1].url, there + len(types))
        served = time.perf_counter()
        await asyncio.sleep(0.5)
        found = [await watched(http, each) for each in replicas]
    print(f"{what}: applied in {answered - began:.2f} s, served by the other replica {served - answered:.2f} s later")
    for name, at_rest, meanwhile in zip(("the replica asked", "the other one"), rest, found, strict=True):
        shown = " and ".join(
            f"{meanwhile[key]:.0f} ms {text} (at rest {at_rest[key]:.0f})"
            for key, text in (("processor", "of processor time"), ("clock", "by the clock"))
        )
        print(f"  the loop of {name} was held {shown}")


async def under_load(replicas: list[Server], seconds: float, types: int) -> None:
    """Queries on both; after a third of the time types are applied, on one replica and the other in turn."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(len(replicas), mp_context=get_context("spawn")) as processes:
        running = [
            loop.run_in_executor(processes, queries_load.run, each.url, QUERIES, CONNECTIONS, seconds)
            for each in replicas
        ]
        await asyncio.sleep(seconds / 3)
        async with httpx.AsyncClient(timeout=120) as http:
            before = [await watched(http, each) for each in replicas]
            swaps, delays = await _swaps(http, replicas, seconds * 0.6, types)
            after = [await watched(http, each) for each in replicas]
        loads = await asyncio.gather(*running)
    _report(loads, swaps)
    asked = [sum(now[key] - then[key] for now, then in zip(after, before, strict=True)) for key in ("known", "unknown")]
    print(f"documents known: {asked[0] / sum(asked):.2%} of {sum(asked):,.0f}")
    most = max(each["processor"] for each in after)
    print(f"the loops were held {most:.0f} ms of processor time at most ({before[0]['processor']:.0f} before)")
    took = [1000 * (end - start) for start, end in swaps]
    print(f"a type was applied and known to both in {statistics.median(took):.0f} ms, at most {max(took):.0f} ms")
    print(f"the other replica served it {1000 * max(delays):.0f} ms after the answer at most")


async def _swaps(
    http: httpx.AsyncClient, replicas: list[Server], seconds: float, types: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """When each began and when both replicas served it, and the seconds that the other one was late."""
    swaps, delays = [], []
    there = await count(http, replicas[0].url)
    for number in range(types):
        began = time.perf_counter()
        await mutate(http, replicas[number % 2].url, APPLY, manifests=[type_of(number)])
        answered = time.perf_counter()
        await known(http, replicas[(number + 1) % 2].url, there + number + 1)
        swaps.append((began, time.perf_counter()))
        delays.append(time.perf_counter() - answered)
        await asyncio.sleep(max(0.0, seconds / types - (time.perf_counter() - began)))
    return swaps, delays


def _report(loads: list[Load], swaps: list[tuple[float, float]]) -> None:
    first = swaps[0][0]
    timed = [each for load in loads for each in load.times]
    before = [took for began, took in timed if began + took < first]
    during = [took for began, took in timed if any(began < end and began + took > start for start, end in swaps)]
    failures = [each for load in loads for each in load.failures]
    answers = [{digest for load in loads for digest in load.answers[query]} for query in QUERIES]
    differing = sum(len(each) > 1 for each in answers)
    print(f"queries {len(timed):,}, failed {len(failures)}, of {len(QUERIES)} with answers that differ {differing}")
    for failure in failures[:3]:
        print(f"  {failure[:300]}")
    median = statistics.median(before)
    for name, times in (("before", before), ("during a swap", during)):
        high = statistics.quantiles(times, n=100)[98]
        ratio = statistics.median(times) / median
        shown = f"p50 {1000 * statistics.median(times):.2f} ms ({ratio:.2f} of before), p99 {1000 * high:.1f} ms"
        print(f"{name}: {len(times):,} queries, {shown}")


async def memory(replicas: list[Server], swaps: int) -> None:
    """Resident memory before and after many changes on the first replica: a type that changes, goes and comes."""
    marks = []
    async with httpx.AsyncClient(timeout=120) as http:
        for number in range(swaps + 20):
            if number in (20, 20 + swaps // 2):
                marks.append([each.resident_megabytes() for each in replicas])
            if number % 4 == 3:
                await mutate(http, replicas[0].url, RETIRE, name="Swapped1000")
            else:
                await mutate(http, replicas[0].url, APPLY, manifests=[type_of(1000, f"p{number % 4}")], force=True)
            [await http.post(each.url, json={"query": QUERIES[number % 20]}) for each in replicas]
        marks.append([each.resident_megabytes() for each in replicas])
    for name, of in zip(("the replica asked", "the other one"), zip(*marks, strict=True), strict=True):
        shown = ", ".join(f"{each:.0f}" for each in of)
        print(f"resident MB of {name} before, halfway and after {swaps} swaps: {shown} ({of[-1] / of[0] - 1:+.1%})")


@asynccontextmanager
async def running() -> AsyncIterator[list[Server]]:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder)) as mongod:
            async with started("demo", [*dsel(mongod.uri, "swap"), "--demo"]):
                pass
            command = [sys.executable, "-m", "bench.watched", mongod.uri, "swap"]
            async with started("one", command) as one, started("two", command) as two:
                await asyncio.sleep(5)  # until the aggregates of the demo data are made
                yield [one, two]


def _manifests(folder: Path) -> Iterator[dict[str, Any]]:
    for each in manifests.read([folder], recursive=True):
        if isinstance(each, manifests.Manifest) and each.object["kind"] in ("DomainType", "CustomResourceDefinition"):
            yield each.object


async def main(seconds: float, types: int, swaps: int, folder: Path | None) -> None:
    async with running() as both:
        if folder is not None:
            found = list(_manifests(folder))
            await held(both, f"{len(found)} types together", found)
        await held(both, "one type", [type_of(2000)])
        await under_load(both, seconds, types)
        await memory(both, swaps)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--types", type=int, default=20)
    parser.add_argument("--swaps", type=int, default=200)
    parser.add_argument("--manifests", type=Path)
    given = parser.parse_args()
    asyncio.run(main(given.seconds, given.types, given.swaps, given.manifests))

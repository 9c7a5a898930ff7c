"""What requests notice of domain types that are applied meanwhile: on two replicas, each a process of its own.

python bench/swap.py [--seconds 30] [--types 20] [--swaps 200] [--manifests FOLDER]

Prints how long the event loop was held at most, in processor time of the process, which other programs do not change;
how queries fared under full load while types were applied (failures, answers that differ, the median of their time
beside that of the same run before); how long a replica without load did not answer at most; and how much memory many
swaps left behind. With a folder, the types whose manifests are in it are applied first, all together.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.servers import Server, dsel, started
from cli import manifests
from graph.app import create_app
from graph.settings import Settings
from repository.embedded import EmbeddedMongod

APPLY = """mutation($manifests: [JSON!]!, $force: Boolean! = false) {
  done: applyDomainTypes(manifests: $manifests, force: $force) { __typename
    ... on DomainTypesChanged { changes { effect } } ... on WriteError { message } } }"""
RETIRE = "mutation($name: String!) { done: retireDomainType(name: $name) { __typename } }"
STATS = "{ domainTypes { name } }"
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


@dataclass
class Load:
    """Queries at full speed, each with when it began, how long it took, and what it answered."""

    url: str
    times: list[tuple[float, float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    answers: dict[str, set[str]] = field(default_factory=dict)
    stopped: bool = False

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=30) as http:
            await asyncio.gather(*(self._ask(http) for _ in range(CONNECTIONS)))

    async def _ask(self, http: httpx.AsyncClient) -> None:
        for query in itertools.cycle(QUERIES):
            if self.stopped:
                return
            began = time.perf_counter()
            try:
                answer = (await http.post(self.url, json={"query": query})).json()
            except (httpx.HTTPError, ValueError) as error:
                self.failures.append(repr(error))
                continue
            self.times.append((began, time.perf_counter() - began))
            if "errors" in answer:
                self.failures.append(str(answer["errors"][0]))
            self.answers.setdefault(query, set()).add(json.dumps(answer["data"]))


async def mutate(http: httpx.AsyncClient, url: str, query: str, **variables: Any) -> Any:
    answer = (await http.post(url, json={"query": query, "variables": variables}, timeout=120)).json()
    done = answer.get("data", {}).get("done", {})
    if done.get("__typename") != "DomainTypesChanged":
        sys.exit(f"a type could not be changed: {str(answer)[:1000]}")
    return done


async def known(http: httpx.AsyncClient, url: str, name: str) -> None:
    """Returns when a replica serves the type."""
    while True:
        types = (await http.post(url, json={"query": STATS})).json()["data"]["domainTypes"]
        if name in {each["name"] for each in types}:
            return
        await asyncio.sleep(0.005)


async def under_load(replicas: list[Server], seconds: float, types: int) -> None:
    """Half a minute of queries on both; in the second half types are applied, on one replica and the other in turn."""
    loads = [Load(each.url) for each in replicas]
    running = [asyncio.create_task(each.run()) for each in loads]
    await asyncio.sleep(seconds / 3)
    swaps: list[tuple[float, float]] = []
    delays: list[float] = []
    async with httpx.AsyncClient(timeout=120) as http:
        for number in range(types):
            began = time.perf_counter()
            await mutate(http, replicas[number % 2].url, APPLY, manifests=[type_of(number)])
            answered = time.perf_counter()
            await known(http, replicas[(number + 1) % 2].url, f"Swapped{number}")
            swaps.append((began, time.perf_counter()))
            delays.append(time.perf_counter() - answered)
            await asyncio.sleep(max(0.0, seconds * 2 / 3 / types - (time.perf_counter() - began)))
    for each in loads:
        each.stopped = True
    await asyncio.gather(*running)
    _report(loads, swaps, delays)


def _report(loads: list[Load], swaps: list[tuple[float, float]], delays: list[float]) -> None:
    first = swaps[0][0]
    timed = [each for load in loads for each in load.times]
    before = [took for began, took in timed if began + took < first]
    during = [took for began, took in timed if any(began < end and began + took > start for start, end in swaps)]
    rest = [took for began, took in timed if began > first and took not in during]
    failures = [each for load in loads for each in load.failures]
    differing = sum(len(answers) > 1 for load in loads for answers in load.answers.values())
    print(f"queries {len(timed):,}, failed {len(failures)}, with answers that differ {differing}")
    for failure in failures[:3]:
        print(f"  {failure[:300]}")
    median = statistics.median(before)
    for name, times in (("before", before), ("during a swap", during), ("between swaps", rest)):
        if times:
            high = statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]
            ratio = statistics.median(times) / median
            shown = f"p50 {1000 * statistics.median(times):.2f} ms ({ratio:.2f} of before), p99 {1000 * high:.1f} ms"
            print(f"{name}: {len(times):,} queries, {shown}")
    took = [1000 * (end - start) for start, end in swaps]
    print(f"a type is applied and known to both in {statistics.median(took):.0f} ms, at most {max(took):.0f} ms")
    print(f"the other replica knows it {1000 * max(delays):.0f} ms after the answer at most")


async def held(uri: str, manifests_: list[dict[str, Any]]) -> float:
    """The most milliseconds of processor time that a service takes between two turns of its loop meanwhile."""
    app = create_app(Settings(mongodb_uri=uri, database="held"))
    turns: list[float] = []

    async def turn() -> None:
        while True:
            turns.append(time.process_time())
            await asyncio.sleep(0.001)

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://held", timeout=120) as http,
    ):
        turning = asyncio.create_task(turn())
        await mutate(http, "/graphql", APPLY, manifests=manifests_, force=True)
        turning.cancel()
    return 1000 * max(after - before for before, after in itertools.pairwise(turns))


async def hold(replica: Server, change: Callable[[httpx.AsyncClient], Awaitable[object]]) -> tuple[float, float]:
    """The longest time in milliseconds that a replica without other load took to answer, at rest and meanwhile."""
    health = replica.url.removesuffix("/graphql") + "/healthz"

    async def longest(http: httpx.AsyncClient, until: "asyncio.Task[object]") -> float:
        most = 0.0
        while not until.done():
            began = time.perf_counter()
            await http.get(health)
            most = max(most, time.perf_counter() - began)
            await asyncio.sleep(0.001)
        return 1000 * most

    async with httpx.AsyncClient(timeout=120) as probe, httpx.AsyncClient(timeout=120) as http:
        rest = await longest(probe, asyncio.create_task(_slept(2)))
        meanwhile = await longest(probe, asyncio.ensure_future(change(http)))
    return rest, meanwhile


async def _slept(seconds: float) -> object:
    return await asyncio.sleep(seconds)


async def memory(replica: Server, swaps: int) -> None:
    """Resident memory before and after many swaps, each a type that changes or goes and comes."""
    async with httpx.AsyncClient(timeout=120) as http:
        marks = []
        for number in range(swaps + 20):
            if number in (20, 20 + swaps // 2):
                marks.append(replica.resident_megabytes())
            if number % 4 == 3:
                await mutate(http, replica.url, RETIRE, name="Swapped1000")
            else:
                await mutate(http, replica.url, APPLY, manifests=[type_of(1000, f"p{number % 4}")], force=True)
            await http.post(replica.url, json={"query": QUERIES[number % 20]})
        marks.append(replica.resident_megabytes())
    shown = ", ".join(f"{each:.0f}" for each in marks)
    print(f"resident MB before, halfway and after {swaps} swaps: {shown} ({marks[-1] / marks[0] - 1:+.1%})")


@asynccontextmanager
async def replicas() -> AsyncIterator[tuple[str, list[Server]]]:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            EmbeddedMongod(Path(folder)) as mongod,
            started("one", dsel(mongod.uri, "swap")) as one,
            started("two", dsel(mongod.uri, "swap")) as two,
        ):
            yield mongod.uri, [one, two]


def _manifests(folder: Path) -> Iterator[dict[str, Any]]:
    for each in manifests.read([folder], recursive=True):
        if isinstance(each, manifests.Manifest) and each.object["kind"] in ("DomainType", "CustomResourceDefinition"):
            yield each.object


async def main(seconds: float, types: int, swaps: int, folder: Path | None) -> None:
    async with replicas() as (uri, both):
        one, two = both
        print(f"one type: the loop is held {await held(uri, [type_of(3000)]):.0f} ms of processor time at most")
        if folder is not None:
            found = list(_manifests(folder))
            most = await held(uri, found)
            print(f"{len(found)} types together: the loop is held {most:.0f} ms of processor time at most")
            rest, longest = await hold(one, lambda http: mutate(http, one.url, APPLY, manifests=found, force=True))
            print(f"{len(found)} types together: it answers after {longest:.0f} ms at most (at rest {rest:.0f} ms)")
            await asyncio.sleep(3)
        rest, longest = await hold(one, lambda http: mutate(http, one.url, APPLY, manifests=[type_of(2000)]))
        print(f"one type: it answers after {longest:.0f} ms at most (at rest {rest:.0f} ms)")
        rest, longest = await hold(two, lambda http: mutate(http, one.url, APPLY, manifests=[type_of(2001)]))
        print(f"one type, on the other replica: it answers after {longest:.0f} ms at most (at rest {rest:.0f} ms)")
        await under_load(both, seconds, types)
        await memory(one, swaps)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--types", type=int, default=20)
    parser.add_argument("--swaps", type=int, default=200)
    parser.add_argument("--manifests", type=Path)
    given = parser.parse_args()
    asyncio.run(main(given.seconds, given.types, given.swaps, given.manifests))

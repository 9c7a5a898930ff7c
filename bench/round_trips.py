"""Valid objects of every custom resource, written on one replica, as they are and as typed inputs, and read on another.

PYTHONPATH=tests .venv/bin/python -m bench.round_trips FOLDER [FOLDER ...] [--samples 3]

The folders hold CustomResourceDefinitions, in folders of their own. They are applied together, and objects are made of
each schema as `tests/samples.py` does. Prints what was refused, and every object that came out another than it went in:
whole, or field by field.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.custom_resources import built, declarations
from bench.servers import Server, dsel, started
from bench.swap import APPLY, count, known, mutate
from cli.manifests import Manifest, read
from domain.registry import builtin
from repository.embedded import EmbeddedMongod
from round_trip import Ask, difference, typed_difference
from samples import sample


async def main(folders: list[Path], samples: int) -> None:
    found = [each.object for each in read(folders, recursive=True) if isinstance(each, Manifest)]
    manifests = [each for each in found if each["kind"] == "CustomResourceDefinition"]
    base = builtin()
    registry, schema = built(base.with_applied(declarations(base, manifests)))
    types = [each for each in registry if each.scope]
    outcomes: Counter[str] = Counter()
    async with replicas() as (one, other), httpx.AsyncClient(timeout=120) as http:
        began, there = time.perf_counter(), await count(http, one.url)
        await mutate(http, one.url, APPLY, manifests=manifests)
        await known(http, other.url, there + len(types))
        print(f"{len(types)} types are served by both replicas after {time.perf_counter() - began:.1f} s")
        for type_ in types:
            for number in range(samples):
                object_ = sample(type_, number)
                if object_ is None:
                    print(f"{type_.name}: no valid object was found")
                    outcomes["without an object"] += 1
                    continue
                object_["metadata"]["labels"] = {"a.b/c": "d"}
                write, read_ = asking(http, one), asking(http, other)
                differs = await difference(type_, schema, object_, f"a{number}", write, read_)
                differs = differs or await typed_difference(type_, schema, object_, f"typed-{number}", write)
                outcomes["different" if differs else "equal"] += 1
                if differs:
                    print(f"{type_.name}: {differs[:1000]}")
    print(f"of {samples} objects of each: {dict(outcomes)}")


def asking(http: httpx.AsyncClient, replica: Server) -> Ask:
    async def ask(query: str, **variables: Any) -> Any:
        answer = (await http.post(replica.url, json={"query": query, "variables": variables})).json()
        if "errors" in answer:
            raise RuntimeError(str(answer["errors"])[:2000])
        return answer["data"]

    return ask


@asynccontextmanager
async def replicas() -> AsyncIterator[list[Server]]:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder)) as mongod, AsyncExitStack() as stack:
            command = dsel(mongod.uri, "trips")
            yield [await stack.enter_async_context(started(name, command)) for name in ("one", "other")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--samples", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(main(given.folders, given.samples))

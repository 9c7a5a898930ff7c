"""Comparing, changed sets and blame by the length of a history: 10, 1,000 and 100,000 events of one object, in turns.

python -m bench.changes [--lengths 10,1000,100000] [--rounds 15]. The lengths take turns query by query, so that a
ratio compares neighbours in time. What is measured is a request to the application in this process, MongoDB included.
"""

import argparse
import asyncio
import tempfile
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from bench import dataset
from bench.lengths import compare, serving
from domain.instants import write
from repository.embedded import EmbeddedMongod

QUERIES = {
    "compare the middle with the end": "compare(from: %(middle)s) { difference changes { path from to } }",
    "changes in a span of five events": "changes(from: %(recent)s) { nodes { changes { path } actors { id } } }",
    "blame of a field that changed last": 'current { blame(paths: ["/spec/version"]) { since actor { id } } }',
    "blame of a field that never changed": 'current { blame(paths: ["/kind"]) { since actor { id } } }',
    "blame of all fields": "current { blame { path since actor { id } } }",
}
_SPAN = timedelta(days=180)


async def main(lengths: list[int], rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod, AsyncExitStack() as stack:
            clients = {}
            for length in lengths:
                await dataset.seed(mongod.uri, f"events_{length}", entities=1, events=length, span=_SPAN)
                clients[length] = await stack.enter_async_context(serving(mongod.uri, f"events_{length}"))
            await compare(clients, QUERIES, _text, rounds)


def _text(query: str, length: int) -> str:
    middle, recent = (dataset.BEGINNING + _SPAN * number / length for number in (length // 2, length - 5.5))
    body = query % {"middle": f'"{write(middle)}"', "recent": f'"{write(recent)}"'}
    return f"{{ {body} }}" if body.startswith("changes") else _of_artifact(body)


def _of_artifact(body: str) -> str:
    return f'{{ artifact(name: "module-00", appId: "{dataset.APP}") {{ {body} }} }}'


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", default="10,1000,100000")
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    asyncio.run(main([int(each) for each in given.lengths.split(",")], given.rounds))

"""Reading one object by the length of its history: 10, 1,000 and 100,000 events, in turns.

python -m bench.history [--lengths 10,1000,100000] [--rounds 15]. The object began with a person, and a controller has
applied it ever since: whoever looks for the last human from the newest event on reads everything. What is measured is a
request to the application in this process, MongoDB included.
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
    "current": "current { spec { version } event { kind actor { id } } }",
    "asOf the middle": "asOf(time: %(middle)s) { spec { version } validFrom validTo }",
    "lastActor": "lastActor { id type event { timestamp } }",
    "lastActor(type: HUMAN), the first event": "lastActor(type: HUMAN) { id event { timestamp } }",
    "firstActor(type: CONTROLLER)": "firstActor(type: CONTROLLER) { id event { timestamp } }",
    "lastActor(kinds:)": 'lastActor(kinds: ["ArtifactAppliedEvent"]) { id event { timestamp } }',
    "events, the newest 50": "events(first: 50) { nodes { kind timestamp actor { id } } }",
    "events of humans": "events(first: 50, where: {actorTypes: [HUMAN]}) { nodes { kind timestamp } }",
    "events before the middle": "events(first: 50, where: {until: %(middle)s}) { nodes { kind timestamp } }",
    "the log: humans in the app": '{ events(where: {appIds: ["bench"], actorTypes: [HUMAN]}) { nodes { kind } } }',
    "the log: an actor's deletes": (
        '{ events(where: {actors: ["argo-reconciler"], actions: ["Deleted"]}) { nodes { kind } } }'
    ),
    "timeline of a day": "{ timeline(bucket: HOUR, since: %(recent)s, until: %(end)s) { events } }",
}
_SPAN = timedelta(days=180)
_PERSON, _CONTROLLER = ("anna.keller@example.com", "HUMAN"), ("argo-reconciler", "CONTROLLER")


async def main(lengths: list[int], rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder), cache_gb=1.0) as mongod, AsyncExitStack() as stack:
            clients = {}
            for length in lengths:
                name = f"events_{length}"
                await dataset.seed(mongod.uri, name, entities=1, events=length, span=_SPAN, actor_of=_actor)
                clients[length] = await stack.enter_async_context(serving(mongod.uri, name))
            await compare(clients, QUERIES, _text, rounds)


def _actor(number: int) -> tuple[str, str]:
    return _PERSON if number == 0 else _CONTROLLER


def _text(query: str, _: int) -> str:
    end = dataset.BEGINNING + _SPAN
    moments = {"middle": end - _SPAN / 2, "recent": end - timedelta(days=1), "end": end}
    body = query % {name: f'"{write(at)}"' for name, at in moments.items()}
    return body if body.startswith("{") else f'{{ artifact(name: "module-00", appId: "{dataset.APP}") {{ {body} }} }}'


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", default="10,1000,100000")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    asyncio.run(main([int(each) for each in given.lengths.split(",")], given.rounds))

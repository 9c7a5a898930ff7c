"""Subscriptions under load and kill -9: every acknowledged event comes to every subscriber, once.

python -m bench.live [--seconds 30] [--writers 4]

Two processes of the service stand on one embedded MongoDB. Writers send to both, also events of the past. Subscribers
follow the log over websockets and server-sent events from before the first event, and come back with their last cursor
whenever they are cut off. Meanwhile one service is killed and started again, and so is mongod.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bench import servers
from bench.servers import Server, started
from repository.embedded import EmbeddedMongod

_QUERY = "subscription($from: Position) { events(from: $from) { cursor node { id name version type } } }"
_CUT_OFF = (OSError, WebSocketException, httpx.HTTPError, TimeoutError)


@dataclass
class Run:
    """What was acknowledged, and when."""

    addresses: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[str, float] = field(default_factory=dict)
    is_writing: bool = True


@dataclass
class Subscriber:
    run: Run
    service: str
    transport: str
    cursor: str
    ids: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    disorders: int = 0
    comebacks: int = 0
    versions: dict[str, int] = field(default_factory=dict)

    async def follow(self) -> None:
        while True:
            with suppress(*_CUT_OFF):
                entries = self._socket() if self.transport == "websocket" else self._events()
                async for result in entries:
                    self._take(result)
            self.comebacks += 1
            await asyncio.sleep(0.2)

    def _take(self, result: dict[str, Any]) -> None:
        if "data" not in result:
            return  # its end: it says why, and the cursor leads on
        entry = result["data"]["events"]
        self.cursor, node = entry["cursor"], entry["node"]
        if node["type"].endswith("Aggregate"):
            return
        self.ids.append(node["id"])
        self.disorders += node["version"] <= self.versions.get(node["name"], 0)
        self.versions[node["name"]] = node["version"]
        if node["id"] in self.run.acknowledged:
            self.delays.append(time.monotonic() - self.run.acknowledged[node["id"]])

    async def _socket(self) -> AsyncIterator[dict[str, Any]]:
        url = self.run.addresses[self.service].replace("http", "ws")
        async with connect(url, subprotocols=["graphql-transport-ws"], proxy=None, max_size=None) as socket:
            await socket.send('{"type": "connection_init"}')
            payload = {"query": _QUERY, "variables": {"from": self.cursor}}
            async for text in socket:
                message = json.loads(text)
                match message["type"]:
                    case "connection_ack":
                        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
                    case "ping":
                        await socket.send('{"type": "pong"}')
                    case "next":
                        yield message["payload"]
                    case _:
                        return

    async def _events(self) -> AsyncIterator[dict[str, Any]]:
        body = {"query": _QUERY, "variables": {"from": self.cursor}}
        headers = {"accept": "text/event-stream"}
        async with (
            httpx.AsyncClient(timeout=20, trust_env=False) as http,
            http.stream("POST", self.run.addresses[self.service], json=body, headers=headers) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))


async def write(run: Run, writer: int) -> None:
    """Sends each batch until a service has taken it."""
    dice, number = random.Random(writer), 0  # noqa: S311 - no secret
    async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
        while run.is_writing:
            lines = [_envelope(dice, writer, number + index) for index in range(dice.randint(1, 20))]
            number += len(lines)
            body = b"\n".join(json.dumps(each).encode() for each in lines)
            while True:
                with suppress(*_CUT_OFF):
                    url = dice.choice(list(run.addresses.values())).replace("/graphql", "/events?import=true")
                    answer = await http.post(url, content=body, headers={"content-type": "application/x-ndjson"})
                    if answer.status_code == 200:
                        break
                await asyncio.sleep(0.1)
            assert json.loads(answer.text.splitlines()[-1])["refused"] == 0, answer.text
            run.acknowledged |= {each["meta"]["eventId"]: time.monotonic() for each in lines}


def _envelope(dice: random.Random, writer: int, number: int) -> dict[str, Any]:
    name = f"module-{dice.randrange(50)}"
    meta = {"eventId": f"{writer}-{number}", "name": name, "appId": "load", "executionId": f"run-{number // 40}"}
    if dice.random() < 0.2:
        meta["timestamp"] = (datetime.now(UTC) - timedelta(days=dice.random() * 30)).isoformat()
    state = {"kind": "Artifact", "meta": {"name": name, "appId": "load"}, "spec": {"version": f"{number}.0.0"}}
    return {"kind": "ArtifactAppliedEvent", "meta": meta, "spec": {"artifact": state}}


@asynccontextmanager
async def service(run: Run, name: str, uri: str) -> AsyncIterator[Server]:
    settings = {"DSEL_AGGREGATES": "true", "DSEL_SUBSCRIPTION_BUFFER": "10000"}
    async with started(name, servers.dsel(uri, "dsel"), **settings) as made:
        run.addresses[name] = made.url
        yield made


async def main(seconds: float, writers: int) -> None:
    run = Run()
    start = (datetime.now(UTC) - timedelta(seconds=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedMongod(Path(folder)) as mongod:
            supervision = asyncio.create_task(mongod.supervise())
            async with service(run, "stays", mongod.uri):
                subscribers = [
                    Subscriber(run, name, transport, start)
                    for name in ("stays", "falls")
                    for transport in ("websocket", "server-sent events")
                ]
                tasks = await _load(run, mongod, subscribers, seconds, writers)
                late = Subscriber(run, "stays", "websocket", start)
                tasks.append(asyncio.create_task(late.follow()))
                subscribers.append(late)
                await _settled(run, subscribers)
                for each in subscribers:
                    _tell(run, each)
                await _end(tasks)
            await mongod.stop()
            await supervision


async def _load(
    run: Run, mongod: EmbeddedMongod, subscribers: list[Subscriber], seconds: float, writers: int
) -> list[asyncio.Task[None]]:
    """Writes and subscribes while one service and mongod are killed."""
    async with service(run, "falls", mongod.uri) as falls:
        following = [asyncio.create_task(each.follow()) for each in subscribers]
        writing = [asyncio.create_task(write(run, number)) for number in range(writers)]
        await asyncio.sleep(seconds / 3)
        os.kill(falls.pid, signal.SIGKILL)
    async with service(run, "falls", mongod.uri):
        await asyncio.sleep(seconds / 3)
        assert mongod.pid is not None
        os.kill(mongod.pid, signal.SIGKILL)
        await asyncio.sleep(seconds / 3)
        run.is_writing = False
        await asyncio.gather(*writing)
        run.addresses["falls"] = run.addresses["stays"]  # who was there finishes there
    return following


async def _settled(run: Run, subscribers: list[Subscriber]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and any(len(each.ids) < len(run.acknowledged) for each in subscribers):  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    await asyncio.sleep(2)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _tell(run: Run, subscriber: Subscriber) -> None:
    missing = run.acknowledged.keys() - set(subscriber.ids)
    repeated = len(subscriber.ids) - len(set(subscriber.ids))
    delay = f"{statistics.median(subscriber.delays) * 1000:.0f} ms" if subscriber.delays else "-"
    print(
        f"{subscriber.transport:18} at the one that {subscriber.service}: {len(subscriber.ids):,} of"
        f" {len(run.acknowledged):,} events, {len(missing)} missing, {repeated} repeated,"
        f" {subscriber.disorders} out of order, {subscriber.comebacks} comebacks, median {delay} after the answer"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--writers", type=int, default=4)
    given = parser.parse_args()
    asyncio.run(main(given.seconds, given.writers))

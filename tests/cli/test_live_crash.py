"""Subscriptions over kill -9: of MongoDB under an open one, and of the service."""

import asyncio
import os
import signal
from pathlib import Path

import httpx

from api import APPLY
from examples import artifact
from launched import Launched, launched
from patience import PATIENCE
from subscriber import Socket, socket

EVENTS = "subscription($from: Position) { events(from: $from) { cursor node { version } } }"


async def write(service: Launched, version: str) -> None:
    """Until it is acknowledged; the same write is stored once."""
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        body = {"query": APPLY, "variables": {"object": artifact(version=version), "id": version}}
        while True:
            answer = (await http.post(service.address, json=body)).json()
            if answer.get("data") and answer["data"]["written"]["__typename"] == "ArtifactWritten":
                return
            await asyncio.sleep(0.1)


async def versions(made: Socket, number: int) -> tuple[list[int], str]:
    """Of the next events, and the last cursor."""
    found = [(await made.data())["events"] for _ in range(number)]
    return [each["node"]["version"] for each in found], found[-1]["cursor"]


async def test_each_event_comes_once_over_the_kill_of_mongodb_and_of_the_service(tmp_path: Path) -> None:
    async with launched("--data", str(tmp_path)) as service, socket(service.address) as made:
        await (await made.begin()).subscribe(EVENTS, **{"from": "2020-01-01T00:00:00Z"})
        await write(service, "1.0.0")
        assert (await versions(made, 1))[0] == [1]
        os.kill(int((tmp_path / "mongod.pid").read_text().split()[0]), signal.SIGKILL)
        for version in ("2.0.0", "3.0.0"):
            await write(service, version)
        seen, cursor = await versions(made, 2)
        assert seen == [2, 3]
        await write(service, "4.0.0")
        service.process.kill()
        await service.process.wait()
    async with launched("--data", str(tmp_path)) as service, socket(service.address) as made:
        await write(service, "5.0.0")
        await (await made.begin()).subscribe(EVENTS, **{"from": cursor})
        assert (await versions(made, 2))[0] == [4, 5]
        await write(service, "6.0.0")
        assert (await versions(made, 1))[0] == [6]

"""A service of several processes on one port."""

import asyncio
import os
import signal
from pathlib import Path

from launched import Launched, launched
from patience import PATIENCE
from processes import children, command, gone, lives, mongod

APPLY = """mutation($name: String!) { applyArtifact(object: {meta: {name: $name, appId: "t"}, spec: {version: "1"}}) {
  ... on ArtifactWritten { event { version } } ... on WriteError { message } } }"""
NAMES = 'query { artifacts(appId: "t", first: 500) { nodes { name } } }'


async def workers(service: Launched, number: int) -> list[int]:
    """The processes that serve, once there are so many."""
    async with asyncio.timeout(PATIENCE):
        while len(found := _serving(service)) != number:  # noqa: ASYNC110 - other processes are watched
            await asyncio.sleep(0.05)
    return found


def _serving(service: Launched) -> list[int]:
    return [pid for pid in children(service.process.pid) if "cli.worker" in command(pid)]


async def test_every_worker_serves_what_another_has_written_and_one_that_dies_is_replaced(tmp_path: Path) -> None:
    async with launched("--workers", "2", "--data", str(tmp_path)) as service:
        first = await workers(service, 2)
        await asyncio.gather(*(service.ask(APPLY, name=f"one-{index}") for index in range(8)))
        for _ in range(8):
            assert len((await service.ask(NAMES))["artifacts"]["nodes"]) == 8
        os.kill(first[0], signal.SIGKILL)
        await gone(first[0])
        second = await workers(service, 2)
        assert first[1] in second
        assert await service.status("/readyz") == 200
        assert len((await service.ask(NAMES))["artifacts"]["nodes"]) == 8
        database = mongod(tmp_path)
        assert await service.end(signal.SIGINT) == 0
        assert not any(map(lives, [*second, database]))


async def test_no_worker_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    async with launched("--workers", "2", "--data", str(tmp_path)) as service:
        serving, database = await workers(service, 2), mongod(tmp_path)
        await service.end(signal.SIGKILL)
        await asyncio.gather(*map(gone, [*serving, database]))

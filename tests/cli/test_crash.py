"""The service dies between the commit of an event and the summary of its entity."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo import AsyncMongoClient

from patience import PATIENCE
from repository.embedded import EmbeddedMongod

APPLY = """mutation($version: String!, $id: String!) { applyArtifact(eventId: $id,
    object: {meta: {name: "vpc", appId: "09287"}, spec: {version: $version}}) { __typename } }"""
LOOK = """{ artifact(name: "vpc", appId: "09287") {
    current { version spec { version } } events { nodes { version } } } }"""


async def test_what_was_committed_before_a_kill_is_current_after_the_next_start(stoppable: str) -> None:
    database = f"crash_{uuid4().hex[:8]}"
    async with AsyncMongoClient[dict[str, Any]](stoppable) as client:
        async with served(stoppable, database) as (process, address):
            await asked(address, APPLY, version="1.0.0", id="first")
            await client.admin.command(pause(database))
            lost = asyncio.create_task(asked(address, APPLY, version="2.0.0", id="second"))
            await until(lambda: client[database].events.count_documents({}), 2)
            process.send_signal(signal.SIGKILL)
            await process.wait()
            with pytest.raises(httpx.HTTPError):
                await lost
        summary = await client[database].latest.find_one({})
        assert summary is not None
        assert summary["version"] == 1
        await client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        async with served(stoppable, database) as (process, address):
            await until(lambda: current_version(address), 2)
            found = await asked(address, LOOK)
            assert found["artifact"]["current"] == {"version": 2, "spec": {"version": "2.0.0"}}
            assert [each["version"] for each in found["artifact"]["events"]["nodes"]] == [2, 1]
            await asked(address, APPLY, version="2.0.0", id="second")
            assert await client[database].events.count_documents({}) == 2
        await client.drop_database(database)


async def current_version(address: str) -> int:
    return int((await asked(address, LOOK))["artifact"]["current"]["version"])


async def asked(address: str, query: str, **variables: Any) -> Any:
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        answer = (await http.post(address, json={"query": query, "variables": variables})).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def until(look: Any, expected: int) -> None:
    """Waits for what must come."""
    async with asyncio.timeout(PATIENCE):
        while await look() != expected:  # noqa: ASYNC110 - another process is watched
            await asyncio.sleep(0.05)


def pause(database: str) -> dict[str, Any]:
    """MongoDB's own fail point: the connection breaks before a summary is updated, however often it is tried."""
    data = {"failCommands": ["update"], "namespace": f"{database}.latest", "closeConnection": True}
    return {"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data}


@asynccontextmanager
async def served(uri: str, database: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`dsel serve` as a process, and its address."""
    command = [str(Path(sys.executable).with_name("dsel")), "serve", "--port", "0", "--mongodb-uri", uri]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "DSEL_DATABASE": database, "DSEL_AGGREGATES": "false"},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            line = (await process.stdout.readline()).decode()
        yield process, line.split()[-1]
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.communicate()


@pytest.fixture(scope="module")
async def stoppable(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A MongoDB whose commands a test can hold back."""
    options = ["--setParameter", "enableTestCommands=1"]
    async with EmbeddedMongod(tmp_path_factory.mktemp("stoppable"), options=options) as mongod:
        yield mongod.uri

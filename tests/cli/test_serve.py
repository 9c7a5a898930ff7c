"""The service as a process, from the command to the last signal."""

import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path
from uuid import uuid4

from graph.examples import load_examples
from launched import Launched, launched, refused
from patience import PATIENCE
from processes import gone, lives, mongod

COUNT = (
    "query($after: String) { events(first: 500, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"
)
APPLY = """mutation($name: String!) { applyArtifact(object: {meta: {name: $name, appId: "t"}, spec: {version: "1"}}) {
  ... on ArtifactWritten { event { version } } ... on WriteError { message } } }"""
NAMES = 'query { artifacts(appId: "t", first: 500) { nodes { name } } }'


async def count(service: Launched) -> int:
    """How many events it has."""
    found, after = 0, None
    while True:
        page = (await service.ask(COUNT, after=after))["events"]
        found, after = found + len(page["nodes"]), page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


async def ready(service: Launched) -> None:
    """Until it can do its work."""
    async with asyncio.timeout(PATIENCE):
        while await service.status("/readyz") != 200:  # noqa: ASYNC110 - asked as an operator's probe asks
            await asyncio.sleep(0.05)


async def test_the_whole_life_of_a_service_with_its_own_mongodb(tmp_path: Path) -> None:
    """Two ends and three starts, one after a kill, lose nothing and double nothing; a second service is refused."""
    data = tmp_path / "data"
    start = ("--data", str(data), "--demo")

    async with launched(*start) as service:
        assert service.printed[0] == f"DSEL GraphQL is ready at {service.address}"
        assert service.address.startswith("http://127.0.0.1:")
        assert await service.status("/healthz") == await service.status("/readyz") == 200
        first = load_examples()[0]
        found = (await service.ask(first.query))["artifact"]
        assert found["current"]["spec"]["version"] != found["asOf"]["spec"]["version"]
        events = await count(service)
        assert events > 3000
        assert (await service.ask(APPLY, name="kept"))["applyArtifact"]["event"] == {"version": 1}
        first_mongod = mongod(data)
        assert lives(first_mongod)
        second = one_line(*await refused("--data", str(data)))
        assert str(data) in second
        assert str(service.process.pid) in second
        assert await service.end(signal.SIGINT) == 0
    assert not lives(first_mongod)
    text = "\n".join(service.printed)
    for example in load_examples()[:3]:
        for line in example.query.strip().splitlines():
            assert line.strip() in text

    async with launched(*start) as service:
        assert await count(service) == events + 1
        written: list[str] = []

        async def write(name: str) -> None:
            if (await service.ask(APPLY, name=name))["applyArtifact"]["event"]["version"] == 1:
                written.append(name)

        writes = asyncio.gather(*(write(f"w{index}") for index in range(40)), return_exceptions=True)
        async with asyncio.timeout(PATIENCE):
            while len(written) < 5:  # noqa: ASYNC110 - in the midst of it
                await asyncio.sleep(0)
        second_mongod = mongod(data)
        assert await service.end(signal.SIGKILL) == -signal.SIGKILL
        await writes
    await gone(second_mongod)

    async with launched(*start) as service:
        names = {node["name"] for node in (await service.ask(NAMES))["artifacts"]["nodes"]}
        assert names >= {"kept", *written}
        third_mongod = mongod(data)
        assert await service.end(signal.SIGTERM) in (0, -signal.SIGTERM)
    await gone(third_mongod)


async def test_a_mongodb_that_hangs_or_dies_costs_clear_errors_and_comes_back_by_itself(tmp_path: Path) -> None:
    async with launched("--data", str(tmp_path), DSEL_MONGO_TIMEOUT="3") as service:
        await service.ask(APPLY, name="before")
        hanging = mongod(tmp_path)
        os.kill(hanging, signal.SIGSTOP)
        try:
            async with asyncio.timeout(PATIENCE):
                answers = await asyncio.gather(service.answer(NAMES), service.answer(APPLY, name="while"))
                assert await service.status("/readyz") == 503
            assert await service.status("/healthz") == 200
        finally:
            os.kill(hanging, signal.SIGCONT)
        for answer in answers:
            [error] = answer["errors"]
            assert (error["extensions"]["code"], error["extensions"]["retryable"]) == ("STORE_UNAVAILABLE", True)
        await ready(service)

        os.kill(mongod(tmp_path), signal.SIGKILL)
        await gone(hanging)
        await ready(service)
        assert mongod(tmp_path) != hanging
        assert (await service.ask(APPLY, name="after"))["applyArtifact"]["event"] == {"version": 1}
        names = [node["name"] for node in (await service.ask(NAMES))["artifacts"]["nodes"]]
        assert {"before", "after"} <= set(names)
        assert await service.end() == 0


async def test_another_mongodb_is_used_when_the_environment_names_one(mongodb_uri: str, tmp_path: Path) -> None:
    """By two services at once, one of them on an address of IPv6 where the machine has one."""
    settings = {"DSEL_MONGODB_URI": mongodb_uri, "DSEL_DATABASE": f"test_{uuid4().hex}"}
    settings["DSEL_DATA"] = str(tmp_path / "data")
    host, shown = ("::1", "[::1]") if has_ipv6() else ("localhost", "localhost")
    async with launched(**settings) as one, launched("--host", host, **settings) as other:
        assert other.address.startswith(f"http://{shown}:")
        await one.ask(APPLY, name="shared")
        assert [each["name"] for each in (await other.ask(NAMES))["artifacts"]["nodes"]] == ["shared"]
        assert await one.end() == await other.end() == 0
    assert not (tmp_path / "data").exists()


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def one_line(code: int, out: str, err: str) -> str:
    """What a command that failed said, which is one line without a traceback."""
    assert code == 1, (out, err)
    assert out == ""
    lines = [line for line in err.splitlines() if line.strip()]
    assert len(lines) == 1, err
    assert lines[0].startswith("Error: ")
    return lines[0]


async def test_a_taken_port_is_one_line_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = one_line(*await refused("--port", port, "--data", str(tmp_path / "data")))
        assert port in said
        assert "--port" in said
    assert not (tmp_path / "data" / "mongod.pid").exists()


async def test_of_two_services_that_start_on_one_port_at_once_one_gives_way_in_one_line(
    mongodb_uri: str, free_port: int
) -> None:
    settings = {"DSEL_MONGODB_URI": mongodb_uri, "DSEL_DATABASE": f"test_{uuid4().hex}"}

    async def compete() -> tuple[int, str, str] | None:
        """What it said, or None for the one that serves until the other has given way."""
        run = asyncio.create_task(refused("--port", str(free_port), **settings))
        run.add_done_callback(lambda _: lost.set())
        await lost.wait()
        if run.done():
            return run.result()
        run.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await run
        return None

    lost = asyncio.Event()
    outcomes = await asyncio.gather(compete(), compete())
    losers = [each for each in outcomes if each is not None]
    assert len(losers) == 1, outcomes
    assert str(free_port) in one_line(*losers[0])


BAD: list[tuple[dict[str, str], tuple[str, ...], str]] = [
    ({"DSEL_PORT": "abc"}, (), "DSEL_PORT"),
    ({}, ("--host", "999.1.1.1"), "999.1.1.1"),
    ({"DSEL_ALLOWED_ORIGINS": '["http://x"]'}, (), "DSEL_ALLOWED_ORIGINS"),
    ({"DSEL_TOKENS": "/nowhere/tokens.yaml"}, (), "/nowhere/tokens.yaml"),
    ({"DSEL_MONGODB_URI": "http://x"}, (), "DSEL_MONGODB_URI"),
    ({"DSEL_MONGODB_URI": "mongodb://ann:secret@127.0.0.1:1", "DSEL_MONGO_TIMEOUT": "0.5"}, (), "127.0.0.1:1"),
    ({"DSEL_MONGODB_URI": "mongodb://127.0.0.1", "DSEL_DATABASE": "no.dots or spaces"}, (), "DSEL_DATABASE"),
    ({}, ("--data", "/proc/version"), "/proc/version"),
]


async def test_a_bad_setting_is_one_line_that_names_it_and_no_secret(tmp_path: Path) -> None:
    async def said(settings: dict[str, str], arguments: tuple[str, ...]) -> str:
        return one_line(*await refused(*arguments, **{"DSEL_DATA": str(tmp_path / "data"), **settings}))

    for (_, _, named), line in zip(BAD, await asyncio.gather(*(said(*each[:2]) for each in BAD)), strict=True):
        assert named in line
        assert "secret" not in line

"""`dsel export` through a real server."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet
import pytest

from domain.instants import write
from examples import T0, later
from patience import PATIENCE
from terminal import Shell
from told import applied, told


@pytest.fixture
def past(dsel: Shell, app_id: str) -> Shell:
    dsel.bring(
        told("ArtifactCheckedEvent", app_id, at=T0, by="ann", executionId=f"exec-{app_id}"),
        told("ArtifactCheckedEvent", app_id, at=later(1), by="watch", actorType="CONTROLLER"),
        applied(app_id, "vpc", at=later(2), by="ann"),
    )
    return dsel


def ids(file: Path) -> list[str]:
    return [json.loads(line).get("timestamp") for line in file.read_text("utf-8").splitlines()]


def test_the_format_is_that_of_the_file(past: Shell, app_id: str, tmp_path: Path) -> None:
    names = ("log.ndjson", "log.csv", "log.parquet", "log")
    for name in names:
        past.ok("export", tmp_path / name)
    assert ids(tmp_path / "log.ndjson") == [None, *(write(later(number)) for number in range(3)), None]
    assert ids(tmp_path / "log") == ids(tmp_path / "log.ndjson")
    assert (tmp_path / "log.csv").read_text("utf-8").count(app_id) > 3
    assert pyarrow.parquet.read_table(tmp_path / "log.parquet").num_rows == 3
    assert {each.name for each in tmp_path.iterdir()} == set(names)


def test_a_name_that_tells_of_another_format_is_refused_unless_one_is_named(past: Shell, tmp_path: Path) -> None:
    refused = past("export", tmp_path / "log.pdf")
    assert refused.code == 2
    assert "log.pdf: there is no export as pdf" in refused.err
    assert "--format" in refused.err
    assert not list(tmp_path.iterdir())
    past.ok("export", tmp_path / "log.pdf", "--format", "csv")
    assert (tmp_path / "log.pdf").read_text("utf-8").startswith("# ")


def test_conditions_order_and_moment_are_those_of_the_options(past: Shell, app_id: str, tmp_path: Path) -> None:
    file = tmp_path / "log.ndjson"
    past.ok("export", file, "--actor-type", "human", "--order", "newest", "--phase", "outcome")
    assert ids(file) == [None, write(later(2)), write(T0), None]
    past.ok("export", file, "--as-of", write(later(1)), "--type", "artifact")
    assert ids(file) == [None, write(T0), write(later(1)), None]
    head = json.loads(file.read_text("utf-8").splitlines()[0])["export"]
    assert head["where"] == {"types": ["Artifact"], "appIds": [app_id]}
    assert head["time"] == write(later(1))


def test_standard_output_can_be_piped(past: Shell, app_id: str) -> None:
    ended = past.process("export", "-", "--execution", f"exec-{app_id}")
    assert (ended.code, ended.err) == (0, "")
    assert [json.loads(line).get("actorId") for line in ended.out.splitlines()] == [None, "ann", None]


def test_what_the_server_refuses_leaves_no_file(past: Shell, tmp_path: Path) -> None:
    file = tmp_path / "log.ndjson"
    ended = past("export", file, "--as-of", "2999-01-01T00:00:00Z")
    assert ended.code == 1
    assert "lies after the request's instant" in ended.err
    assert past("export", file, "--phase", "never").code == 2
    assert past("export", tmp_path / "no" / "folder.csv").code == 1
    assert list(tmp_path.iterdir()) == []


@contextmanager
def breaking_off(said: bytes) -> Iterator[str]:
    """A server that ends its answer early: with `said`, and then the connection."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    address: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if length := re.search(rb"(?i)content-length: (\d+)", asked):
            await reader.readexactly(int(length[1]))
        types = b'Connection: close\r\n\r\n{"data":{"domainTypes":[]}}'
        writer.write(b"HTTP/1.1 200 OK\r\n" + (said if b"/export" in asked else types))
        await writer.drain()
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        address.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        ready.set()
        async with server:
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@pytest.mark.parametrize(
    "said",
    [
        b'Transfer-Encoding: chunked\r\n\r\n10\r\n{"export": {}}\n\n\r\n',
        b'Connection: close\r\n\r\n{"export": {}}\n{"id": "one"}\n',
        b"Connection: close\r\n\r\n",
    ],
    ids=["in the middle of the encoding", "without an end", "empty"],
)
def test_an_export_that_breaks_off_leaves_no_file(dsel: Shell, tmp_path: Path, said: bytes) -> None:
    with breaking_off(said) as address:
        ended = dsel("export", tmp_path / "log.ndjson", DSEL_SERVER=address, DSEL_APP="")
    assert ended.code == 1, ended
    assert "Try again" in ended.err
    assert list(tmp_path.iterdir()) == []

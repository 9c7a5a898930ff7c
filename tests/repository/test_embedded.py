"""The embedded mongod: it starts whatever happened before, stays while the service does, and loses nothing."""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from repository.embedded import DataFolderUnusable, EmbeddedMongod, MongodFailed
from repository.mongod_binary import MongodLog, MongodNotFound, find_mongod, last_words, launch

ROOT = Path(__file__).parents[2]
DURABLE = WriteConcern("majority", j=True)

Client = AsyncMongoClient[dict[str, Any]]

SERVICE = """
import asyncio, sys
from pathlib import Path
from pymongo import AsyncMongoClient
from repository.embedded import EmbeddedMongod

async def main():
    mongod = EmbeddedMongod(Path(sys.argv[1]))
    async with AsyncMongoClient(await mongod.start()) as client:
        await client.test.things.insert_one({"_id": "written before the crash"})
        print(mongod.uri, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
async def stranger() -> AsyncIterator[Process]:
    """A process that is none of ours."""
    process = await asyncio.create_subprocess_exec("sleep", "600")
    yield process
    process.terminate()
    assert await process.wait() == -signal.SIGTERM


@pytest.fixture(scope="module")
async def running(data: Path, stranger: Process) -> AsyncIterator[EmbeddedMongod]:
    """A mongod whose folder takes the stranger for the mongod of the last time."""
    (data / "mongod.pid").write_text(str(stranger.pid))
    async with EmbeddedMongod(data) as mongod:
        yield mongod


@asynccontextmanager
async def crashing(data: Path) -> AsyncIterator[EmbeddedMongod]:
    """Ends with a crash, which a mongod must survive anyway and which is quicker than to stop it."""
    async with EmbeddedMongod(data) as mongod:
        yield mongod
        kill(mongod)


@asynccontextmanager
async def supervised(data: Path) -> AsyncIterator[EmbeddedMongod]:
    async with EmbeddedMongod(data) as mongod:
        supervisor = asyncio.create_task(mongod.supervise())
        yield mongod
    await supervisor


@contextmanager
def silent_listener(port: int) -> Iterator[None]:
    """A stranger on a port that accepts and never says a word."""
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        yield


@contextmanager
def broken_data_files(data: Path) -> Iterator[None]:
    file = data / "db" / "WiredTiger.turtle"
    sound = file.read_bytes()
    file.write_text("garbage")
    yield
    file.write_bytes(sound)


def is_free(port: int) -> bool:
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def port_of(uri: str) -> int:
    return int(uri.split(":")[2].split("/")[0])


async def write(uri: str, key: str) -> None:
    async with Client(uri) as client:
        await client.test.get_collection("things", write_concern=DURABLE).insert_one({"_id": key})


async def written(uri: str) -> set[str]:
    async with Client(uri) as client:
        return {thing["_id"] async for thing in client.test.things.find()}


def kill(mongod: EmbeddedMongod) -> None:
    assert mongod.pid is not None
    os.kill(mongod.pid, signal.SIGKILL)


async def test_both_drivers_write_and_follow_changes_through_its_uri(mongodb_uri: str) -> None:
    async with Client(mongodb_uri) as client, await client.test.pymongo.watch() as changes:
        await client.test.pymongo.insert_one({"_id": 1})
        assert (await changes.next())["documentKey"] == {"_id": 1}
    motor: Any = AsyncIOMotorClient(mongodb_uri)
    with closing(motor):
        async with motor.test.motor.watch() as changes:
            await motor.test.motor.insert_one({"_id": 1})
            assert (await changes.next())["documentKey"] == {"_id": 1}


async def test_only_this_machine_reaches_it_and_ctrl_c_does_not(running: EmbeddedMongod) -> None:
    async with Client(running.uri) as client:
        options = (await client.admin.command("getCmdLineOpts"))["parsed"]
        assert options["net"]["bindIp"] == "127.0.0.1"
        assert options["net"]["unixDomainSocket"] == {"enabled": False}
        assert options["net"]["compression"] == {"compressors": "snappy,zstd"}
    assert running.pid is not None
    assert os.getpgid(running.pid) != os.getpgid(0)


async def test_the_next_start_has_the_same_port_and_the_same_data(tmp_path: Path) -> None:
    async with EmbeddedMongod(tmp_path) as mongod:
        uri = mongod.uri
        await write(uri, "kept")
    assert mongod.pid is None
    async with crashing(tmp_path) as mongod:
        assert mongod.uri == uri
        assert await written(uri) == {"kept"}


async def test_a_port_that_a_stranger_took_is_left_to_him_even_after_a_crash(tmp_path: Path) -> None:
    async with crashing(tmp_path) as mongod:
        taken = port_of(mongod.uri)
        await write(mongod.uri, "kept")
    with silent_listener(taken):
        async with crashing(tmp_path) as mongod:
            moved = mongod.uri
            assert port_of(moved) != taken
            await write(moved, "after the move")
    async with crashing(tmp_path) as mongod:
        assert mongod.uri == moved
        assert await written(moved) == {"kept", "after the move"}


async def test_a_second_service_on_the_same_folder_is_refused_in_one_line(running: EmbeddedMongod, data: Path) -> None:
    with pytest.raises(DataFolderUnusable, match=rf"{data} is in use by process {os.getpid()}$"):
        await EmbeddedMongod(data).start()
    await write(running.uri, "undisturbed")


async def test_a_data_folder_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderUnusable, match=r"file cannot be used: \w+"):
        await EmbeddedMongod(tmp_path / "file").start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
async def test_it_dies_with_the_service_and_the_next_start_finds_everything(tmp_path: Path) -> None:
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, str(tmp_path), stdout=subprocess.PIPE, cwd=ROOT
    )
    assert service.stdout is not None
    uri = (await service.stdout.readline()).decode().strip()
    until_it_ends, to_mongod = await asyncio.open_connection("127.0.0.1", port_of(uri))
    service.kill()
    await service.wait()
    with suppress(ConnectionResetError):
        assert await until_it_ends.read() == b""
    to_mongod.close()
    async with crashing(tmp_path) as mongod:
        assert mongod.uri == uri
        assert await written(uri) == {"written before the crash"}


async def test_a_mongod_that_a_crashed_service_left_behind_is_ended_first(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(find_mongod()), "--dbpath", str(tmp_path / "db"), "--port", str(port), "--bind_ip", "127.0.0.1"]
    with (tmp_path / "orphan.log").open("wb") as log:
        orphan = await launch(command, tmp_path / "mongod.pid", log)
    async with AsyncMongoClient[dict[str, Any]]("127.0.0.1", port, directConnection=True) as client:
        await client.admin.command("ping")
    async with crashing(tmp_path):
        assert await orphan.wait() == 0


async def test_another_process_with_the_number_of_the_last_mongod_is_left_alone(
    running: EmbeddedMongod, stranger: Process
) -> None:
    assert stranger.returncode is None


async def test_a_killed_mongod_is_restarted_and_an_open_client_finds_what_it_had_written(tmp_path: Path) -> None:
    async with supervised(tmp_path) as mongod, Client(mongod.uri) as client:
        things = client.test.get_collection("things", write_concern=DURABLE)
        uri, killed = mongod.uri, mongod.pid
        await things.insert_one({"_id": 1})
        kill(mongod)
        await things.insert_one({"_id": 2})
        assert await things.count_documents({}) == 2
        assert mongod.uri == uri
        assert mongod.pid not in (None, killed)


async def test_a_restart_that_fails_is_tried_again_on_its_port_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failed = asyncio.Event()

    class Watcher(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "started again in 0.2 s" in record.getMessage():
                failed.set()

    watcher = Watcher()
    logging.getLogger("repository.embedded").addHandler(watcher)
    async with supervised(tmp_path) as mongod:
        await write(mongod.uri, "kept")
        with broken_data_files(tmp_path):
            kill(mongod)
            await failed.wait()
            assert sys.platform != "linux" or not is_free(port_of(mongod.uri))
        assert await written(mongod.uri) == {"kept"}
    logging.getLogger("repository.embedded").removeHandler(watcher)
    assert "SIGKILL" in caplog.text
    assert "database corruption detected" in caplog.text


async def test_a_mongod_that_ends_at_start_is_reported_with_its_own_words(tmp_path: Path) -> None:
    async with crashing(tmp_path) as mongod:
        await write(mongod.uri, "kept")
    with broken_data_files(tmp_path), pytest.raises(MongodFailed, match=r"^mongod ended with .*corruption detected.*$"):
        await mongod.start()
    assert mongod.pid is None
    async with crashing(tmp_path) as mongod:
        assert await written(mongod.uri) == {"kept"}


async def test_stopping_amid_writes_loses_none_that_was_acknowledged(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    enough, more, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def keep_writing(name: str, client: Client) -> None:
        numbers = count()
        while not finished.is_set():
            key = f"{name}{next(numbers)}"
            with suppress(PyMongoError):
                await client.test.things.insert_one({"_id": key})
                acknowledged.add(key)
            if event := {200: enough, 400: more}.get(len(acknowledged)):
                event.set()

    async with crashing(tmp_path) as mongod, Client(mongod.uri) as client:
        writers = [asyncio.create_task(keep_writing(name, client)) for name in "abcd"]
        await enough.wait()
        await mongod.stop()
        await mongod.start()
        await more.wait()
        finished.set()
        await asyncio.gather(*writers)
        assert acknowledged <= {thing["_id"] async for thing in client.test.things.find()}


def test_the_log_stays_small_under_a_running_mongod(tmp_path: Path) -> None:
    log = MongodLog(tmp_path / "mongod.log", limit=10)
    with log.open() as mongod:
        mongod.write(b"a long story\n")
        mongod.flush()
        log.bound()
        mongod.write(b"and on\n")
    assert log.path.read_text() == "and on\n"
    assert (tmp_path / "mongod.log.1").read_text() == "a long story\n"


def entry(severity: str, message: str, /, **attr: object) -> str:
    return json.dumps({"s": severity, "c": "-", "msg": message, "attr": attr})


FULL = {"msg": "fatal log failure", "error_str": "No space left on device"}
PANIC = {"msg": "the process must exit and restart", "error_str": "WT_PANIC: WiredTiger library panic"}


@pytest.mark.parametrize(
    ("words", "log"),
    [
        ("mongod: libcurl.so.4 is missing", ["mongod: libcurl.so.4 is missing"]),
        ("unrecognised option '--x'", ["unrecognised option '--x'", "try 'mongod --help' for more information"]),
        ("No listener: in use", [entry("E", "No listener", error={"code": 9001, "errmsg": "in use"})]),
        ("Wrong version: UPGRADE PROBLEM", [entry("F", "Wrong version", error="UPGRADE\nPROBLEM"), entry("I", "bye")]),
        (
            "No space left on device: fatal log failure",
            [
                entry("E", "WT", error=28, message=FULL),
                entry("E", "WT", error=-31804, message=PANIC),
                entry("F", "end"),
            ],
        ),
        (None, [entry("I", "mongod is content"), ""]),
    ],
)
def test_the_last_words_are_the_last_complaint_that_says_what_was_wrong(words: str | None, log: list[str]) -> None:
    assert last_words("\n".join(log)) == words


def test_the_mongod_that_the_environment_names_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "mongod"
    own.touch(0o755)
    monkeypatch.setenv("DSEL_MONGOD", str(own))
    assert find_mongod() == own


def test_a_name_in_the_environment_that_is_no_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSEL_MONGOD", "/nowhere/mongod")
    with pytest.raises(MongodNotFound, match="DSEL_MONGOD names /nowhere/mongod"):
        find_mongod()


def test_without_any_mongod_the_error_names_three_ways_out() -> None:
    program = (
        "from repository.mongod_binary import *\ntry: find_mongod()\nexcept MongodNotFound as error: print(error.hint)"
    )
    bare = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    for way in ("dsel-graphql[embedded]", "into DSEL_MONGOD,", "DSEL_MONGODB_URI"):
        assert way in bare.stdout

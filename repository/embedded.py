"""The MongoDB that comes along: a replica set of one node on loopback, in a data folder, alive with the service."""

import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from domain.errors import StartupError
from repository.mongod_binary import MongodLog, end_orphan, find_mongod, is_running, launch

_HOST = "127.0.0.1"
_REPLICA_SET = "dsel"
_OPLOG_MB = 256
_READY_SECONDS = 120  # a large folder takes its time after a crash
_STOP_SECONDS = 10
_STEADY_SECONDS = 60
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0  # seconds
_ALREADY_INITIALIZED = 23

Client = AsyncMongoClient[dict[str, Any]]

logger = logging.getLogger(__name__)


class DataFolderUnusable(StartupError):
    """Another service uses the data folder, or it cannot be written."""


class MongodFailed(StartupError):
    """mongod ended, or was not ready in time. The message carries what its log says."""


class EmbeddedMongod:
    """One mongod on one data folder; `async with` starts and stops it.

    `cache_gb` is the size of WiredTiger's cache, 0.25 or more; `options` are further arguments for mongod.
    Start and supervise it on the thread that lives as long as the service: on Linux mongod ends with that thread.
    """

    def __init__(self, data: Path, *, cache_gb: float = 0.25, options: Sequence[str] = ()) -> None:
        self._data = data.absolute()
        self._db = self._data / "db"
        self._port_file = self._data / "mongod.port"
        self._pid_file = self._data / "mongod.pid"
        self._log = MongodLog(self._data / "mongod.log")
        self._cache_gb = cache_gb
        self._options = tuple(options)
        self._port = 0
        self._lock: int | None = None
        self._held: socket.socket | None = None
        self._process: Process | None = None
        self._spawning = asyncio.Lock()
        self._stopped = asyncio.Event()
        self._stopped.set()

    @property
    def uri(self) -> str:
        """It names the set, for only then does a driver wait until a restarted mongod is primary again."""
        return f"mongodb://{_HOST}:{self._port}/?replicaSet={_REPLICA_SET}"

    @property
    def pid(self) -> int | None:
        """The process id of mongod; None while none runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> str:
        """Starts mongod and returns its URI once it is a writable primary.

        Raises MongodNotFound, DataFolderUnusable or MongodFailed; nothing is left running then.
        """
        find_mongod()  # where there is none, the data folder does not matter
        self._lock = _claim(self._data)
        self._stopped.clear()
        try:
            await end_orphan(self._pid_file, self._db)
            await self._choose_port()
            await self._launch()
        except OSError as error:
            await self.stop()
            raise _unusable(self._data, error) from None
        except BaseException:
            await self.stop()
            raise
        return self.uri

    async def supervise(self) -> None:
        """Restarts mongod on its port whenever it ends, and keeps its log small; returns after `stop`."""
        pause = _SHORTEST_PAUSE
        failure: Exception | None = None
        while not self._stopped.is_set():
            if failure is None and await self._outlives(_STEADY_SECONDS):
                self._log.bound()
                pause = _SHORTEST_PAUSE
            elif not self._stopped.is_set():
                logger.error("%s; it is started again in %.1f s", failure or self._end_of_mongod(), pause)
                await _within(pause, self._stopped.wait())
                pause = min(pause * 2, _LONGEST_PAUSE)
                failure = await self._relaunch()

    async def stop(self) -> None:
        """Ends mongod and frees the data folder. What was acknowledged stays; to stop twice is harmless."""
        self._stopped.set()
        try:
            await self._end()
        finally:
            if self._held is not None:
                self._held.close()
            if self._lock is not None:
                os.close(self._lock)
            self._held = self._lock = None

    async def _choose_port(self) -> None:
        """The port of the last time, or another one when somebody has taken it.

        It stays ours while mongod starts, and starts again: no free port that others ask for is this one. On Linux
        mongod may listen on it all the same, for both reuse addresses; elsewhere it might not.
        """
        remembered = _read_port(self._port_file)
        self._held = _bound(remembered)
        self._port = self._held.getsockname()[1]
        if sys.platform != "linux":
            self._held.close()
        if self._port == remembered:
            return
        # Without the file the port in the data is unknown, so a crash in between makes the next start rename again.
        self._port_file.unlink(missing_ok=True)
        if (self._db / "WiredTiger").exists():
            await self._run(self._rename_member)
            await self._end()
        self._port_file.write_text(str(self._port))

    async def _launch(self) -> None:
        await self._run(self._become_primary, "--replSet", _REPLICA_SET)

    async def _relaunch(self) -> Exception | None:
        try:
            await self._launch()
        except (StartupError, OSError) as failure:
            return failure
        logger.warning("mongod runs again, as process %s", self.pid)
        return None

    async def _run(self, prepare: Callable[[Client], Awaitable[None]], *mode: str) -> None:
        """Starts mongod and prepares it. Raises MongodFailed, after mongod has ended."""
        await self._spawn(mode)
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._listening()
                async with self._client() as client:
                    await prepare(client)
        except TimeoutError:
            await self._end()
            raise MongodFailed(f"mongod was not ready within {_READY_SECONDS} s (see {self._log.path})") from None
        except (ConnectionError, PyMongoError) as error:
            await self._end()
            raise MongodFailed(self._end_of_mongod()) from error

    async def _spawn(self, mode: Sequence[str]) -> None:
        async with self._spawning:
            if self._stopped.is_set():
                raise MongodFailed("mongod was stopped while it started")
            with self._log.open() as log:
                self._process = await launch([str(find_mongod()), *self._arguments(), *mode], self._pid_file, log)

    def _arguments(self) -> list[str]:
        return [
            *("--dbpath", str(self._db), "--port", str(self._port), "--bind_ip", _HOST, "--nounixsocket", "--quiet"),
            *("--oplogSize", str(_OPLOG_MB), "--wiredTigerCacheSizeGB", str(self._cache_gb)),
            *("--networkMessageCompressors", "snappy,zstd"),  # zlib has CVE-2025-14847
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
            *self._options,
        ]

    async def _listening(self) -> None:
        while self.pid is not None:
            try:
                _, writer = await asyncio.open_connection(_HOST, self._port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                return writer.close()
        raise ConnectionError

    def _client(self) -> Client:
        return AsyncMongoClient(_HOST, self._port, directConnection=True, serverSelectionTimeoutMS=5000, journal=True)

    async def _become_primary(self, client: Client) -> None:
        hello = await client.admin.command("hello")
        if "setName" not in hello:
            try:
                await client.admin.command("replSetInitiate", {"_id": _REPLICA_SET, "members": [self._member()]})
            except OperationFailure as error:
                if error.code != _ALREADY_INITIALIZED:  # it was still loading its configuration
                    raise
        while not hello["isWritablePrimary"]:
            hello = await client.admin.command(
                "hello", topologyVersion=hello["topologyVersion"], maxAwaitTimeMS=1000
            )  # answers when something changes

    async def _rename_member(self, client: Client) -> None:
        """Writes the new port into the configuration of the set, while mongod runs outside of it.

        A forced reconfiguration would come too late: mongod first asks the old address whether that is itself, which
        takes 30 s when a stranger accepts there and says nothing.
        """
        await client.local["system.replset"].update_one({}, {"$set": {"members.0.host": self._member()["host"]}})

    def _member(self) -> dict[str, Any]:
        return {"_id": 0, "host": f"{_HOST}:{self._port}"}

    async def _outlives(self, seconds: float) -> bool:
        return self._process is not None and not await _within(seconds, self._process.wait())

    async def _end(self) -> None:
        async with self._spawning:
            process = self._process
        if process is None:
            return
        for end in (process.terminate, process.kill):
            with suppress(ProcessLookupError):
                end()
            if await _within(_STOP_SECONDS, process.wait()):
                return

    def _end_of_mongod(self) -> str:
        code = self._process.returncode if self._process else None
        how = f"exit code {code}" if code is None or code >= 0 else signal.Signals(-code).name
        return f"mongod ended with {how}: {self._log.last_words() or 'it did not say why'} (see {self._log.path})"


async def _within(seconds: float, event: Awaitable[object]) -> bool:
    """Whether `event` came in time."""
    try:
        async with asyncio.timeout(seconds):
            await event
    except TimeoutError:
        return False
    return True


def running(data: Path) -> str | None:
    """The URI of the mongod that a service runs on a data folder; None when none does."""
    data = data.absolute()
    port = _read_port(data / "mongod.port")
    if not port or not is_running(data / "mongod.pid", data / "db"):
        return None
    return f"mongodb://{_HOST}:{port}/?replicaSet={_REPLICA_SET}"


def _claim(data: Path) -> int:
    """The lock on a data folder, as a file descriptor; the end of the process gives it back, a crash too."""
    path = data / "service.lock"
    try:
        (data / "db").mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unusable(data, error) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise DataFolderUnusable(
            f"the data folder {data} is in use by process {path.read_text() or 'unknown'}",
            hint="Stop that service, or choose another folder with --data.",
        ) from None
    os.truncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return lock


def _unusable(data: Path, error: OSError) -> DataFolderUnusable:
    return DataFolderUnusable(f"the data folder {data} cannot be used: {error.strerror}")


def _read_port(path: Path) -> int:
    """0 when it is unknown."""
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _bound(wished: int) -> socket.socket:
    """To the port `wished` when nobody listens there, else to any free one."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((_HOST, wished))
    except OSError:
        held.bind((_HOST, 0))
    return held

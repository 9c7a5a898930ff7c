"""Several processes that serve on one socket, and the parent that starts them again and ends them."""

import asyncio
import logging
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

from domain.errors import StartupError
from graph.settings import Settings

_LOG = logging.getLogger("dsel.workers")
_PAUSE = 1.0  # seconds before a worker that ended by itself is started again
_PATIENCE = 15.0  # seconds that a worker has to end; it gives its own requests ten


class Workers:
    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        self._stopping = asyncio.Event()
        self._running: set[Process] = set()

    async def serve(self, ready: Callable[[], None]) -> None:
        """Until it is interrupted or terminated. Raises StartupError when a worker does not become ready."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        try:
            started = [await self._start(number) for number in range(self._settings.workers)]
            if not all(await asyncio.gather(*map(self._is_ready, started))):
                raise StartupError("a worker ended before it was ready", hint="Look at the lines above.")
            if not self._stopping.is_set():
                ready()
            await asyncio.gather(*(self._keep(process, number) for number, process in enumerate(started)))
        finally:
            await asyncio.gather(*map(_ended, self._running))
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def _keep(self, process: Process, place: int) -> None:
        """Starts a worker again whenever it ends by itself, until it is time to stop."""
        stop = asyncio.create_task(self._stopping.wait())
        while True:
            end = asyncio.create_task(process.wait())
            await asyncio.wait([end, stop], return_when=asyncio.FIRST_COMPLETED)
            if stop.done():
                return
            self._running.discard(process)
            _LOG.warning("worker %d ended by itself (%s); another takes its place", process.pid, process.returncode)
            await asyncio.wait([stop], timeout=_PAUSE)
            if stop.done():
                return
            process = await self._start(place)
            await self._is_ready(process)

    async def _start(self, place: int) -> Process:
        """The worker of a place; only the first computes aggregates, which one on a MongoDB had better do."""
        number = self._listener.fileno()
        command = (sys.executable, "-m", "cli.worker", str(number))
        # A session of its own: Ctrl-C reaches the parent alone, which ends its workers in order.
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, pass_fds=[number], start_new_session=True
        )
        self._running.add(process)
        assert process.stdin is not None
        settings = self._settings.model_copy(update={"aggregates": self._settings.aggregates and place == 0})
        process.stdin.write(settings.model_dump_json(exclude_none=True).encode() + b"\n")
        return process

    async def _is_ready(self, process: Process) -> bool:
        assert process.stdout is not None
        return bool(await process.stdout.readline()) or self._stopping.is_set()


async def _ended(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()

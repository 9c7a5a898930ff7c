"""The service as `dsel serve` runs it, with one more address that tells what only its own process can know.

python -m bench.watched URI DATABASE [SETTING=VALUE ...]

`/watched` answers with the longest time since it was last asked that the event loop was held, in milliseconds by the
clock and of the process's processor time, and with how often since the start a document was known and how often not.
"""

import asyncio
import socket
import sys
import time
from dataclasses import dataclass

import uvloop
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cli.server import BACKLOG, Server
from graph.app import ENDPOINT, Service, create_app
from graph.settings import Settings


@dataclass
class Watch:
    """`known` and `unknown` are of the editions before the one that serves now."""

    service: Service
    clock: float = 0.0
    processor: float = 0.0
    known: int = 0
    unknown: int = 0

    async def run(self) -> None:
        """Takes turns with everything else that the loop does, about a thousand in a second."""
        cache = self.service.edition.documents
        hits = misses = 0
        clock, processor = time.perf_counter(), time.process_time()
        while True:
            await asyncio.sleep(0.001)
            now, used = time.perf_counter(), time.process_time()
            self.clock, self.processor = max(self.clock, now - clock), max(self.processor, used - processor)
            clock, processor = now, used
            if cache is not self.service.edition.documents:
                self.known, self.unknown = self.known + hits, self.unknown + misses
                cache = self.service.edition.documents
            hits, misses = cache.hits, cache.misses

    async def answer(self, _: Request) -> JSONResponse:
        cache = self.service.edition.documents
        told = {
            "clock": 1000 * self.clock,
            "processor": 1000 * self.processor,
            "known": self.known + cache.hits,
            "unknown": self.unknown + cache.misses,
        }
        self.clock = self.processor = 0.0
        return JSONResponse(told)


async def serve(uri: str, database: str, **settings: str) -> None:
    app = create_app(Settings.model_validate({"mongodb_uri": uri, "database": database, **settings}))
    watch = Watch(app.state.service)
    app.router.routes.append(Route("/watched", watch.answer))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(BACKLOG)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}{ENDPOINT}"
        watching = asyncio.create_task(watch.run())
        await Server(app, lambda: print(address, flush=True)).serve([listener])
        watching.cancel()


if __name__ == "__main__":
    uvloop.run(serve(*sys.argv[1:3], **dict(each.split("=", 1) for each in sys.argv[3:])))

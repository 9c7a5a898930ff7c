"""uvicorn around the application."""

import gc
import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from graph.app import Service

BACKLOG = 2048


class Server(uvicorn.Server):
    """Serves on sockets that are open already, and calls `ready` once it does."""

    def __init__(self, app: Starlette, ready: Callable[[], None]) -> None:
        service: Service = app.state.service
        config = uvicorn.Config(
            app,
            http="httptools",
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="on",
            server_header=False,
            proxy_headers=False,  # nothing asks where a request came from
            timeout_graceful_shutdown=10,
            backlog=BACKLOG,
            ws="websockets-sansio",
            ws_max_size=service.max_body_bytes,
            ws_per_message_deflate=False,  # it takes a third of a megabyte for each connection
        )
        super().__init__(config)
        self._service = service
        self._ready = ready

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._service.feed.close()  # a subscription would be waited for
        await super().shutdown(sockets)
        # uvicorn raises the signal again that ended it, which would cut short the end of MongoDB.
        self._captured_signals.clear()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        spare_collections()
        if not self.should_exit:
            self._ready()


def spare_collections() -> None:
    """Tells Python's garbage collector that what is there stays, so that it does not look through it again and again.

    Requests make many small containers and no cycles worth an early look.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)

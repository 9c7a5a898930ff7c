"""The real service on a real socket, in a thread beside the tests."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import uvicorn
from pymongo import MongoClient
from starlette.applications import Starlette

from graph.app import Service, create_app
from graph.settings import Settings


@contextmanager
def serving(uri: str, **settings: Any) -> Iterator[str]:
    """The address of a service on a free port and with a database of its own, unless the settings name others."""
    chosen = Settings(
        **{"mongodb_uri": uri, "database": f"test_{uuid4().hex}", "port": 0, "aggregates": False, **settings}
    )
    server = _Server(create_app(chosen), chosen.port)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            time.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()
        if "database" not in settings:
            drop(uri, chosen.database)


class _Server(uvicorn.Server):
    def __init__(self, app: Starlette, port: int) -> None:
        super().__init__(uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="on"))
        self._service: Service = app.state.service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._service.feed.close()  # a subscription would be waited for
        await super().shutdown(sockets)


def drop(uri: str, database: str) -> None:
    with MongoClient[dict[str, Any]](uri) as client:
        client.drop_database(database)

"""The real service on a real socket, in a thread beside the tests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import uvicorn
from pymongo import MongoClient

from graph.app import create_app
from graph.settings import Settings


@contextmanager
def serving(uri: str, **settings: Any) -> Iterator[str]:
    """The address of a service with a database of its own."""
    database = f"test_{uuid4().hex}"
    app = create_app(Settings(**{"mongodb_uri": uri, "database": database, **settings}))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="on"))
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
        with MongoClient[dict[str, Any]](uri) as client:
            client.drop_database(database)

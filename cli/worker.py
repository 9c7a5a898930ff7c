"""One of several processes that serve on one socket; `dsel serve --workers` starts it as `python -m cli.worker FD`.

Its settings come as a line of JSON on standard input. The end of that input means that the parent is gone, and with it
perhaps the MongoDB. It writes a line to standard output when it is ready.
"""

import asyncio
import json
import logging
import os
import socket
import sys

import uvloop

from cli.server import Server
from graph.app import create_app
from graph.settings import Settings


async def serve(settings: Settings, listener: socket.socket) -> None:
    """Serves until it is told to stop, or its parent is gone."""
    server = Server(create_app(settings), _say_ready)

    def parent_is_gone() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            server.should_exit = True

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), parent_is_gone)
    await server.serve([listener])


def _say_ready() -> None:
    print("ready", flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    given = Settings(**json.loads(sys.stdin.buffer.readline()))
    uvloop.run(serve(given, socket.socket(fileno=int(sys.argv[1]))))

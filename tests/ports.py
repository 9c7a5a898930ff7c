"""Ports of loopback that nobody else gets."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held() -> Iterator[int]:
    """A free port on which one server after another may listen; in between a connection is refused.

    On Linux the system gives it to nobody else meanwhile: it is bound, and whoever reuses addresses may still listen.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield port

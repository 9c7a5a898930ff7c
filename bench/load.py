"""A load of one query over HTTP: as many connections as asked, each sending the next request when it has its answer.

python bench/load.py URL QUERY_FILE APP… [--connections 8] [--seconds 3] → one line of JSON. The connections ask about
the apps in turn, in the query's variable `app`; `--eventual` takes answers that are up to a second old. A process of
its own, so that its work is not counted as a server's.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import cast
from urllib.parse import SplitResult, urlsplit

import uvloop


class Connection(asyncio.Protocol):
    """Sends one request after another and notes how long each took, until it is told to stop."""

    def __init__(self, request: bytes, deadline: float, durations: list[float], done: asyncio.Future[None]) -> None:
        self._request = request
        self._deadline = deadline
        self._durations = durations
        self._done = done
        self._received = bytearray()
        self._needed = 0
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is no subclass
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._needed:
            self._needed = _length(self._received)
        if self._needed and len(self._received) >= self._needed:
            self._answered()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        self._received.clear()
        self._needed = 0
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def _answered(self) -> None:
        now = time.perf_counter()
        if not self._received.startswith(b"HTTP/1.1 200") or b'"errors"' in self._received:
            self._done.set_exception(RuntimeError(self._received[:2000].decode()))
            return
        self._durations.append(now - self._sent)
        if now < self._deadline:
            self._send()
        else:
            self._done.set_result(None)
            self._transport.close()


async def load(url: str, bodies: Sequence[bytes], connections: int, seconds: float) -> dict[str, float]:
    """Requests per second, and the median and 99th percentile of the time of one in milliseconds."""
    address = urlsplit(url)
    requests = cycle([_request(address, body) for body in bodies])
    loop, durations = asyncio.get_running_loop(), list[float]()
    started = time.perf_counter()
    waiting = [loop.create_future() for _ in range(connections)]
    for done in waiting:
        protocol = Connection(next(requests), started + seconds, durations, done)
        await loop.create_connection(lambda made=protocol: made, address.hostname, address.port)
    await asyncio.gather(*waiting)
    elapsed = time.perf_counter() - started
    durations.sort()
    return {
        "requests": len(durations),
        "rate": len(durations) / elapsed,
        "p50": 1000 * durations[len(durations) // 2],
        "p99": 1000 * durations[len(durations) * 99 // 100],
    }


def _request(address: SplitResult, body: bytes) -> bytes:
    head = f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
    return f"{head}Accept: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _length(received: bytearray) -> int:
    """How many bytes the whole answer has; 0 while its head is not there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0
    for line in bytes(received[:end]).split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return end + 4 + int(value)
    raise RuntimeError(f"an answer without a length: {bytes(received[:end])!r}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("query", type=Path)
    parser.add_argument("apps", nargs="+")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--eventual", action="store_true")
    given = parser.parse_args()
    extensions = {"dsel": {"consistency": "EVENTUAL"}} if given.eventual else {}
    text = given.query.read_text(encoding="utf-8")
    asked = [{"query": text, "variables": {"app": app}, "extensions": extensions} for app in given.apps]
    bodies = [json.dumps(each).encode() for each in asked]
    print(json.dumps(uvloop.run(load(given.url, bodies, given.connections, given.seconds))))

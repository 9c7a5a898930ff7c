"""Many queries at full speed, from a process of its own: what each took, what it answered, and which failed."""

import asyncio
import hashlib
import itertools
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvloop


@dataclass
class Load:
    """Times are of a clock that all processes of the machine share."""

    times: list[tuple[float, float]] = field(default_factory=list)
    """When each began, and the seconds that it took."""
    failures: list[str] = field(default_factory=list)
    answers: dict[str, set[str]] = field(default_factory=dict)
    """Digests of the bytes that each query was answered with, up to its extensions, which tell the instant."""


def run(url: str, queries: list[str], connections: int, seconds: float) -> Load:
    """Asks the queries in turn for as long as told, on each connection one after another."""
    return uvloop.run(_run(url, queries, connections, time.perf_counter() + seconds))


async def _run(url: str, queries: list[str], connections: int, end: float) -> Load:
    load, requests = Load(), [(query, _request(url, query)) for query in queries]
    await asyncio.gather(*(_ask(url, requests, load, end) for _ in range(connections)))
    return load


async def _ask(url: str, requests: list[tuple[str, bytes]], load: Load, end: float) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    for query, request in itertools.cycle(requests):
        began = time.perf_counter()
        if began > end:
            break
        try:
            writer.write(request)
            head, body = await _answer(reader)
        except (OSError, EOFError) as error:
            load.failures.append(repr(error))
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            continue
        load.times.append((began, time.perf_counter() - began))
        body = body.partition(b',"extensions":')[0]
        if not head.startswith(b"HTTP/1.1 200") or not body.startswith(b'{"data":{'):
            load.failures.append(body.decode())
        load.answers.setdefault(query, set()).add(hashlib.sha256(body).hexdigest())
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r")[0]
    return head, await reader.readexactly(int(length))


def _request(url: str, query: str) -> bytes:
    address, body = urlsplit(url), json.dumps({"query": query}).encode()
    head = f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

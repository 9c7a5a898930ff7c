"""Sending many events to `POST /events`, in parts: the next part is made while one is on its way."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cli import console
from cli.client import Client, Interrupted, ServerError, Unreachable, stranger
from cli.failure import Failure
from graph import json_text

if TYPE_CHECKING:
    import httpx

_LINES, _BYTES = 5_000, 8 * 2**20
"""The most of one part."""
_SHOWN = 10
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between attempts at one part: a server that restarts is back by then."""


@dataclass(slots=True)
class Tally:
    """What became of the lines that are settled."""

    lines: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: int = 0
    refusals: list[tuple[int, str, str | None]] = field(default_factory=list)
    """The first ones: the number of the line, why, and what to do."""
    last_id: str = ""
    """The id of an event that is stored."""


class Sender:
    """Takes lines of JSON one by one. A part can be sent again, because the server recognises what it has."""

    def __init__(self, client: Client, *, imported: bool, validate: bool = False) -> None:
        self.tally = Tally()
        self._client = client
        self._path = f"/events?import={str(imported).lower()}" + ("&validate=true" if validate else "")
        self._pool = ThreadPoolExecutor(1)
        self._part: list[bytes] = []
        self._size = 0
        self._sent: Future[list[Any]] | None = None

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def take(self, line: bytes) -> None:
        """Raises Unreachable, Interrupted or ServerError for what was taken before."""
        self._part.append(line)
        self._size += len(line)
        if len(self._part) >= _LINES or self._size >= _BYTES:
            self._send()

    def flush(self) -> None:
        """Returns when everything that was taken is settled."""
        self._send()
        self._settle()

    def _send(self) -> None:
        self._settle()
        if self._part:
            self._sent = self._pool.submit(self._results, b"\n".join(self._part))
            self._part, self._size = [], 0

    def _settle(self) -> None:
        if self._sent is None:
            return
        *results, summary = self._sent.result()
        self._sent, tally = None, self.tally
        for each in results:
            if each["status"] != "refused":
                tally.last_id = each["eventId"]
            elif len(tally.refusals) < _SHOWN:
                tally.refusals.append((tally.lines + each["line"], each["message"], each.get("hint")))
        tally.lines += summary["lines"]
        tally.stored += summary["stored"]
        tally.duplicates += summary["duplicate"]
        tally.refused += summary["refused"]

    def _results(self, body: bytes) -> list[Any]:
        """A result for each line, and the summary."""
        for pause in (*_PAUSES, None):
            try:
                return list(self._answers(self._client.post(self._path, body, "application/x-ndjson")))
            except (Unreachable, Interrupted, ServerError) as error:
                if pause is None or not (error.retryable or isinstance(error, Unreachable)):
                    raise
                time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _answers(self, response: "httpx.Response") -> Iterator[Any]:
        try:
            answers = [json_text.loads(line) for line in response.content.splitlines()]
        except json_text.JsonError:
            answers = []
        if not answers or not isinstance(answers[-1], dict):
            raise stranger(self._client.base, response.status_code)
        last = answers[-1]
        if not last.get("done"):
            retryable = response.status_code == 503
            raise ServerError(str(last.get("message")), str(last.get("code")), last.get("hint"), retryable=retryable)
        return iter(answers)


@contextmanager
def ended(tally: Tally, source: str) -> Iterator[None]:
    """Adds to an error inside what is known to be settled."""
    try:
        yield
    except Failure as error:
        hint = (
            "The same command again completes it." if error.retryable or isinstance(error, Unreachable) else error.hint
        )
        raise Failure(f"{source}: {error}; {tally.lines:,} lines before that are settled", hint=hint) from error
    except KeyboardInterrupt:
        console.note(f"{source}: interrupted, {tally.lines:,} lines are settled. The same command again completes it.")
        raise

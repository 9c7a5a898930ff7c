"""A file of events, one on a line: plain, compressed by gzip, or standard input."""

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, cast

from cli.failure import Failure
from cli.manifests import STDIN

_LONGEST = 17 * 2**20
"""Of a line, as the server has it. A longer one is cut: what is left of it is still too long for the server."""
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class EventFile:
    """`size` in bytes, None where it is not known; `position` is how far reading has come in it."""

    lines: Iterator[bytes]
    size: int | None
    position: Callable[[], int]


@contextmanager
def opened(path: Path) -> Iterator[EventFile]:
    """Raises Failure for a file that cannot be read, also while its lines are taken."""
    try:
        if path == STDIN:
            yield EventFile(_lines(_plain(sys.stdin.buffer)), None, lambda: 0)
            return
        with path.open("rb") as raw:
            yield EventFile(_lines(_plain(raw)), path.stat().st_size, raw.tell)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Failure(f"{path} is no whole gzip file: {error}") from error
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error


def _plain(raw: IO[bytes]) -> IO[bytes]:
    """What the first bytes say counts, not the name."""
    buffered: Any = raw if isinstance(raw, BufferedReader) else BufferedReader(cast(Any, raw))
    return cast(IO[bytes], gzip.GzipFile(fileobj=buffered)) if buffered.peek(2)[:2] == _GZIP else buffered


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Without their ends."""
    while line := stream.readline(_LONGEST + 2):
        yield line.rstrip(b"\r\n")
        while line and not line.endswith(b"\n"):
            line = stream.readline(2**20)

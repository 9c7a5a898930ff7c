"""The contents of a repository's files, each read and parsed once while it is in use."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import PIPE
from typing import Any

from cli.git_history import manifests
from cli.git_history.contents import Contents
from cli.git_history.manifests import ManifestFile, Skip
from cli.git_history.repository import Repository

_CACHED = 4_000_000  # bytes of text, a tenth of what their objects take in memory


@dataclass(slots=True)
class Counts:
    read: int = 0
    """Files read and parsed; one that fell out of the cache counts again."""
    bytes: int = 0


class Blobs:
    """Manifest files by the id of their blob. See `blobs_of`."""

    def __init__(self, contents: Contents, with_secrets: bool) -> None:
        self.counts = Counts()
        self._contents = contents
        self._with_secrets = with_secrets
        self._cache: OrderedDict[str, tuple[ManifestFile, int]] = OrderedDict()
        self._cached = 0

    def file(self, blob: str) -> ManifestFile:
        """Raises GitFailedError when git ended."""
        if blob in self._cache:
            self._cache.move_to_end(blob)
            return self._cache[blob][0]
        file, size = self._read(blob)
        self._cache[blob] = file, size
        self._cached += size
        while self._cached > _CACHED and len(self._cache) > 1:
            self._cached -= self._cache.popitem(last=False)[1][1]
        return file

    def wish(self, blobs: Iterable[str]) -> None:
        """These will be wanted, likely in this order."""
        self._contents.wish(blob for blob in blobs if blob not in self._cache)

    def state(self, blob: str, index: int) -> dict[str, Any]:
        """The state of a file's object. Read-only."""
        return self.file(blob).objects[index].state

    def _read(self, blob: str) -> tuple[ManifestFile, int]:
        content = self._contents.read(blob)
        if isinstance(content, Skip):
            return manifests.unreadable(content), 0
        self.counts.read += 1
        self.counts.bytes += len(content)
        return manifests.read(content, self._with_secrets), len(content)


@contextmanager
def blobs_of(repository: Repository, with_secrets: bool) -> Iterator[Blobs]:
    with repository.process("cat-file", "--batch", stdin=PIPE) as git:
        yield Blobs(Contents(git), with_secrets)

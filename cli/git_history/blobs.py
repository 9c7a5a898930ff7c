"""The contents of a repository's files, each read and parsed once while it is in use."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import PIPE, Popen
from typing import Any

from cli.git_history import manifests
from cli.git_history.manifests import LARGEST, ManifestFile, Reason, Skip
from cli.git_history.repository import GitFailedError, Repository

_CACHED = 4_000_000  # bytes of text, a tenth of what their objects take in memory


@dataclass(slots=True)
class Counts:
    read: int = 0
    """Files read and parsed; one that fell out of the cache counts again."""
    bytes: int = 0


class Blobs:
    """Manifest files by the id of their blob. See `blobs_of`."""

    def __init__(self, git: "Popen[bytes]", with_secrets: bool) -> None:
        self.counts = Counts()
        self._git = git
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

    def state(self, blob: str, index: int) -> dict[str, Any]:
        """The state of a file's object. Read-only."""
        return self.file(blob).objects[index].state

    def _read(self, blob: str) -> tuple[ManifestFile, int]:
        assert self._git.stdin is not None
        assert self._git.stdout is not None
        self._git.stdin.write(f"{blob}\n".encode())
        self._git.stdin.flush()
        answer = self._git.stdout.readline().split()
        if not answer:
            raise GitFailedError(f"git stopped reading at the file {blob}")
        if answer[1] != b"blob":
            return manifests.unreadable(Skip(Reason.MISSING, blob)), 0
        size = int(answer[2])
        if size > LARGEST:
            for rest in range(size + 1, 0, -LARGEST):
                self._git.stdout.read(min(rest, LARGEST))
            return manifests.unreadable(Skip(Reason.LARGE, f"{size:,} bytes")), 0
        data = self._git.stdout.read(size + 1)[:size]
        self.counts.read += 1
        self.counts.bytes += size
        return manifests.read(data, self._with_secrets), size


@contextmanager
def blobs_of(repository: Repository, with_secrets: bool) -> Iterator[Blobs]:
    with repository.process("cat-file", "--batch", stdin=PIPE) as git:
        yield Blobs(git, with_secrets)

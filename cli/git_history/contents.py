"""The bytes of files, asked for ahead of their use so that git reads while we parse."""

from collections import deque
from collections.abc import Iterable
from subprocess import Popen
from typing import TypeAlias

from cli.git_history.manifests import LARGEST, Reason, Skip
from cli.git_history.repository import GitFailedError

_AHEAD = 48  # requests under way; their ids must fit into a pipe, or git and we would wait for each other
_LARGE = 500_000  # of files that come before their turn, only smaller ones are kept

Content: TypeAlias = bytes | Skip


class Contents:
    """Files by the id of their blob, through one `git cat-file --batch`."""

    def __init__(self, git: "Popen[bytes]") -> None:
        assert git.stdin is not None
        assert git.stdout is not None
        self._to_git, self._from_git = git.stdin, git.stdout
        self._wishes: deque[str] = deque()
        self._asked: dict[str, None] = {}
        self._early: dict[str, Content] = {}

    def wish(self, blobs: Iterable[str]) -> None:
        """These will be read, likely in this order."""
        self._wishes.extend(blobs)

    def read(self, blob: str) -> Content:
        """A file's bytes, or why there are none. Raises GitFailedError when git ended."""
        if blob in self._early:
            return self._early.pop(blob)
        if blob not in self._asked:
            self._ask(blob)
        while True:
            self._ask_ahead()
            first = next(iter(self._asked))
            del self._asked[first]
            content = self._receive(first)
            if first == blob:
                return content
            self._keep(first, content)

    def _ask_ahead(self) -> None:
        if len(self._asked) > _AHEAD // 2:
            return
        while self._wishes and len(self._asked) < _AHEAD:
            self._ask(self._wishes.popleft())
        self._to_git.flush()

    def _ask(self, blob: str) -> None:
        if blob not in self._asked and blob not in self._early:
            self._asked[blob] = None
            self._to_git.write(f"{blob}\n".encode())

    def _keep(self, blob: str, content: Content) -> None:
        if len(content) < _LARGE:
            self._early[blob] = content
        if len(self._early) > _AHEAD:
            del self._early[next(iter(self._early))]

    def _receive(self, blob: str) -> Content:
        answer = self._from_git.readline().split()
        if not answer:
            raise GitFailedError(f"git stopped reading at the file {blob}")
        if answer[1] != b"blob":
            return Skip(Reason.MISSING, blob)
        size = int(answer[2])
        if size <= LARGEST:
            return self._from_git.read(size + 1)[:size]
        for rest in range(size + 1, 0, -LARGEST):
            self._from_git.read(min(rest, LARGEST))
        return Skip(Reason.LARGE, f"{size:,} bytes")

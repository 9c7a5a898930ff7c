"""The commits of a branch's first-parent line, oldest first, with what each changed against its first parent."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, NamedTuple

from cli.git_history.repository import GitFailedError, Repository

_FIELDS = ("%H", "%an", "%ae", "%ad", "%cd", "%B")
# Plumbing, with everything said that a user's configuration could say otherwise.
_DIFF = (
    "diff-tree --stdin --always --root -r -z --raw --no-abbrev --diff-merges=first-parent --find-renames=100%"
    " --no-ext-diff --no-color --encoding=UTF-8 --date=raw"
).split()


class Change(NamedTuple):
    """One file: `old_path` is None when it was added, `new_path` is None when it was removed."""

    old_path: str | None
    new_path: str | None
    blob: str
    """What the file holds now; of a removed one, zeros."""


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    author: tuple[str, str]
    """Name and e-mail address, either may be empty."""
    authored: str
    """Seconds since 1970 and an offset as `+0200`; empty when git cannot read it."""
    committed: str
    message: str
    changes: tuple[Change, ...]
    against: str | None = None
    """The commit that it is compared with, where that is not its first parent."""


class Line:
    """The ids of a first-parent line in a file of its own, so that its length costs no memory."""

    def __init__(self, file: IO[bytes], width: int) -> None:
        self._file = file
        self._width = width  # of an id and the line end

    def __len__(self) -> int:
        return self._file.seek(0, 2) // self._width

    def position(self, sha: str) -> int | None:
        """How many commits come before `sha`; None when it is not on the line."""
        self._file.seek(0)
        wanted = sha.encode() + b"\n"
        return next((number for number, line in enumerate(self._file) if line == wanted), None)

    def at(self, position: int) -> str:
        self._file.seek(position * self._width)
        return self._file.read(self._width - 1).decode()

    def after(self, count: int) -> IO[bytes]:
        """The file, to be read from behind the first `count` commits."""
        os.lseek(self._file.fileno(), count * self._width, os.SEEK_SET)  # git reads the descriptor, not our buffer
        return self._file


@contextmanager
def line_of(repository: Repository, commit: str) -> Iterator[Line]:
    with tempfile.TemporaryFile() as file:
        with repository.process("rev-list", "--first-parent", "--reverse", commit, stdout=file):
            pass
        yield Line(file, len(commit) + 1)


def commits(repository: Repository, line: Line, skip: int = 0, against: str | None = None) -> Iterator[Commit]:
    """Every commit of the line behind the first `skip`; the first of them compared with `against`, if that is given.

    Raises GitFailedError when git ends too early.
    """
    if against is not None:
        with tempfile.TemporaryFile() as file:
            file.write(f"{line.at(skip)} {against}\n".encode())
            file.seek(0)
            yield from (replace(each, against=against) for each in _told(repository, file, 1))
        skip += 1
    wanted = len(line) - skip
    yield from _told(repository, line.after(skip), wanted)


def _told(repository: Repository, ids: IO[bytes], wanted: int) -> Iterator[Commit]:
    seen = 0
    arguments = (*_DIFF, "--format=" + "%x00".join(_FIELDS))
    with repository.process(*arguments, stdin=ids, stdout=subprocess.PIPE) as git:
        for commit in _read(_tokens(git.stdout)):
            seen += 1
            yield commit
    if seen != wanted:
        raise GitFailedError(f"git told {seen:,} of {wanted:,} commits of {repository.folder}")


def _tokens(stream: IO[bytes] | None) -> Iterator[str]:
    """The texts between NULs; bytes that are no UTF-8 come as surrogates, as in file names of Python."""
    assert stream is not None
    rest = b""
    while chunk := stream.read(1 << 16):
        *whole, rest = (rest + chunk).split(b"\0")
        for token in whole:
            yield token.decode(errors="surrogateescape")


def _read(tokens: Iterator[str]) -> Iterator[Commit]:
    token = next(tokens, None)
    while token is not None:
        sha, name, address, authored, committed, message = token, *islice(tokens, len(_FIELDS) - 1)
        changes: list[Change] = []
        for token in tokens:
            if not token.lstrip("\n").startswith(":"):
                break
            changes.extend(_changes(token, tokens))
        else:
            token = None
        yield Commit(sha, (name, address), authored, committed, message, tuple(changes))


def _changes(header: str, tokens: Iterator[str]) -> Iterator[Change]:
    """`:100644 100755 1a2b… 3c4d… R086` and the paths behind it. Links and submodules are no files here."""
    _, new_mode, _, blob, status = header.split(" ")
    old_mode = header.lstrip("\n")[1:7]
    old = path = next(tokens)
    if status[0] in "RC":
        path = next(tokens)
    old_path = old if old_mode.startswith("100") and status[0] != "C" else None
    new_path = path if new_mode.startswith("100") else None
    if old_path is not None or new_path is not None:
        yield Change(old_path, new_path, blob)

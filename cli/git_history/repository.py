"""A git repository on this machine, read through git itself."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from domain.errors import DselError, InvalidArgument

_NAMELESS = ("", "repo", "repository", "checkout", "clone", "src", "source")
"""Folders that do not say which repository is in them."""
_FRUGAL = ("core.packedGitLimit=64m", "core.packedGitWindowSize=4m", "core.deltaBaseCacheLimit=32m")
"""What git may hold of a large repository in memory."""
# What would point git elsewhere than at the folder that was named, or change what it says.
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE")


class GitFailedError(DselError):
    """git ended in the middle of its work; the message carries its last words."""

    code = "GIT_FAILED"


@dataclass(frozen=True)
class Repository:
    """`folder` is the top of a work tree, or the folder that holds git's own files."""

    folder: Path

    @cached_property
    def name(self) -> str:
        """The folder's name; `home-ops.git`, `home-ops/.git` and `home-ops/repo` are called home-ops."""
        own, above = self.folder.name.removesuffix(".git"), self.folder.parent.name
        return above if own in _NAMELESS and above else own or "repository"

    @cached_property
    def is_shallow(self) -> bool:
        return self.answer("rev-parse", "--is-shallow-repository") == "true"

    @cached_property
    def head(self) -> str | None:
        """The branch that HEAD names, or None when it names a commit."""
        return self.answer("symbolic-ref", "--quiet", "--short", "HEAD") or None

    def commit(self, revision: str) -> str:
        """The full id of the commit that `revision` names. Raises InvalidArgument."""
        found = self.answer("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if not found and not self.answer("rev-list", "--all", "--max-count=1"):
            raise InvalidArgument(f"{self.folder} is an empty repository: it has no commits")
        if not found:
            raise InvalidArgument(f"'{revision}' names no commit in {self.folder}", hint=self._branches())
        return found

    def has(self, sha: str) -> bool:
        """Whether it holds a commit, on whichever branch or on none."""
        return self.answer("cat-file", "-t", sha) == "commit"

    def answer(self, *arguments: str) -> str:
        """What git prints, without the line end; nothing when it refuses."""
        done = subprocess.run(self._command(*arguments), env=_environment(), capture_output=True, check=False)  # noqa: S603
        return _line(done.stdout) if done.returncode == 0 else ""

    @contextmanager
    def process(
        self, *arguments: str, stdin: int | IO[bytes] = subprocess.DEVNULL, stdout: int | IO[bytes] = subprocess.PIPE
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """A running git, ended on leaving. Raises GitFailedError when it had failed by itself."""
        with (
            tempfile.TemporaryFile() as words,
            subprocess.Popen(  # noqa: S603
                self._command(*arguments),
                env=_environment(),
                stdin=stdin,
                stdout=stdout,
                stderr=words,
                bufsize=1 << 16,
            ) as running,
        ):
            try:
                yield running
            except BaseException:
                running.kill()
                raise
            if running.stdin is not None:
                running.stdin.close()
            if running.wait() != 0:
                words.seek(0)
                raise GitFailedError(f"git {arguments[0]} failed in {self.folder}: {_reason(words.read())}")

    def _command(self, *arguments: str) -> list[str]:
        settings = [part for each in _FRUGAL for part in ("-c", each)]
        return ["git", "-C", os.fspath(self.folder), *settings, *arguments]

    def _branches(self) -> str:
        names = self.answer("for-each-ref", "--format=%(refname:short)", "--count=20", "refs/heads").split("\n")
        return f"Its branches are: {', '.join(names)}." if names[0] else "It holds no branch."


def locate(path: Path) -> Repository:
    """The repository at `path`. Raises InvalidArgument for a path that is none, or that lies inside one."""
    folder = path.resolve()
    if not folder.is_dir():
        raise InvalidArgument(f"{path} is no folder", hint="Name a clone of the repository.")
    git_folder = _ask(folder, "--absolute-git-dir")
    if git_folder.returncode != 0:
        raise InvalidArgument(f"{path} is no git repository: {_reason(git_folder.stderr)}")
    tops = (_line(git_folder.stdout), _line(_ask(folder, "--show-toplevel").stdout))
    if os.fspath(folder) not in tops:
        raise InvalidArgument(
            f"{path} lies inside a git repository", hint=f"Name the whole of it: {tops[1] or tops[0]}"
        )
    return Repository(folder)


def _ask(folder: Path, question: str) -> "subprocess.CompletedProcess[bytes]":
    command = ["git", "-C", os.fspath(folder), "rev-parse", question]
    try:
        return subprocess.run(  # noqa: S603
            command,
            env=_environment(),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise InvalidArgument("git is not installed", hint="Install git 2.31 or newer.") from None


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
    return kept | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


def _line(text: bytes) -> str:
    return os.fsdecode(text).removesuffix("\n")


def _reason(words: bytes) -> str:
    lines = os.fsdecode(words).strip().splitlines()
    fatal = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
    return (fatal or lines or ["it said nothing"])[0]

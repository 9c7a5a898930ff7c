"""Repositories of any size by `git fast-import`: trees are given whole, commit by commit."""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from git_repositories import START, GitRepository


def write_commits(
    folder: Path, commits: Iterable[Mapping[str, str | None]], times: Iterable[int] = ()
) -> GitRepository:
    """A bare repository with one commit for each mapping of paths to new texts, None for a file that goes. Without
    `times`, in seconds since 1970, the commits are a minute apart."""
    repository = GitRepository(folder, "--bare")
    git = subprocess.Popen(["git", "-C", str(folder), "fast-import", "--quiet"], stdin=subprocess.PIPE)
    assert git.stdin is not None
    given = iter(times)
    with git.stdin:
        for number, changes in enumerate(commits):
            at = next(given, START + 60 * number)
            head = f"commit refs/heads/main\ncommitter Ann <ann@example.com> {at} +0000\ndata 4\nstep\n"
            git.stdin.write(head.encode() + b"".join(_change(*change) for change in changes.items()))
    assert git.wait() == 0
    return repository


def _change(path: str, text: str | None) -> bytes:
    if text is None:
        return f"D {path}\n".encode()
    data = text.encode()
    return f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"

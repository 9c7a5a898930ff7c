"""The history of a git repository as a stream of events."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.git_history.app_ids import AppIds
from cli.git_history.blobs import Blobs, blobs_of
from cli.git_history.checkpoint import Checkpoint, restore, table_of
from cli.git_history.commits import Line, commits, line_of
from cli.git_history.envelopes import Envelope
from cli.git_history.identities import Identities
from cli.git_history.options import Options
from cli.git_history.report import Report
from cli.git_history.repository import Repository, locate
from cli.git_history.walk import Walk
from domain.errors import InvalidArgument


class History:
    """Every change of a Kubernetes-style object on the first-parent line of a branch, oldest first. Iterate once.

    Events of one object come in the order in which they must be stored. Envelopes share parts: treat them as read-only.
    `report` counts along; `progress` is called after each commit, when its events were all taken.

    Iterating raises InvalidArgument for a path, branch, commit or template that is wrong, GitFailedError when git ends
    too early. Nothing that a file or a commit holds is an error.
    """

    def __init__(
        self,
        path: Path,
        options: Options | None = None,
        checkpoint: Checkpoint | None = None,
        progress: Callable[[Report], None] | None = None,
    ) -> None:
        self.report = Report()
        self._path = path
        self._options = options or Options()
        self._checkpoint = checkpoint
        self._progress = progress
        self._open: _Open | None = None

    def __iter__(self) -> Iterator[Envelope]:
        with ExitStack() as stack:
            self._open = opened = self._opened(stack)
            muted = opened.after is not None
            for commit in opened.walk.ahead(commits(opened.repository, opened.line, self.report.commits, opened.left)):
                yield from opened.walk.events(commit, emit=not muted)
                muted = muted and commit.sha != opened.after
                self._done(commit.sha, opened)

    def checkpoint(self) -> Checkpoint:
        """Where the walk stands, for a later run. Only in `progress` and at the end, and only when everything up to
        `report.sha` is stored. Raises InvalidArgument before the first commit is done."""
        if self._open is None or not self.report.sha:
            raise InvalidArgument("no commit is done yet")
        walk = self._open.walk
        return Checkpoint(self.report.sha, self._open.settings, walk.clock, table_of(walk.identities))

    def _opened(self, stack: ExitStack) -> "_Open":
        options, repository = self._options, locate(self._path)
        name, branch = options.repo or repository.name, options.branch or repository.head
        identities = Identities(AppIds(options.app_id, name, branch or ""))
        line = stack.enter_context(line_of(repository, repository.commit(options.branch or "HEAD")))
        blobs = stack.enter_context(blobs_of(repository, options.with_secrets))
        walk = Walk(identities, blobs, options, branch, _seconds(options.now), self.report)
        self.report.commits_total, self.report.shallow = len(line), repository.is_shallow
        settings = [options.app_id, name, options.with_secrets, list(options.include), list(options.exclude)]
        left = self._resume(repository, line, walk, settings)
        return _Open(repository, line, walk, blobs, settings, self._after(repository, line), left)

    def _resume(self, repository: Repository, line: Line, walk: Walk, settings: list[Any]) -> str | None:
        """Takes up the last walk. When its end is not on the line any more, that is what the next commit changes."""
        start, report = self._checkpoint, self.report
        if start is None:
            return None
        position = line.position(start.sha)
        done = position + 1 if position is not None else _fork(repository, line, start.sha)
        report.resumed = done is not None and start.settings == settings
        if not report.resumed or done is None:
            return None
        report.rewritten = position is None
        restore(walk.identities, start.table)
        walk.clock, report.sha, report.commits = start.clock, start.sha, done
        return start.sha if report.rewritten else None

    def _after(self, repository: Repository, line: Line) -> str | None:
        """The commit with which the events begin, None when they begin at once."""
        if self._options.after is None:
            return None
        sha = repository.commit(self._options.after)
        position = line.position(sha)
        if position is None:
            raise InvalidArgument(f"the commit {sha} is not on the first-parent line of the branch")
        return sha if position >= self.report.commits else None

    def _done(self, sha: str, opened: "_Open") -> None:
        report, names, counts = self.report, opened.walk.identities.names, opened.blobs.counts
        report.commits, report.sha = report.commits + 1, sha
        report.files, report.bytes = counts.read, counts.bytes
        report.objects, report.told_apart = names.given, names.told_apart
        if self._progress is not None:
            self._progress(report)


@dataclass(frozen=True, slots=True)
class _Open:
    repository: Repository
    line: Line
    walk: Walk
    blobs: Blobs
    settings: list[Any]
    after: str | None
    left: str | None
    """The commit at which the last walk ended, if the line has left it behind."""


def _fork(repository: Repository, line: Line, left: str) -> int | None:
    """How many commits the line shares with the history of `left`, but for its last one; None when that is gone."""
    base = repository.answer("merge-base", left, line.at(len(line) - 1)) if repository.has(left) else ""
    position = line.position(base) if base else None
    return min(position + 1, len(line) - 1) if position is not None else None


def _seconds(now: datetime | None) -> int:
    return int((now or datetime.now(UTC)).timestamp())

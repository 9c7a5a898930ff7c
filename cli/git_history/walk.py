"""From commits to events: one step after the other, in memory bounded by the objects that live at once."""

from collections import deque
from collections.abc import Iterable, Iterator

from cli.git_history import commit_times, envelopes
from cli.git_history.blobs import Blobs
from cli.git_history.commits import Commit
from cli.git_history.envelopes import Envelope
from cli.git_history.identities import Identities
from cli.git_history.options import Options
from cli.git_history.report import Report
from cli.git_history.subjects import Found, NewFile, Step, Subject

_AHEAD = 16  # commits


class Walk:
    """`now` is in seconds since 1970, as every time here. `branch` is None when HEAD names a commit."""

    def __init__(
        self, identities: Identities, blobs: Blobs, options: Options, branch: str | None, now: int, report: Report
    ) -> None:
        self.identities = identities
        self.clock = 0
        """The time of the commit before."""
        self._blobs = blobs
        self._wants = options.wants()
        self._branch = branch
        self._now = now
        self._report = report

    def ahead(self, commits: Iterable[Commit]) -> Iterator[Commit]:
        """The same commits, a few behind those whose files are already asked for."""
        waiting: deque[Commit] = deque()
        for commit in commits:
            self._blobs.wish(change.blob for change in commit.changes if self._wanted(change.new_path) is not None)
            waiting.append(commit)
            if len(waiting) > _AHEAD:
                yield waiting.popleft()
        yield from waiting

    def events(self, commit: Commit, emit: bool = True) -> Iterator[Envelope]:
        """The events of the line's next commit. Without `emit` there are none, but the walk goes on."""
        self.clock = self._time_of(commit)
        source = envelopes.source(commit, self._branch)
        for step in self.identities.advance(*self._files(commit)):
            if emit:
                self._count(step)
            for found, deletes in _happenings(step):
                at = self._raised(step.subject, emit)
                if emit:
                    state = self._blobs.state(found.blob, found.position)
                    self._report.encrypted += "sops" in state
                    moved_from = step.last.path if step.last and step.moved and not deletes else None
                    yield envelopes.envelope(source, step.subject, found, state, at, moved_from, deletes)

    def _files(self, commit: Commit) -> tuple[list[str], list[NewFile]]:
        """The paths of files that are gone, and the files that came or changed."""
        removed, present = [], []
        for change in commit.changes:
            old, new = self._wanted(change.old_path), self._wanted(change.new_path)
            if new is not None:
                present.append(self._file(new, old or new, change.blob, commit.sha))
            elif old is not None:
                removed.append(old)
        return removed, present

    def _wanted(self, path: str | None) -> str | None:
        return path if path is not None and self._wants(path) else None

    def _file(self, path: str, old_path: str, blob: str, sha: str) -> NewFile:
        content = self._blobs.file(blob)
        self._report.skip(path, sha, content.skipped)
        found = [
            Found(each.key, each.group, each.digest, path, blob, position)
            for position, each in enumerate(content.objects)
        ]
        return NewFile(path, old_path, found, content.whole)

    def _time_of(self, commit: Commit) -> int:
        time = commit_times.parse(commit.committed)
        if time is None:
            self._report.undated += 1
            return self.clock
        if time.seconds > self._now:
            self._report.future += 1
        return min(time.seconds, self._now)

    def _raised(self, subject: Subject, emit: bool) -> int:
        """No event of an object is earlier than the one before it on the line."""
        if subject.latest is not None and subject.latest > self.clock:
            self._report.raised += emit
            return subject.latest
        subject.latest = self.clock
        return self.clock

    def _count(self, step: Step) -> None:
        report = self._report
        report.deleted += step.applied is None or step.regrouped
        report.applied += step.applied is not None
        report.reborn += step.last is None and step.subject.latest is not None
        if step.moved and step.last and step.applied:
            report.moved += 1
            report.moved_unchanged += step.last.digest == step.applied.digest


def _happenings(step: Step) -> Iterator[tuple[Found, bool]]:
    """What is told of a step, and whether it is a deletion. A change of the API group is two things."""
    if step.last is not None and (step.applied is None or step.regrouped):
        yield step.last, True
    if step.applied is not None:
        yield step.applied, False

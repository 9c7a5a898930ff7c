"""From commits to events: one step after the other, in memory bounded by the objects that live at once."""

from collections.abc import Iterable, Iterator

from cli.git_history import commit_times, envelopes
from cli.git_history.blobs import Blobs
from cli.git_history.commits import Change, Commit
from cli.git_history.envelopes import Envelope
from cli.git_history.identities import Identities
from cli.git_history.options import Options
from cli.git_history.report import Report
from cli.git_history.subjects import Found, NewFile, Step


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

    def events(self, commit: Commit, emit: bool = True) -> Iterator[Envelope]:
        """The events of the line's next commit. Without `emit` there are none, but the walk goes on."""
        self.clock = self._time_of(commit)
        source = envelopes.source(commit, self._branch)
        for step in self._steps(commit):
            for found, deletes in _happenings(step):
                at = self._raised(step, self.clock)
                if emit:
                    state = self._blobs.state(found.blob, found.position)
                    moved_from = step.last.path if step.last and step.moved and not deletes else None
                    self._count(step, deletes, "sops" in state)
                    yield envelopes.envelope(source, step.subject, found, state, at, moved_from, deletes)

    def _steps(self, commit: Commit) -> list[Step]:
        removed, present = self._files(commit.changes)
        for file in present:
            self._report.skip(file.path, commit.sha, file.content.skipped)
        return self.identities.advance(removed, present)

    def _files(self, changes: Iterable[Change]) -> tuple[list[str], list[NewFile]]:
        removed, present = [], []
        for change in changes:
            old = change.old_path if change.old_path is not None and self._wants(change.old_path) else None
            new = change.new_path if change.new_path is not None and self._wants(change.new_path) else None
            if new is not None:
                present.append(NewFile(new, old or new, change.blob, self._blobs.file(change.blob)))
            elif old is not None:
                removed.append(old)
        return removed, present

    def _time_of(self, commit: Commit) -> int:
        time = commit_times.parse(commit.committed)
        if time is None:
            self._report.undated += 1
            return self.clock
        if time.seconds > self._now:
            self._report.future += 1
        return min(time.seconds, self._now)

    def _raised(self, step: Step, at: int) -> int:
        """No event of an object is earlier than the one before it on the line."""
        latest = step.subject.latest
        if latest is not None and latest > at:
            self._report.raised += 1
            at = latest
        step.subject.latest = at
        return at

    def _count(self, step: Step, deletes: bool, encrypted: bool) -> None:
        report = self._report
        report.encrypted += encrypted
        if deletes:
            report.deleted += 1
            return
        report.applied += 1
        if step.moved and step.last and step.applied:
            report.moved += 1
            report.moved_unchanged += step.last.digest == step.applied.digest


def _happenings(step: Step) -> Iterator[tuple[Found, bool]]:
    """What is told of a step, and whether it is a deletion. A change of the API group is two things."""
    if step.last is not None and (step.applied is None or step.regrouped):
        yield step.last, True
    if step.applied is not None:
        yield step.applied, False

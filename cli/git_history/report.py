"""What an import of a history has done so far, for a progress bar and for the end."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cli.git_history.manifests import Reason, Skip
from cli.git_history.texts import printable

_LISTED = 1_000


@dataclass(slots=True)
class Skipped:
    """Files left out for one reason, whole or in part."""

    count: int = 0
    """Versions of files."""
    examples: dict[str, str] = field(default_factory=dict)
    """The first paths, each with the commit and the detail of the first time: `1a2b3c4d: line 3: …`"""
    more: bool = False
    """Whether there are more paths than are listed."""


@dataclass(slots=True)
class Report:
    commits: int = 0
    """Walked so far, those before a checkpoint included."""
    commits_total: int = 0
    sha: str = ""
    """The last commit whose events were all handed out."""
    shallow: bool = False
    """The clone is shallow: its oldest commit seems to add everything."""
    resumed: bool | None = None
    rewritten: bool = False
    """The last import ended at a commit that is not on the branch any more, and this one goes on from there."""
    """Whether the checkpoint was used; None without one, False when its commit is not on the line any more."""
    files: int = 0
    """Files read and parsed."""
    bytes: int = 0
    objects: int = 0
    """Different objects seen: entities."""
    applied: int = 0
    """Applied events, moves included."""
    deleted: int = 0
    moved: int = 0
    moved_unchanged: int = 0
    reborn: int = 0
    told_apart: int = 0
    """Objects whose name was taken, so that a path follows it."""
    encrypted: int = 0
    """Events of objects that SOPS encrypted; their cipher texts are in the state."""
    raised: int = 0
    """Events whose time was raised to the one of the same object's event before."""
    future: int = 0
    """Commits dated after now, whose events are of now."""
    undated: int = 0
    """Commits whose time cannot be read; they take the time of the commit before."""
    skipped: dict[Reason, Skipped] = field(default_factory=dict)

    @property
    def events(self) -> int:
        return self.applied + self.deleted

    def skip(self, path: str, sha: str, skips: Iterable[Skip]) -> None:
        for skip in skips:
            entry = self.skipped.setdefault(skip.reason, Skipped())
            entry.count += 1
            shown = printable(path)
            if len(entry.examples) < _LISTED:
                entry.examples.setdefault(shown, f"{sha[:8]}: {skip.detail}" if skip.detail else sha[:8])
            elif shown not in entry.examples:
                entry.more = True

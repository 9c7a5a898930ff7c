"""The events that a commit makes, as envelopes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID, uuid5

from cli.git_history import commit_times
from cli.git_history.actors import Author, author
from cli.git_history.commits import Commit
from cli.git_history.subjects import Found, Subject
from cli.git_history.texts import bounded, printable, storable
from domain.kinds import lower_camel

Envelope: TypeAlias = dict[str, Any]

_SPACE = UUID("a3a1d9f6-52c8-5d0e-9f7b-6f0c1d5f4e27")
_LONGEST_SUBJECT = 300
_LONGEST_BODY = 2_000


@dataclass(frozen=True, slots=True)
class Source:
    """What the events of one commit share."""

    sha: str
    step: str
    """The commit and what it is compared with: what tells its events from all others."""
    author: Author
    metadata: Mapping[str, Any]


def source(commit: Commit, branch: str | None) -> Source:
    by = author(*commit.author)
    subject, _, body = storable(commit.message).strip().partition("\n")
    authored, committed = commit_times.parse(commit.authored), commit_times.parse(commit.committed)
    metadata = {
        "gitCommit": commit.sha,
        "gitBranch": branch,
        "message": bounded(subject, _LONGEST_SUBJECT),
        "messageBody": bounded(body.strip(), _LONGEST_BODY) or None,
        "author": {"name": by.name, "email": by.address},
        "authoredAt": authored.text if authored else None,
        "committedAt": committed.text if committed else None,
        "appliedFrom": "git",
    }
    step = " ".join(filter(None, (commit.sha, commit.against)))
    return Source(commit.sha, step, by, {key: value for key, value in metadata.items() if value is not None})


def envelope(
    origin: Source,
    subject: Subject,
    found: Found,
    state: dict[str, Any],
    at: int,
    moved_from: str | None,
    deletes: bool,
) -> Envelope:
    """An Applied event of `state`, or a Deleted event with the last one, at `at` seconds since 1970."""
    kind, path = found.key.kind, printable(found.path)
    key, action = lower_camel(kind), "Deleted" if deletes else "Applied"
    where = {"path": path} | ({"previousPath": printable(moved_from)} if moved_from is not None else {})
    return {
        "apiVersion": "v1alpha1",
        "kind": f"{kind}{action}Event",
        "meta": {
            "eventId": event_id(origin.step, subject, path, action),
            "timestamp": commit_times.written(at),
            "userId": origin.author.id,
            "actorType": origin.author.type,
            "correlationId": origin.sha,
            "name": subject.entity.name,
            "appId": subject.entity.app_id,
        },
        "spec": {key if key != "metadata" else "object": state, "metadata": {**origin.metadata, **where}},
    }


def event_id(step: str, subject: Subject, path: str, action: str) -> str:
    """The same in every run and every clone: a commit's id stands for its content and all its history."""
    return str(uuid5(_SPACE, "\n".join((step, subject.entity.key, path, action))))

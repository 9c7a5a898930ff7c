"""Real git repositories for tests, and the obvious way of reading what stands in them."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

DAY = 86_400
START = 1_700_000_000

_ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_ANN = ("Ann Example", "ann@example.com")


class GitRepository:
    """A repository in `folder`; its clock goes a minute from commit to commit unless a commit says another time."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.now = START
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", *arguments)

    def git(self, *arguments: str, stdin: bytes = b"", **variables: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            input=stdin,
            env=os.environ | _ALONE | variables,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return os.fsdecode(done.stdout).removesuffix("\n")

    def write(self, path: str, *documents: Any) -> None:
        """A file of texts as they are and of values as YAML, with `---` between them."""
        texts = [each if isinstance(each, str) else yaml.safe_dump(each, sort_keys=False) for each in documents]
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("---\n".join(texts), encoding="utf-8")

    def remove(self, path: str) -> None:
        (self.folder / path).unlink()

    def move(self, old: str, new: str) -> None:
        (self.folder / new).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / old).rename(self.folder / new)

    def commit(self, message: str = "change", at: int | str | None = None, author: tuple[str, str] = _ANN) -> str:
        """The id of a commit of everything as it stands in the folder."""
        self.now = at if isinstance(at, int) else self.now + 60
        self.git("add", "--all")
        return self.committed("commit", "--quiet", "--allow-empty", "--message", message, author=author, at=at)

    def committed(self, *command: str, author: tuple[str, str] = _ANN, at: int | str | None = None) -> str:
        """The id of HEAD after a git command that makes a commit."""
        (name, address), moment = author, at if isinstance(at, str) else f"{self.now} +0200"
        self.git(
            *command,
            GIT_AUTHOR_NAME=name,
            GIT_AUTHOR_EMAIL=address,
            GIT_AUTHOR_DATE=moment,
            GIT_COMMITTER_NAME="Carl Committer",
            GIT_COMMITTER_EMAIL="carl@example.com",
            GIT_COMMITTER_DATE=moment,
        )
        return self.git("rev-parse", "HEAD")

    def raw_commit(self, author: str, committer: str, message: str = "raw") -> str:
        """A commit of the folder whose author and committer lines git itself would not write."""
        self.git("add", "--all")
        tree, parent = self.git("write-tree"), self.git("rev-parse", "HEAD")
        text = f"tree {tree}\nparent {parent}\nauthor {author}\ncommitter {committer}\n\n{message}\n"
        arguments = ("hash-object", "-t", "commit", "-w", "--stdin", "--literally")
        sha = self.git(*arguments, stdin=text.encode(errors="surrogateescape"))
        self.git("update-ref", "refs/heads/main", sha)
        return sha

    def line(self) -> list[str]:
        return self.git("rev-list", "--first-parent", "--reverse", "HEAD").split()

    def texts(self, sha: str) -> dict[str, str]:
        """The manifest files of a commit, each by `git show`."""
        listed = self.git("ls-tree", "-r", "-z", sha).rstrip("\0").split("\0")
        paths = [entry.split("\t", 1)[1] for entry in listed if entry.startswith("100")]
        return {path: self.git("show", f"{sha}:{path}") for path in paths if path.endswith((".yaml", ".yml", ".json"))}


def parsed(text: str) -> list[dict[str, Any]] | None:
    """The named objects of a file without Secrets, by PyYAML; None when it does not parse. For texts without tricks."""
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return None
    return [each for document in documents for each in _objects(document)]


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict) or not document.get("apiVersion"):
        return
    if document.get("kind") == "List":
        for item in document["items"]:
            yield from _objects(item)
    elif document.get("kind") != "Secret" and document.get("metadata", {}).get("name"):
        yield document


class Tree:
    """Where objects live, by the obvious rule: what a file holds, or held when it last parsed, wherever it moved."""

    def __init__(self) -> None:
        self._files: dict[str, list[dict[str, Any]]] = {}
        self._texts: Mapping[str, str] = {}

    def become(self, texts: Mapping[str, str]) -> Counter[str]:
        moved_from = {text: path for path, text in self._texts.items() if path not in texts}
        files = {path: parsed(text) for path, text in texts.items()}
        for path, now in files.items():
            if now is None:
                old_path = path if path in self._texts else moved_from.get(texts[path], path)
                files[path] = self._files.get(old_path, [])
        self._files, self._texts = {path: now or [] for path, now in files.items()}, texts
        return Counter(_shown(path, state) for path, states in self._files.items() for state in states)


class Replay:
    """Where objects live, by the events: the last one of each entity."""

    def __init__(self) -> None:
        self._living: dict[tuple[str, ...], str] = {}

    def take(self, envelopes: Iterable[Mapping[str, Any]]) -> Counter[str]:
        for envelope in envelopes:
            entity = entity_of(envelope)
            if envelope["kind"].endswith("DeletedEvent"):
                del self._living[entity]
            else:
                self._living[entity] = _shown(envelope["spec"]["metadata"]["path"], state_of(envelope))
        return Counter(self._living.values())


def entity_of(envelope: Mapping[str, Any]) -> tuple[str, ...]:
    return state_of(envelope)["kind"], envelope["meta"]["appId"], envelope["meta"]["name"]


def state_of(envelope: Mapping[str, Any]) -> dict[str, Any]:
    (state,) = (value for key, value in envelope["spec"].items() if key != "metadata")
    assert isinstance(state, dict)
    return state


def by_commit(envelopes: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for envelope in envelopes:
        groups.setdefault(envelope["meta"]["correlationId"], []).append(envelope)
    return groups


def thing(
    name: str, kind: str = "Deployment", api: str = "apps/v1", namespace: str | None = "shop", **spec: Any
) -> Any:
    """An object as Kubernetes has it."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec or {"replicas": 1}}


def _shown(path: str, state: Mapping[str, Any]) -> str:
    return f"{path} {json.dumps(state, sort_keys=True)}"

"""Where a write comes from: this client, and the commit that a file is of."""

import socket
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def client() -> Mapping[str, str]:
    """What the client says of itself."""
    from importlib import metadata  # takes a while

    return {"tool": "dsel", "version": metadata.version("dsel-graphql"), "host": socket.gethostname()}


def commit(file: Path) -> Mapping[str, str | bool] | None:
    """Commit and branch of the repository that a file is in; None outside of one.

    `gitDirty` says that the file is not as in that commit. A branch is missing where none is checked out.
    """
    told = _status(file)
    oid = told.get("branch.oid")
    if oid is None or oid == "(initial)":
        return None
    found: dict[str, str | bool] = {"gitCommit": oid}
    if told["branch.head"] != "(detached)":
        found["gitBranch"] = told["branch.head"]
    return found | ({"gitDirty": True} if "changed" in told else {})


def _status(file: Path) -> dict[str, str]:
    command = ["git", "-C", str(file.parent), "status", "--porcelain=v2", "--branch", "--ignored", "--", file.name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return {}
    if done.returncode != 0:
        return {}
    told = {}
    for line in done.stdout.splitlines():
        name, _, value = line.removeprefix("# ").partition(" ") if line.startswith("# ") else ("changed", "", line)
        told[name] = value
    return told

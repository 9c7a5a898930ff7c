"""The app of a repository's objects, when nobody named one."""

from pathlib import Path

from cli.client import Client
from cli.failure import Failure
from cli.git_history import locate

_EARLIEST = """query($app: String!) {
  events(where: {appIds: [$app]}, order: OLDEST, first: 50) { nodes { correlationId spec } } }"""


def named_after(path: Path, client: Client) -> str:
    """The repository's name.

    Raises Failure when the app of that name holds the history of another repository: the two would be mixed for good.
    """
    repository = locate(path)
    nodes = client.ask(_EARLIEST, app=repository.name)["events"]["nodes"]
    commits = sorted({each["correlationId"] for each in nodes if _is_imported(each["spec"])})
    if commits and not any(repository.has(sha) for sha in commits):
        raise Failure(
            f"the app '{repository.name}' holds the history of another repository: its commit {commits[0][:12]} is not"
            f" in {path}",
            hint="Name an app with --app-id; the same one, if the two belong together.",
        )
    return repository.name


def _is_imported(spec: object) -> bool:
    metadata = spec.get("metadata") if isinstance(spec, dict) else None
    return isinstance(metadata, dict) and metadata.get("appliedFrom") == "git"

"""Where an import of a repository stands, kept between two runs, so that the second need not walk it all again."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.client import Client

if TYPE_CHECKING:
    from cli.git_history import Checkpoint


@dataclass(frozen=True, slots=True)
class ImportPlace:
    """Two files: the checkpoint, and the id of an event that the server has if it is the one that was imported to."""

    path: Path

    def read(self, client: Client) -> "Checkpoint | None":
        """None without one, or when the server does not have what was imported."""
        from cli.git_history import read_checkpoint

        try:
            event_id = self._id.read_text(encoding="utf-8")
        except OSError:
            return None
        known = client.ask("query($id: ID!) { event(id: $id) { id } }", id=event_id)["event"]
        return read_checkpoint(self.path) if known else None

    def write(self, checkpoint: "Checkpoint", event_id: str) -> None:
        """`event_id` may be empty when nothing was sent. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.write(self.path)
        if event_id:
            self._id.write_text(event_id, encoding="utf-8")

    @property
    def _id(self) -> Path:
        return self.path.with_suffix(".event")


def place(server: str, repository: Path, *settings: str) -> ImportPlace:
    """One for each server, repository and choice of options."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    key = hashlib.blake2b("\0".join((server, str(repository.resolve()), *settings)).encode(), digest_size=16)
    return ImportPlace(state / "dsel" / "imports" / f"{key.hexdigest()}.checkpoint")

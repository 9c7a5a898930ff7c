"""One run of `dsel import git`: takes the events of a history, sends them, and notes how far it is."""

import time
from pathlib import Path

from cli import console, import_place
from cli.client import Client
from cli.git_history import History, Options, Report
from cli.progress import Bar
from cli.sender import Sender, Tally, ended
from graph import json_text

_SECONDS = 20.0
"""Between two notes."""


class GitImport:
    def __init__(self, client: Client, repository: Path, options: Options, shown: Bar, *, again: bool) -> None:
        self._name = str(repository)
        self._place = import_place.place(client.base, repository, repr(options))
        self._last = None if again else self._place.read(client)
        self._history = History(repository, options, self._last, self._progress)
        self._sender = Sender(client, imported=True)
        self._shown = shown
        self._noted = time.monotonic()
        self.walked = 0
        """The commits of this run."""

    @property
    def tally(self) -> Tally:
        return self._sender.tally

    @property
    def report(self) -> Report:
        return self._history.report

    @property
    def begins_after(self) -> str | None:
        """The commit up to which an earlier run had come."""
        return self._last.sha if self._last is not None and self.report.resumed else None

    def run(self) -> None:
        """Raises Failure with what is settled, and InvalidArgument for a path, branch or template that is wrong."""
        with self._sender, ended(self.tally, self._name):
            for envelope in self._history:
                self._sender.take(json_text.dumps(envelope))
            self._note()

    def _progress(self, report: Report) -> None:
        self.walked += 1
        self._shown.show(report.commits, report.commits_total, report.events)
        if time.monotonic() - self._noted > _SECONDS:
            self._note()
            self._noted = time.monotonic()

    def _note(self) -> None:
        """Everything up to here is stored, unless something was refused."""
        self._sender.flush()
        if self.tally.refused:
            return
        try:
            self._place.write(self._history.checkpoint(), self.tally.last_id)
        except OSError as error:  # the next run walks all commits again
            console.note(f"How far it is cannot be noted in {self._place.path}: {error.strerror}.")

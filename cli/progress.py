"""A progress bar on standard error, in a terminal only."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cli import console

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@dataclass
class Bar:
    """Shows how far it is, how many events that are, and how many in a second."""

    started: float = field(default_factory=time.monotonic)
    _shown: "tuple[Progress, TaskID] | None" = None

    def show(self, done: float, total: float | None, events: int) -> None:
        if self._shown is not None:
            progress, task = self._shown
            progress.update(task, completed=done, total=total, events=f"{events:,}", rate=self.rate(events))

    def rate(self, events: int) -> str:
        return f"{events / max(self.seconds, 0.001):,.0f} events/s"

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


@contextmanager
def bar(title: str) -> Iterator[Bar]:
    if not console.err.is_terminal:
        yield Bar()
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = ("{task.description}", "{task.percentage:>3.0f} %", "{task.fields[events]} events", "{task.fields[rate]}")
    texts = [TextColumn(each) for each in columns]
    shown = Progress(texts[0], BarColumn(), *texts[1:], TimeRemainingColumn(), console=console.err, transient=True)
    with shown as progress:
        yield Bar(_shown=(progress, progress.add_task(title, total=None, events="0", rate="")))

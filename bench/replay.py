"""What event sourcing pays for a state: the replay of the `eventsourcing` library, with and without its snapshots.

python -m bench.replay [--lengths 10,1000,100000]. Events are kept in the library's own memory, which spares it the
reads of a database; a snapshot is taken every hundred events, which it counts among its writes. For each length of
history: the time to load the newest state, and the state in the middle.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from rich.console import Console
from rich.table import Table

_EVERY = 100  # events between two snapshots


class Module(Aggregate):
    """As small as a domain object can be: replay costs more for each further field."""

    @event("Published")
    def __init__(self, version: str) -> None:
        self.release = version
        self.phase = "PUBLISHED"

    @event("Applied")
    def apply(self, version: str) -> None:
        self.release = version
        self.phase = "APPLIED"


class Replaying(Application[UUID]):
    pass


class Snapshotting(Application[UUID]):
    snapshotting_intervals = {Module: _EVERY}  # noqa: RUF012 - how the library declares it


def main(lengths: list[int]) -> None:
    table = Table(title="eventsourcing, milliseconds for one state", title_justify="left", box=None)
    for column in ("events", "newest", "newest, snapshots", "in the middle", "in the middle, snapshots"):
        table.add_column(column, justify="right")
    for length in lengths:
        plain, short = _stored(Replaying(), length), _stored(Snapshotting(), length)
        newest = [_median(loaded) for loaded in (plain(None), short(None))]
        middle = [_median(loaded) for loaded in (plain(length // 2), short(length // 2))]
        table.add_row(f"{length:,}", *(f"{each:,.2f}" for each in (*newest, *middle)))
    Console(width=120).print(table)


def _stored(application: Application[UUID], length: int) -> Callable[[int | None], Callable[[], object]]:
    """Stores a history; what loads its newest state, or that of a version."""
    module = Module(version="0")
    for number in range(1, length):
        module.apply(version=str(number))
        if number % _EVERY == 0:
            application.save(module)
    application.save(module)
    return lambda version: lambda: application.repository.get(module.id, version=version)


def _median(load: Callable[[], object]) -> float:
    """Milliseconds."""
    durations: list[float] = []
    while len(durations) < 5 or (sum(durations) < 0.2 and len(durations) < 200):
        started = time.perf_counter()
        load()
        durations.append(time.perf_counter() - started)
    return 1000 * statistics.median(durations)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lengths", default="10,1000,100000")
    main([int(each) for each in parser.parse_args().lengths.split(",")])

"""When the order of recording is final.

A writer reads its clock for `recordedAt` right before it inserts, and the insert may take as long as its time limit
allows. So an event may become visible after another one that was recorded later. What is older than the settled point
has either become visible or never will: a reader that goes by `recordedAt` and stays behind that point skips nothing.
The argument, and what it rests on, is in docs/time.md.
"""

from datetime import datetime, timedelta

from domain.instants import floor

APART = timedelta(seconds=2)
"""How far the clocks of the writers may be apart, and how long one may stand still between its clock and its insert."""


def settled(instant: datetime, longest_write: timedelta) -> datetime:
    """The point up to which, at `instant`, the order of recording is final."""
    return floor(instant - longest_write - APART)

"""When Python looks for garbage while schemas come and go. It stops everything for as long as it looks.

A schema is taken apart when nobody uses it, so that nearly all of it is freed without a search. What Python's classes
keep alive in circles is left to a search now and then, over what is younger than the last long one.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 50_000  # objects: to look through as many takes about as long as a request may wait
_LONG = 0.02  # seconds
_EVERY = 8  # pieces of work


class Garbage:
    """The garbage collector of this process, as far as large pieces of work are concerned."""

    def __init__(self) -> None:
        self._works = 0

    @contextmanager
    def spared(self) -> Iterator[None]:
        """No search while something large is made. When it was much, it is counted among what stays."""
        if not gc.isenabled():
            yield
            return
        self._works += 1
        if self._works % _EVERY == 0:
            self._search()
        before = gc.get_count()[0]
        gc.disable()
        try:
            yield
        finally:
            if gc.get_count()[0] - before > _MANY:
                gc.freeze()
            gc.enable()

    def _search(self) -> None:
        """What survives a search that took long is counted among what stays: no later one looks through it again."""
        began = time.perf_counter()
        gc.collect()
        if time.perf_counter() - began > _LONG:
            gc.freeze()


garbage = Garbage()

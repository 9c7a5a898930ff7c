"""How many of a thing a process has open at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import TooManySubscriptions


class Quota:
    def __init__(self, most: int, noun: str) -> None:
        self.most = most
        self.noun = noun
        self.open = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises TooManySubscriptions when there are as many as there may be."""
        if self.open >= self.most:
            raise TooManySubscriptions(
                f"{self.open:,} {self.noun} are open, the limit", hint="Close some, or try again in a while."
            )
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

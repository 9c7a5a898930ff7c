"""New events of the log, over connections that may break: each event once, from the moment that the watch began."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cli.client import Client, Unreachable
from domain.errors import DselError

Told = Callable[[str], None]
_PAUSE = 1.0  # seconds between two tries
_MOST_KNOWN = 10_000
_QUERY = """subscription($from: Position!, $where: EventWhere) {
  events(from: $from, where: $where) { cursor node { %s } } }"""


@dataclass
class Subscription:
    """`after` is an instant, and then the cursor of the last event."""

    client: Client
    fields: str
    where: dict[str, Any]
    after: str
    known: deque[str] = field(default_factory=lambda: deque(maxlen=_MOST_KNOWN))
    """The ids of the last events: where MongoDB remembers a cursor's place no longer, some come again."""

    def events(self, told: Told) -> Iterator[dict[str, Any]]:
        """Without an end. `told` takes remarks on the connection. Raises what no second try would mend."""
        lost = False
        while True:
            try:
                for result in self._results():
                    if lost:
                        told("It answers again; nothing was missed.")
                        lost = False
                    if result is not None:
                        yield from self._new(result)
                reason = "the server has ended the connection"
            except DselError as error:
                if not (error.retryable or isinstance(error, Unreachable)):
                    raise
                reason = str(error)
            if not lost:
                told(f"{reason}. Trying again until it answers.")
            lost = True
            time.sleep(_PAUSE)

    def _results(self) -> Iterator[Any]:
        variables = {"from": self.after, "where": self.where}
        return self.client.results(_QUERY % self.fields, variables)

    def _new(self, result: Any) -> Iterator[dict[str, Any]]:
        entry = result["events"]
        self.after, event = entry["cursor"], entry["node"]
        if event["id"] not in self.known:
            self.known.append(event["id"])
            yield event

"""Places in the log between two events, from which a subscriber can go on."""

from dataclasses import dataclass
from datetime import datetime

from domain.event import Event


@dataclass(frozen=True, slots=True, order=True)
class Recorded:
    """Everything up to here in the order of recording: by recordedAt, then version, then id.

    An entity's events of one instant follow each other by version, and an intent stands before its outcome.
    """

    at: datetime
    version: int = 0
    id: str = ""

    @classmethod
    def of(cls, event: Event) -> "Recorded":
        return cls(event.recorded_at, event.version, event.id)


@dataclass(frozen=True, slots=True)
class Committed:
    """Everything that was committed up to the token, and everything that was recorded up to `floor`."""

    token: str
    floor: Recorded | None = None


Position = Recorded | Committed

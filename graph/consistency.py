"""How old an answer may be: strong, or as a request says with `extensions: {dsel: {consistency: EVENTUAL}}`."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.errors import InvalidArgument

USUAL_AGE, LONGEST_AGE = 1_000, 60_000  # milliseconds
_BESIDE = 2_000  # bytes: headers, extensions and the key


class Consistency(StrEnum):
    STRONG = "STRONG"
    EVENTUAL = "EVENTUAL"


@dataclass(frozen=True, slots=True)
class Recent:
    """An answer without errors to `text`: `data` as JSON, `extensions`, the headers, and when its execution began."""

    text: bytes
    data: bytes
    extensions: dict[str, Any]
    headers: dict[str, str]
    began: float

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        return len(self.text) + len(self.data) + _BESIDE

    @property
    def age(self) -> int:
        """In milliseconds."""
        return int(1000 * (time.monotonic() - self.began))


class RecentAnswers:
    """The answers given last that may be given again, up to a sum of bytes. They belong to their engine."""

    def __init__(self, most_bytes: int = 8 * 2**20) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[Hashable, Recent] = OrderedDict()

    def get(self, key: Hashable, max_age: int) -> Recent | None:
        """One that is no older, in milliseconds."""
        recent = self._answers.get(key)
        return recent if recent is not None and recent.age <= max_age else None

    def put(self, key: Hashable, recent: Recent) -> None:
        """One that needs more than a tenth of the room is not kept."""
        self._drop(key)
        if 10 * recent.size > self._most_bytes:
            return
        self._answers[key] = recent
        self._bytes += recent.size
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: Hashable) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.size


def max_age(extensions: dict[str, Any] | None) -> int | None:
    """How many milliseconds old the answer may be; None asks for a strong one. Raises InvalidArgument."""
    asked = (extensions or {}).get("dsel")
    if asked is None:
        return None
    if not isinstance(asked, dict):
        raise InvalidArgument("`extensions.dsel` is no object", hint='Send {"consistency": "EVENTUAL"}.')
    consistency, age = asked.get("consistency", Consistency.STRONG), asked.get("maxAgeMs", USUAL_AGE)
    if consistency not in list(Consistency):
        raise InvalidArgument(
            f"`extensions.dsel.consistency` is {consistency!r}", hint=f"Send one of {', '.join(Consistency)}."
        )
    if type(age) is not int or not 0 <= age <= LONGEST_AGE:
        raise InvalidArgument(
            f"`extensions.dsel.maxAgeMs` is {age!r}", hint=f"Send whole milliseconds from 0 to {LONGEST_AGE:,}."
        )
    return age if consistency == Consistency.EVENTUAL else None

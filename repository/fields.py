"""Which parts of an event a read needs: decoding what nobody asked for is the largest cost of a read."""

from dataclasses import dataclass

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Paths into the state (None for all of it, empty for nothing) and whether the rest of the envelope is needed."""

    state: frozenset[Path] | None = frozenset()
    body: bool = False


HEADER = Fields()
STATE = Fields(state=None)
WHOLE = Fields(state=None, body=True)

"""The drafts of one commit, and what became of each."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from domain.errors import DselError
from repository.event_log import Append, Appended

_PART = 500  # events of one insert: the summaries of one are made while the next is stored
Result = Appended | DselError


@dataclass(slots=True)
class Batch:
    """`appends` in order; `results` by the place of the append."""

    appends: Sequence[Append]
    results: dict[int, Result] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    """Keys of entities that a repetition was about: its first writer may have died before the summary."""
    summaries: list[asyncio.Future[None]] = field(default_factory=list)
    """Done once the summaries have what was stored."""

    @property
    def pending(self) -> list[int]:
        return [index for index in range(len(self.appends)) if index not in self.results]

    def part(self) -> list[int]:
        """What of the pending is stored by one insert: those that follow stand beside what they follow."""
        pending = self.pending
        end = min(_PART, len(pending))
        while end < len(pending) and self.appends[pending[end]].follows:
            end += 1
        return pending[:end]

    def groups(self, indexes: Iterable[int]) -> Iterator[list[int]]:
        """Those that follow with what they follow."""
        group: list[int] = []
        for index in indexes:
            if group and not self.appends[index].follows:
                yield group
                group = []
            group.append(index)
        if group:
            yield group

    def ids(self, indexes: Iterable[int]) -> dict[int, str]:
        """The event ids that the writers chose."""
        chosen = ((index, self.appends[index].draft.id) for index in indexes)
        return {index: event_id for index, event_id in chosen if event_id is not None}

    def exact(self, indexes: Iterable[int]) -> set[str]:
        """The entities whose version a writer has named, so that no remembered one will do."""
        named = (self.appends[index] for index in indexes)
        return {each.draft.entity.key for each in named if each.expected_version is not None}

    async def summarised(self, start: int, count: int) -> list[Result]:
        """What became of these drafts, once the summaries tell of all of the batch."""
        for each in self.summaries:
            await asyncio.shield(each)  # others wait for it too
        return [self.results[index] for index in range(start, start + count)]

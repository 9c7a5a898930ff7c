"""What a feed gave last: for subscribers that come back, and for those whose place in the stream got lost."""

from collections import deque

from repository.commits import Commit

_MOST_COMMITS = 2_000
_MOST_BYTES = 16 * 2**20
_MOST_IDS = 50_000


class Recent:
    def __init__(self) -> None:
        self._since: str | None = None
        self._commits: deque[Commit] = deque()
        self._bytes = 0
        self._ids: deque[tuple[str, str]] = deque(maxlen=_MOST_IDS)

    def begin(self, token: str) -> None:
        """Everything from the token on will be kept; what was before is not adjacent to it."""
        self._since, self._bytes = token, 0
        self._commits.clear()

    def end(self) -> None:
        self._since, self._bytes = None, 0
        self._commits.clear()

    def keep(self, commit: Commit) -> None:
        self._ids.append((commit.token, commit.event.id))
        self._commits.append(commit)
        self._bytes += commit.size
        while len(self._commits) > _MOST_COMMITS or self._bytes > _MOST_BYTES:
            oldest = self._commits.popleft()
            self._since, self._bytes = oldest.token, self._bytes - oldest.size

    def reaches(self, token: str) -> bool:
        """Whether everything that was committed after the token is kept."""
        return self._since is not None and token >= self._since

    def after(self, token: str) -> list[Commit] | None:
        """What was committed after the token; None when that is more than is kept."""
        if not self.reaches(token):
            return None
        return [commit for commit in self._commits if commit.token > token]

    def ids_until(self, token: str) -> set[str]:
        """The ids of the newest events up to the token, however long ago."""
        return {id_ for at, id_ in self._ids if at <= token}

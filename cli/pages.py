"""Connections of the server, read page by page."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from cli.client import Client

MOST = 500


def nodes(
    client: Client, query: str, *path: str, size: int = MOST, limit: int = 0, **variables: Any
) -> Iterator[dict[str, Any]]:
    """The nodes of the connection at `path` in the answer, up to `limit`; 0 takes all. An absent one has none."""
    found = _all(client, query, path, min(size, limit) if limit else size, variables)
    return islice(found, limit) if limit else found


def _all(client: Client, query: str, path: Sequence[str], size: int, variables: Any) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        page: Any = client.ask(query, **variables, first=size, after=after)
        for name in path:
            page = page and page[name]
        if page is None:
            return
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]

"""What a schema says of itself: always the same answer, which may have many megabytes."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Any

import orjson

from graph import json_text
from resolvers.beside import beside

_MOST = 8  # there are few clients, and each has one introspection query


class Introspections:
    """Answers by their query. Each is made once, beside the event loop, and kept as its text."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, asyncio.Future[Any]] = {}

    async def answer(self, query: Hashable, make: Callable[[], dict[str, Any]]) -> Any:
        """The data of the answer, for `json_text.dumps` alone. Whoever asks meanwhile waits for the same one."""
        if query not in self._answers:
            if len(self._answers) >= _MOST:
                self._answers.clear()
            self._answers[query] = asyncio.ensure_future(beside(_text, [make]))
        return await asyncio.shield(self._answers[query])


def _text(work: list[Callable[[], dict[str, Any]]]) -> Any:
    """Takes its work away: a thread holds what it was called with a little longer, and a schema hangs on it."""
    return orjson.Fragment(json_text.dumps(work.pop()()))

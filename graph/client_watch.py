"""Whether the client of a request is still there."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

Answer = TypeVar("Answer")
_UNWATCHED = 0.05  # seconds


async def while_connected(answer: Awaitable[Answer], receive: Receive) -> Answer:
    """Cancels the answer when the client leaves. Raises ClientDisconnect then."""
    task = asyncio.current_task()
    assert task
    watch = _Watch(receive, task)
    try:
        return await answer
    except asyncio.CancelledError:
        if watch.has_cancelled and task.uncancel() == 0:  # nobody else, such as a timeout, has cancelled us too
            raise ClientDisconnect from None
        raise
    finally:
        watch.end()


class _Watch:
    """Cancels a task when the client leaves. Most requests are answered before it begins to look."""

    def __init__(self, receive: Receive, task: asyncio.Task[Any]) -> None:
        self._receive = receive
        self._task = task
        self._looking: asyncio.Task[None] | None = None
        self._begin = asyncio.get_running_loop().call_later(_UNWATCHED, self._look)

    @property
    def has_cancelled(self) -> bool:
        return self._looking is not None and self._looking.done()

    def end(self) -> None:
        self._begin.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _look(self) -> None:
        self._looking = asyncio.create_task(self._cancel_on_disconnect())

    async def _cancel_on_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._task.cancel()

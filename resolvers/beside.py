"""Work of the processor's that takes long, beside the event loop."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from resolvers.garbage import garbage

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
_SWITCH = 0.0005  # seconds that the worker may keep the interpreter; Python's own 5 ms would be met at every call


async def beside(work: Callable[Asked, Answer], *args: Asked.args, **options: Asked.kwargs) -> Answer:
    """The answer of `work`, made on a thread that gives the interpreter back soon whenever the loop wants it."""
    with _short_turns(), garbage.spared():
        return await asyncio.to_thread(work, *args, **options)


@contextmanager
def _short_turns() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, _SWITCH))
    try:
        yield
    finally:
        sys.setswitchinterval(usual)

"""Work of the processor's that takes long, beside the event loop."""

import asyncio
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
_SWITCH = 0.0005  # seconds that the worker may keep the interpreter; Python's own 5 ms would be met at every call


async def beside(work: Callable[Asked, Answer], *args: Asked.args, **options: Asked.kwargs) -> Answer:
    """The answer of `work`, made on a thread that gives the interpreter back soon whenever the loop wants it."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, _SWITCH))
    try:
        return await asyncio.to_thread(work, *args, **options)
    finally:
        sys.setswitchinterval(usual)

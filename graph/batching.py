"""Fields that one call answers for all of their parents."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

Batch = Callable[..., Awaitable[Sequence[Any]]]


def batched(resolve: Batch) -> Callable[..., Awaitable[Any]]:
    """A resolver of one parent, made of one that answers for all: `resolve(roots, info, **arguments)`.

    It answers in the order of its roots. An exception in the place of an answer is the error of that root alone; one
    that it raises is everybody's. The parents that ask through the same field of a query are gathered.
    """

    async def resolve_one(root: Any, info: Any, **arguments: Any) -> Any:
        async def read(roots: list[Any]) -> Sequence[Any]:
            return await resolve(roots, info, **arguments)

        # The arguments of a field are the same wherever the query reaches it.
        key = (resolve, *map(id, info._raw_info.field_nodes))
        return await info.context.gather(key, read, root)

    one: Any = functools.update_wrapper(resolve_one, resolve)
    signature = inspect.signature(resolve)
    roots, *others = signature.parameters.values()
    one.__signature__ = signature.replace(parameters=[roots.replace(name="root", annotation=Any), *others])
    one.batch = resolve
    return cast(Callable[..., Awaitable[Any]], one)


def batch_of(resolver: Any) -> Batch | None:
    """What `batched` was given, None for any other resolver."""
    return getattr(resolver, "batch", None)

"""An operation over a transport that carries more than one result."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLError, OperationType

from domain.errors import DselError
from graph.execution import Engine, GraphQLRequest, Prepared, Result
from graph.quota import Quota


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds."""

    heartbeat: float = 15.0
    """Between two signs of life while there is nothing to send."""
    initialisation: float = 3.0
    """Until a client has introduced itself."""
    stall: float = 30.0
    """Until a client takes what was sent to it."""


class Streaming:
    """Runs operations for the websocket and for server-sent events."""

    def __init__(self, subscriptions: Quota) -> None:
        self._subscriptions = subscriptions
        self._mutations: set[asyncio.Task[Result]] = set()

    async def results(self, engine: Engine, request: GraphQLRequest, context: Any) -> AsyncGenerator[Result, None]:
        """One result of a query or a mutation, and of a subscription one for each event, a refused one at its end."""
        prepared = engine.prepare(request.query, request.operation_name)
        if isinstance(prepared, list):
            yield Result.refused(prepared)
        elif prepared.type is OperationType.SUBSCRIPTION:
            async with aclosing(self._subscribe(engine, prepared, request, context)) as results:
                async for result in results:
                    yield result
        else:
            result = await self._run(engine, prepared, request, context)
            yield replace(result, extensions=context.response_extensions())

    async def _subscribe(
        self, engine: Engine, prepared: Prepared, request: GraphQLRequest, context: Any
    ) -> AsyncGenerator[Result, None]:
        try:
            with self._subscriptions.one():
                async with aclosing(engine.subscribe(prepared, request, context)) as results:
                    async for result in results:
                        yield result
        except DselError as error:
            yield Result.refused([engine.to_error(GraphQLError(str(error), original_error=error))])

    async def _run(self, engine: Engine, prepared: Prepared, request: GraphQLRequest, context: Any) -> Result:
        """What may have begun to write goes on, though the client leaves."""
        running = asyncio.create_task(engine.run(prepared, request, context))
        if prepared.type is not OperationType.MUTATION:
            return await running
        self._mutations.add(running)
        running.add_done_callback(self._mutations.discard)
        return await asyncio.shield(running)


def payload(result: Result) -> dict[str, Any]:
    """A result as the protocols carry it."""
    shown: dict[str, Any] = {}
    if result.errors:
        shown["errors"] = [error.formatted for error in result.errors]
    if result.executed:
        shown["data"] = result.data
    if result.extensions:
        shown["extensions"] = result.extensions
    return shown

"""One execution of a plan: breadth first, with a call for each field of the query and not for each of its parents."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import Executor, GraphQLResolveInfo

from graph.plans.later import Later
from graph.plans.plan import Failed, Place, Plan, Selection

Waiting = dict[int, tuple[Selection, list[Any], list[dict[str, Any]]]]


@dataclass(slots=True, eq=False)
class Run:
    """What the generated code of one execution knows and gathers."""

    plan: Plan
    executor: Executor[Any]
    has_failed: bool = False
    waiting: Waiting = field(default_factory=dict)
    """Objects whose later fields are not resolved yet, with what they were made of."""
    _infos: dict[int, GraphQLResolveInfo[Any]] = field(default_factory=dict)

    def failed(self, error: Exception, place: Place) -> Failed:
        self.has_failed = True
        return Failed(error, place)

    def info(self, place: Place) -> GraphQLResolveInfo[Any]:
        info = self._infos.get(id(place))
        if info is None:
            info = self.executor.build_resolve_info(place.definition, place.nodes, place.parent_type, place.path)
            self._infos[id(place)] = info
        return info

    async def data(self) -> dict[str, Any]:
        """The answer, with Failed where errors took the place of values. Raises UnusualError."""
        made = self.plan.begin(self)
        await self._advance(self._gathered())
        return made

    def _gathered(self) -> Waiting:
        waiting, self.waiting = self.waiting, {}
        return waiting

    async def _advance(self, waiting: Waiting) -> None:
        jobs = [
            self._resolve(later, sources, objects)
            for selection, sources, objects in waiting.values()
            for later in selection.later
        ]
        if len(jobs) == 1:
            await jobs[0]
        elif jobs:
            _raise_first(await asyncio.gather(*jobs, return_exceptions=True))

    async def _resolve(self, later: Later, sources: Sequence[Any], objects: Sequence[dict[str, Any]]) -> None:
        answers = await later.answers(sources, self)
        self.plan.code.names[later.complete](answers, objects, self)
        if self.waiting:
            await self._advance(self._gathered())


def _raise_first(outcomes: Iterable[Any]) -> None:
    for each in outcomes:
        if isinstance(each, BaseException):
            raise each

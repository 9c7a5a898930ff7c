"""The plans of one operation, and how often there was none."""

import logging
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any

from graphql import DirectiveNode, Executor, GraphQLError, Node, OperationDefinitionNode, VariableNode, Visitor, visit

from graph.plans import failures, planner
from graph.plans.plan import Plan
from graph.plans.run import Run

logger = logging.getLogger(__name__)
_MOST = 16  # of plans of one operation: each condition of a @skip or @include may turn out in two ways


@dataclass(slots=True, eq=False)
class Shelf:
    """The plans of an operation, by how its conditions turn out."""

    conditions: tuple[str, ...] | None = None
    plans: dict[tuple[Any, ...], Plan] = field(default_factory=dict)

    def place(self, executor: Executor[Any]) -> tuple[Any, ...]:
        """Where the plan for these variables belongs."""
        if self.conditions is None:
            self.conditions = _conditions(executor)
        coerced = executor.variable_values.coerced
        return tuple(coerced.get(name) for name in self.conditions)


class Planned:
    """Answers queries by plans; what plans do not handle is left to graphql-core.

    `counts` says how many queries were answered (`planned`), were of a kind without a plan (`unplanned`), or had
    something unusual in their answer (`unusual`). The plans used last are kept, up to a sum of characters of code.
    """

    def __init__(self, most_code: int = 2_000_000, counts: Counter[str] | None = None) -> None:
        self.counts = Counter[str]() if counts is None else counts
        self._most_code = most_code
        self._code = 0
        self._kept: OrderedDict[Plan, tuple[Shelf, tuple[Any, ...], int]] = OrderedDict()

    async def answer(
        self, shelf: Shelf, executor: Executor[Any]
    ) -> tuple[dict[str, Any] | None, list[GraphQLError]] | None:
        """Data and errors; None leaves the query to graphql-core. Nothing is written, so that it may run again."""
        try:
            plan = None if executor.operation.directives else self._plan(shelf, executor)
            if plan is None:
                self.counts["unplanned"] += 1
                return None
            if hasattr(executor.context_value, "selections"):
                executor.context_value.selections = plan.needs
            run = Run(plan, executor)
            data = await run.data()
        except Exception as error:  # noqa: BLE001 - a resolver that raises, most likely; graphql-core finds out where
            self.counts["unusual"] += 1
            logger.debug("A query is left to graphql-core: %r", error)
            return None
        self.counts["planned"] += 1
        return failures.settled(plan.root, data) if run.has_failed else (data, [])

    def _plan(self, shelf: Shelf, executor: Executor[Any]) -> Plan | None:
        """None when the operation has too many plans already."""
        place = shelf.place(executor)
        plan = shelf.plans.get(place)
        if plan is not None:
            self._kept.move_to_end(plan)
            return plan
        if len(shelf.plans) >= _MOST:
            return None
        plan = shelf.plans[place] = planner.plan(executor, shelf.conditions or ())
        self._keep(plan, shelf, place)
        return plan

    def _keep(self, plan: Plan, shelf: Shelf, place: tuple[Any, ...]) -> None:
        size = plan.code.size  # it may grow a little, with types behind interfaces
        self._kept[plan] = (shelf, place, size)
        self._code += size
        while self._code > self._most_code and len(self._kept) > 1:
            _, (owner, known, freed) = self._kept.popitem(last=False)
            del owner.plans[known]
            self._code -= freed


def _conditions(executor: Executor[Any]) -> tuple[str, ...]:
    """The variables that decide what is selected."""
    finder = _ConditionFinder()
    nodes: list[Node] = [executor.operation, *executor.fragment_definitions.values()]
    for node in nodes:
        visit(node, finder)
    return tuple(sorted(finder.names))


class _ConditionFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_operation_definition(self, _: OperationDefinitionNode, *__: Any) -> None:
        """Its own directives are looked at elsewhere."""

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names.add(argument.value.name.value)

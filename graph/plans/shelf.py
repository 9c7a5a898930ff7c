"""The plans of one operation, and how often there was none."""

import logging
from collections import Counter
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

    def plan(self, executor: Executor[Any]) -> Plan | None:
        """None when there are too many already."""
        if self.conditions is None:
            self.conditions = _conditions(executor)
        coerced = executor.variable_values.coerced
        key = tuple(coerced.get(name) for name in self.conditions)
        plan = self.plans.get(key)
        if plan is None and len(self.plans) < _MOST:
            plan = self.plans[key] = planner.plan(executor, self.conditions)
        return plan


class Planned:
    """Answers queries by plans; what plans do not handle is left to graphql-core.

    `counts` says how many queries were answered (`planned`), were of a kind without a plan (`unplanned`), or had
    something unusual in their answer (`unusual`).
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    async def answer(
        self, shelf: Shelf, executor: Executor[Any]
    ) -> tuple[dict[str, Any] | None, list[GraphQLError]] | None:
        """Data and errors; None leaves the query to graphql-core. Nothing is written, so that it may run again."""
        try:
            plan = None if executor.operation.directives else shelf.plan(executor)
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

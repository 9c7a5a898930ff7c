"""The rules of one version of a type, and what they say of an object."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from domain import expression_cost
from domain.expression import ExpressionError, Scope
from domain.report import Outcome, RuleResult
from domain.rule import Rule, Step
from domain.rule_values import as_cel, below, with_defaults
from domain.values import pointer_part, shortened

MOST_EVALUATIONS = 50_000
"""Of all rules at all places of one object."""
MOST_FAILURES = 10
"""Of one rule that are told."""
ABSENT: Any = object()
"""There is no current value here: a create, a new key, or an element of a list that has no keys to know it by."""


@dataclass(frozen=True)
class Spot:
    """A value inside an object, the current value there, and the schema of both."""

    pointer: str
    value: Any
    old: Any
    schema: Mapping[str, Any]

    @cached_property
    def scope(self) -> Scope:
        old = [] if self.old is ABSENT else [as_cel(self.old, self.schema)]
        return Scope(as_cel(self.value, self.schema), old)


class Rulebook:
    """Rules for objects of one schema."""

    def __init__(self, schema: Mapping[str, Any], rules: Sequence[Rule]) -> None:
        self._schema = schema
        self._rules = tuple(rules)

    @property
    def compares(self) -> bool:
        """Whether a rule looks at the current state."""
        return any(each.compares for rule in self._rules for each in rule.expressions)

    def skipped(self, why: str) -> Iterator[RuleResult]:
        for rule in self._rules:
            yield RuleResult(rule.name, Outcome.SKIPPED, why)

    def results(self, state: Mapping[str, Any], old_state: Mapping[str, Any] | None) -> Iterator[RuleResult]:
        """What every rule says, in the order of the rules. Without `old_state`, rules that compare are skipped."""
        if not self._rules:
            return
        old = ABSENT if old_state is None else with_defaults(dict(old_state), self._schema)
        root = Spot("", with_defaults(dict(state), self._schema), old, self._schema)
        places: dict[tuple[Step, ...], list[Spot]] = {}
        left = MOST_EVALUATIONS
        for rule in self._rules:
            if rule.place not in places:
                places[rule.place] = list(_spots(root, rule.place))
            spots = places[rule.place]
            left -= len(spots)
            if left < 0:
                yield _failed(rule, root, f"the rules have more than {MOST_EVALUATIONS:,} places in this object")
            else:
                yield from _summed(rule, [*_verdicts(rule, spots)])


def _summed(rule: Rule, verdicts: Sequence[RuleResult]) -> Iterator[RuleResult]:
    """The failures; without any, one result that stands for all places."""
    failures = [each for each in verdicts if each.outcome is Outcome.FAILED]
    if failures:
        yield from failures[:MOST_FAILURES]
        return
    passed = next((each for each in verdicts if each.outcome is Outcome.PASSED), None)
    absent = RuleResult(rule.name, Outcome.SKIPPED, f"the object has nothing at {rule.path or '/'}")
    yield passed or next(iter(verdicts), absent)


def _verdicts(rule: Rule, spots: Sequence[Spot]) -> Iterator[RuleResult]:
    """What the rule says at each of its places."""
    left = rule.largest_input
    for spot in spots:
        if rule.largest_input < expression_cost.LARGEST_VALUE:
            left -= spot.scope.weight
        if left < 0:
            yield _failed(rule, spot, "what it judges is too large to be judged safely by this rule")
            return
        try:
            yield _verdict(rule, spot)
        except ExpressionError as error:
            yield _failed(rule, spot, f"the rule cannot be evaluated: {error}")


def _verdict(rule: Rule, spot: Spot) -> RuleResult:
    if rule.compares and spot.old is ABSENT:
        return RuleResult(rule.name, Outcome.SKIPPED, "there is no current value to compare with")
    if rule.guard is not None and not rule.guard.evaluate(spot.scope):
        return RuleResult(rule.name, Outcome.SKIPPED, f"it does not apply: {shortened(rule.when, 200)}")
    if rule.condition.evaluate(spot.scope):
        return RuleResult(rule.name, Outcome.PASSED)
    return _failed(rule, spot, _explained(rule, spot) or rule.message or f"failed rule: {rule.rule}")


def _explained(rule: Rule, spot: Spot) -> str:
    """The message that the rule's own expression gives; empty when it gives none."""
    if rule.explanation is None:
        return ""
    try:
        return str(rule.explanation.evaluate(spot.scope)).strip()
    except ExpressionError:
        return ""


def _failed(rule: Rule, spot: Spot, message: str) -> RuleResult:
    path = spot.pointer + rule.field_path
    return RuleResult(rule.name, Outcome.FAILED, shortened(message, 1000), path, rule.reason)


def _spots(spot: Spot, place: Sequence[Step]) -> Iterator[Spot]:
    """Where a place is in an object. A null is no place, as in Kubernetes."""
    if not place:
        if spot.value is not None:
            yield spot if spot.old is not None else Spot(spot.pointer, spot.value, ABSENT, spot.schema)
        return
    step, *rest = place
    for inner in _inner(spot, step):
        yield from _spots(inner, rest)


def _inner(spot: Spot, step: Step) -> Iterator[Spot]:
    match spot.value:
        case dict() as value:
            old = spot.old if isinstance(spot.old, dict) else {}
            for key in value if step is None else [step] if step in value else []:
                pointer = f"{spot.pointer}/{pointer_part(key)}"
                yield Spot(pointer, value[key], old.get(key, ABSENT), below(spot.schema, key))
        case list() as value if step is None:
            keys = spot.schema.get("x-kubernetes-list-map-keys")
            old = {_identity(item, keys): item for item in spot.old} if keys and isinstance(spot.old, list) else {}
            for index, item in enumerate(value):
                counterpart = old.get(_identity(item, keys), ABSENT) if keys else ABSENT
                yield Spot(f"{spot.pointer}/{index}", item, counterpart, below(spot.schema, None))


def _identity(item: Any, keys: Sequence[str]) -> str:
    """What tells an element of a list from the others, when the schema says by which keys."""
    return repr([item.get(key) for key in keys] if isinstance(item, dict) else item)

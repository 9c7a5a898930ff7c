"""The rules of one version of a type, and what they say of an object."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from domain.expression import ExpressionError, Scope
from domain.expression_cost import Extent
from domain.report import ABSENT, NO_CURRENT_STATE, NOT_APPLICABLE, SCHEMA_BROKEN, Outcome, RuleResult
from domain.rule import Rule, Step
from domain.rule_values import Schema, as_cel, below, declares_defaults, with_defaults
from domain.values import pointer_part, shortened

MOST_EVALUATIONS = 50_000
"""Of all rules at all places of one object."""
MOST_FAILURES = 10
"""Of one rule that are told."""
NOTHING: Any = object()
"""There is no current value here: a create, a new key, or an element of a list that has no keys to know it by."""


@dataclass(frozen=True)
class Spot:
    """A value inside an object, the current value there, and the schema of both."""

    pointer: str
    value: Any
    old: Any
    schema: Schema

    @cached_property
    def scope(self) -> Scope:
        old = [] if self.old is NOTHING else [as_cel(self.old, self.schema)]
        return Scope(as_cel(self.value, self.schema), old)


class Rulebook:
    """Rules for objects of one schema."""

    def __init__(self, schema: Schema, rules: Sequence[Rule]) -> None:
        self._schema = schema
        self._rules = tuple(rules)
        self._defaults = declares_defaults(schema)

    @property
    def compares(self) -> bool:
        """Whether a rule looks at the current state."""
        return any(rule.looks_back for rule in self._rules)

    def skipped(self) -> Iterator[RuleResult]:
        """What there is to say of an object that breaks its schema."""
        for rule in self._rules:
            yield _skipped(rule, SCHEMA_BROKEN, "the object breaks its schema")

    def results(self, state: Mapping[str, Any], old_state: Mapping[str, Any] | None) -> Iterator[RuleResult]:
        """What every rule says, in the order of the rules. Without `old_state`, rules that compare are skipped."""
        alone = Spot("", self._prepared(state), NOTHING, self._schema)
        compared = replace(alone, old=self._prepared(old_state)) if old_state is not None and self.compares else alone
        places: dict[tuple[tuple[Step, ...], bool], list[Spot]] = {}
        left = MOST_EVALUATIONS
        for rule in self._rules:
            place = rule.place, rule.looks_back
            if place not in places:
                places[place] = list(_spots(compared if rule.looks_back else alone, rule.place))
            left -= len(places[place])
            if left < 0:
                yield _failed(rule, alone, f"the rules have more than {MOST_EVALUATIONS:,} places in this object")
            else:
                yield from _summed(rule, [*_verdicts(rule, places[place])])

    def _prepared(self, state: Mapping[str, Any]) -> Any:
        return with_defaults(dict(state), self._schema) if self._rules and self._defaults else state


def _summed(rule: Rule, verdicts: Sequence[RuleResult]) -> Iterator[RuleResult]:
    """The failures; without any, one result that stands for all places."""
    failures = [each for each in verdicts if each.outcome is Outcome.FAILED]
    if failures:
        yield from failures[:MOST_FAILURES]
        return
    passed = next((each for each in verdicts if each.outcome is Outcome.PASSED), None)
    absent = _skipped(rule, ABSENT, f"the object has nothing at {rule.path or '/'}")
    yield passed or next(iter(verdicts), absent)


def _verdicts(rule: Rule, spots: Sequence[Spot]) -> Iterator[RuleResult]:
    """What the rule says at each of its places."""
    judged = Extent(0)
    for spot in spots:
        if not rule.is_cheap:
            judged += spot.scope.extent
            if not rule.affords(judged):
                yield _failed(rule, spot, "there is too much here to be judged safely by this rule")
                return
        try:
            yield _verdict(rule, spot)
        except ExpressionError as error:
            yield _failed(rule, spot, f"the rule cannot be evaluated: {error}")


def _verdict(rule: Rule, spot: Spot) -> RuleResult:
    if rule.looks_back and not rule.optional_old_self and spot.old is NOTHING:
        return _skipped(rule, NO_CURRENT_STATE, "there is no current value to compare with")
    if rule.guard is not None and not rule.guard.evaluate(spot.scope):
        return _skipped(rule, NOT_APPLICABLE, f"it does not apply: {shortened(rule.when, 200)}")
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


def _skipped(rule: Rule, reason: str, why: str) -> RuleResult:
    return RuleResult(rule.name, Outcome.SKIPPED, why, reason=reason)


def _failed(rule: Rule, spot: Spot, message: str) -> RuleResult:
    path = spot.pointer + rule.field_path
    return RuleResult(rule.name, Outcome.FAILED, shortened(message, 1000), path, rule.reason)


def _spots(spot: Spot, place: Sequence[Step]) -> Iterator[Spot]:
    """Where a place is in an object. A null is no place, as in Kubernetes."""
    if not place:
        if spot.value is not None:
            yield spot if spot.old is not None else replace(spot, old=NOTHING)
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
                yield Spot(pointer, value[key], old.get(key, NOTHING), below(spot.schema, key))
        case list() as value if step is None:
            keys = spot.schema.get("x-kubernetes-list-map-keys")
            old = {_identity(item, keys): item for item in spot.old} if keys and isinstance(spot.old, list) else {}
            for index, item in enumerate(value):
                counterpart = old.get(_identity(item, keys), NOTHING) if keys else NOTHING
                yield Spot(f"{spot.pointer}/{index}", item, counterpart, below(spot.schema, None))


def _identity(item: Any, keys: Sequence[str]) -> str:
    """What tells an element of a list from the others, when the schema says by which keys."""
    return repr([item.get(key) for key in keys] if isinstance(item, dict) else item)

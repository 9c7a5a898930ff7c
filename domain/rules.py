"""Checking an object of a type: its schema first and, when that holds, every rule."""

from collections.abc import Mapping
from typing import Any

from domain import values
from domain.domain_type import DomainType
from domain.errors import InvalidDocument, Violation
from domain.report import Outcome, Report, RuleResult
from domain.validation import violations

SCHEMA = "schema"
"""The name of the first result, the check against the JSON Schema."""


def need_old_state(domain_type: DomainType) -> bool:
    """Whether a rule compares with the state before."""
    return any(domain_type.rulebook(version.name).compares for version in domain_type.versions)


def evaluate(domain_type: DomainType, state: Mapping[str, Any], old_state: Mapping[str, Any] | None) -> Report:
    """Every rule on the object; never raises for what the object is.

    `old_state` is the current state, None of a create. One that no way leads from to the same apiVersion cannot be
    compared with.
    """
    version = str(state.get("apiVersion", ""))
    rulebook = domain_type.rulebook(version)
    found = _no_json(state) or violations(domain_type, state)
    if found:
        return Report((_broken(found), *rulebook.skipped()), found)
    if old_state is not None:
        old_state = None if _no_json(old_state) else domain_type.conversions.convert(dict(old_state), version)
    results = (RuleResult(SCHEMA, Outcome.PASSED), *rulebook.results(state, old_state))
    failed = (each for each in results if each.outcome is Outcome.FAILED)
    return Report(results, tuple(Violation(each.path or "", each.message or "", each.name) for each in failed))


def _no_json(state: Mapping[str, Any]) -> tuple[Violation, ...]:
    """The first value that is none of JSON, or none that can be kept."""
    try:
        values.check(dict(state))
    except InvalidDocument as error:
        return (Violation(error.details["path"], str(error).partition(": ")[2], "json"),)
    return ()


def _broken(found: tuple[Violation, ...]) -> RuleResult:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return RuleResult(SCHEMA, Outcome.FAILED, found[0].message + more, found[0].path, "FieldValueInvalid", found)

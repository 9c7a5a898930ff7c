"""The rules of a domain type on an object."""

from collections.abc import Mapping
from typing import Any

from domain.domain_type import DomainType
from domain.errors import ValidationFailed
from domain.report import Outcome, Report, RuleResult
from domain.validation import validate


def need_old_state(domain_type: DomainType) -> bool:
    """Whether a rule compares with the state before."""
    return False


def evaluate(domain_type: DomainType, state: Mapping[str, Any], old_state: Mapping[str, Any] | None) -> Report:
    """Every rule on the object; never raises for what the object is."""
    try:
        validate(domain_type, state)
    except ValidationFailed as error:
        return Report((RuleResult("schema", Outcome.FAILED, str(error)),), error.violations)
    return Report((RuleResult("schema", Outcome.PASSED),))

"""What validation says of an object: every rule by name, passed, failed or skipped."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.errors import Violation
from domain.event import Document

MOST_VIOLATIONS = 50
"""Of the schema that a document tells."""
ABSENT = "Absent"
"""The object has nothing at the rule's place."""
NOT_APPLICABLE = "NotApplicable"
"""The rule's own condition says so."""
NO_CURRENT_STATE = "NoCurrentState"
"""The rule compares, and there is nothing to compare with."""
SCHEMA_BROKEN = "SchemaBroken"
"""The object breaks its schema, so that rules cannot rely on what it is."""


class Outcome(StrEnum):
    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What came of one rule. A rule that fails at several places has a result for each of them."""

    name: str
    outcome: Outcome
    message: str | None = None
    """What is wrong, or why the rule was skipped."""
    path: str | None = None
    """A JSON Pointer into the object to what is wrong."""
    reason: str | None = None
    """In a word: Kubernetes' own of a failure, such as FieldValueInvalid; of a skipped rule one of the words below."""
    violations: tuple[Violation, ...] = ()
    """Of the check against the schema: everything that is wrong."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every check of one object; the check against its schema comes first."""

    results: tuple[RuleResult, ...]
    violations: tuple[Violation, ...] = ()
    """All that is wrong: of the schema when it is broken, of the rules otherwise."""

    @property
    def passed(self) -> bool:
        """A skipped rule fails nothing."""
        return all(each.outcome is not Outcome.FAILED for each in self.results)

    @property
    def overall(self) -> str:
        return "SUCCESS" if self.passed else "FAILED"

    def as_document(self) -> Document:
        """The shape of an envelope's `spec.validation`.

        It leaves out rules that had nothing to judge: a type of Kubernetes can have ninety of them in a small object.
        """
        told = [_shown(each) for each in self.results if each.reason != ABSENT]
        return {"overall": self.overall, "details": {"validations": told}}


def _shown(result: RuleResult) -> Document:
    shown: dict[str, Any] = {"name": result.name, "pass": result.outcome is not Outcome.FAILED}
    if result.outcome is Outcome.SKIPPED:
        shown["skipped"] = result.message
    if result.outcome is Outcome.FAILED:
        shown |= {"message": result.message, "path": result.path, "reason": result.reason}
    if result.violations:
        told = result.violations[:MOST_VIOLATIONS]
        shown["violations"] = [{"path": each.path, "message": each.message, "rule": each.rule} for each in told]
    return shown

"""What validation says of an object: every rule by name, passed, failed or skipped."""

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Violation
from domain.event import Document


class Outcome(StrEnum):
    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class RuleResult:
    name: str
    outcome: Outcome
    message: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    results: tuple[RuleResult, ...]
    violations: tuple[Violation, ...] = ()

    @property
    def passed(self) -> bool:
        return all(each.outcome is not Outcome.FAILED for each in self.results)

    @property
    def overall(self) -> str:
        return "SUCCESS" if self.passed else "FAILED"

    def as_document(self) -> Document:
        """The shape of an envelope's `spec.validation`."""
        shown = [
            {"name": each.name, "pass": each.outcome is not Outcome.FAILED}
            | ({"message": each.message} if each.message else {})
            for each in self.results
        ]
        return {"overall": self.overall, "details": {"validations": shown}}

"""Objects against the JSON Schema of their type."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from domain.domain_type import DomainType
from domain.errors import ValidationFailed, Violation
from domain.objects import name_of
from domain.values import pointer_part, quoted, shortened


def validate(domain_type: DomainType, state: Mapping[str, Any]) -> None:
    """Raises ValidationFailed with every violation, when the object breaks the schema of its own apiVersion."""
    found = violations(domain_type, state)
    if found:
        raise ValidationFailed(f"{domain_type.name} {name_of(state) or '(without a name)'}", found)


def violations(domain_type: DomainType, state: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Every way in which the object breaks the schema of its own apiVersion."""
    version = domain_type.version(str(state.get("apiVersion", "")))
    if version is None:
        known = ", ".join(each.name for each in domain_type.versions)
        return (Violation("/apiVersion", f"{quoted(state.get('apiVersion'))} is not one of: {known}", "apiVersion"),)
    return tuple(_violation(error) for error in version.validator.iter_errors(state))


def _violation(error: jsonschema_rs.ValidationError) -> Violation:
    path = "".join(f"/{pointer_part(str(part))}" for part in error.instance_path)
    rule = str(error.schema_path[-1]) if error.schema_path else "schema"
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Enum):
        options = ", ".join(str(option) for option in error.kind.options)
        return Violation(path, f"{quoted(error.instance)} is not one of: {options}", rule)
    return Violation(path, shortened(error.message, 500), rule)

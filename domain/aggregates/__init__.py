"""The aggregates that every service has. Their domain types are manifests in domain/builtin."""

from typing import Any

from domain.aggregate import Aggregate
from domain.aggregates.artifact_usage import ArtifactUsage
from domain.aggregates.daily_activity import DailyActivity
from domain.aggregates.execution_status import ExecutionStatus

BUILT_IN: tuple[Aggregate[Any], ...] = (ExecutionStatus(), ArtifactUsage(), DailyActivity())

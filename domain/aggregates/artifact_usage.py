"""Where an artifact is used: by which deployments, in which versions and environments, since when and until when."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from domain import instants
from domain.aggregate import Path, Place, Sources
from domain.aggregates.counting import counted, text_at
from domain.event import Document, Event

_MOST = 500
_DEPLOYMENT = "Deployment"


@dataclass(slots=True)
class Use:
    """By one deployment, as it last referred to the artifact."""

    first: datetime
    last: datetime
    version: str | None
    environment: str | None
    ended: bool


@dataclass(slots=True)
class Uses:
    events: int = 0
    by: dict[tuple[str, str], Use] = field(default_factory=dict)


class ArtifactUsage:
    """The states of deployments that refer to the artifact.

    One that turns to another artifact stays in the list as it last was; one that is deleted has ended.
    """

    type: ClassVar[str] = "ArtifactUsageAggregate"
    reads: ClassVar[tuple[Path, ...]] = (
        ("spec", "artifact"),
        ("spec", "version"),
        ("spec", "environment"),
    )

    def place(self, event: Event) -> Place | None:
        if event.entity.type != _DEPLOYMENT or not event.stateful:
            return None
        name = text_at(event.state, "spec", "artifact", "name")
        app_id = text_at(event.state, "spec", "artifact", "appId") or event.entity.app_id
        return Place(app_id, name) if name is not None else None

    def sources(self, place: Place) -> Sources:
        return Sources(artifact=place.name)

    def first(self) -> Uses:
        return Uses()

    def step(self, state: Uses, event: Event) -> None:
        state.events += 1
        key = event.entity.app_id, event.entity.name
        known = state.by.get(key)
        state.by[key] = Use(
            first=known.first if known else event.timestamp,
            last=event.timestamp,
            version=text_at(event.state, "spec", "version"),
            environment=text_at(event.state, "spec", "environment"),
            ended=event.deletes,
        )

    def spec(self, state: Uses) -> Document | None:
        if not state.by:
            return None
        living = [each for each in state.by.values() if not each.ended]
        return {
            "deployments": len(living),
            "firstUsedAt": instants.write(min(each.first for each in state.by.values())),
            "lastUsedAt": instants.write(max(each.last for each in state.by.values())),
            "environments": counted(Counter(each.environment for each in living if each.environment), "environment"),
            "versions": counted(Counter(each.version for each in living if each.version), "version"),
            "usedBy": [_shown(*key, state.by[key]) for key in sorted(state.by)[:_MOST]],
        }


def _shown(app_id: str, name: str, use: Use) -> Document:
    optional = {"version": use.version, "environment": use.environment}
    return {
        "appId": app_id,
        "name": name,
        "since": instants.write(use.first),
        "lastAt": instants.write(use.last),
        "ended": use.ended,
        **{key: value for key, value in optional.items() if value is not None},
    }

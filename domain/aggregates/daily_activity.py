"""What happened in an app on a day (UTC): how much, of which kinds, by whom, about how many objects."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from domain.aggregate import Path, Place, Sources
from domain.aggregates.counting import counted
from domain.event import Document, Event, Phase

_MOST = 100


@dataclass(slots=True)
class Day:
    failures: int = 0
    phases: Counter[Phase] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    actor_types: Counter[str] = field(default_factory=Counter)
    actors: Counter[tuple[str, str]] = field(default_factory=Counter)
    entities: set[str] = field(default_factory=set)


class DailyActivity:
    """The events of one app that took effect on one day. Its name is the date."""

    type: ClassVar[str] = "DailyActivityAggregate"
    reads: ClassVar[tuple[Path, ...]] = ()

    def place(self, event: Event) -> Place | None:
        return Place(event.entity.app_id, event.timestamp.astimezone(UTC).date().isoformat())

    def sources(self, place: Place) -> Sources:
        day = datetime.fromisoformat(place.name).replace(tzinfo=UTC)
        last = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
        return Sources(app_id=place.app_id, since=day, until=day + timedelta(days=1) if day < last else None)

    def first(self) -> Day:
        return Day()

    def step(self, state: Day, event: Event) -> None:
        state.failures += event.failed or event.action == "Failed"
        state.phases[event.phase] += 1
        state.kinds[event.kind] += 1
        state.actor_types[event.actor.type.value] += 1
        state.actors[event.actor.type.value, event.actor.id] += 1
        state.entities.add(event.entity.key)

    def spec(self, state: Day) -> Document | None:
        busiest = sorted(state.actors.items(), key=lambda each: (-each[1], each[0]))[:_MOST]
        return {
            "outcomes": state.phases[Phase.OUTCOME],
            "intents": state.phases[Phase.INTENT],
            "failures": state.failures,
            "entities": len(state.entities),
            "kinds": counted(state.kinds, "kind"),
            "actorTypes": counted(state.actor_types, "type"),
            "actors": [{"id": id_, "type": type_, "count": count} for (type_, id_), count in busiest],
        }

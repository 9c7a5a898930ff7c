"""The stage: what exists right now, what was just recorded, and whose turn is next."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Any, TypeAlias

from cli.demo.envelope import Entity, Json, Trace, envelope
from cli.demo.hours import CLOSING, MINUTE, OPENING
from cli.demo.people import Actor

# A scene runs until it yields the instant at which it wants to go on.
Scene: TypeAlias = Iterator[datetime]


class World:
    def __init__(self) -> None:
        self.now = OPENING
        self.states: dict[Entity, Json] = {}
        self._busy: set[Entity] = set()
        self._counts: Counter[Entity] = Counter()
        self._recorded: list[Json] = []

    def play(self, agenda: Iterable[tuple[datetime, Scene]]) -> Iterator[Json]:
        """Run all scenes side by side in the order of time until the demo ends, and hand out what they record."""
        queue = [(when, number, scene) for number, (when, scene) in enumerate(agenda)]
        heapify(queue)
        while queue and queue[0][0] < CLOSING:
            self.now, number, scene = heappop(queue)
            wake = next(scene, None)
            if wake is not None:
                heappush(queue, (max(wake, self.now), number, scene))
            yield from self._recorded
            self._recorded.clear()

    def hold(self, entity: Entity) -> Scene:
        """Wait until no other scene works on the entity, then keep the others away until `free`."""
        while entity in self._busy:
            yield self.now + 20 * MINUTE
        self._busy.add(entity)

    def is_held(self, entity: Entity) -> bool:
        return entity in self._busy

    def free(self, entity: Entity) -> None:
        self._busy.remove(entity)

    def record(self, entity: Entity, action: str, actor: Actor, trace: Trace, state: Json | None, spec: Json) -> None:
        self._counts[entity] += 1
        number = self._counts[entity]
        self._recorded.append(envelope(entity, number, self.now, action, actor, trace, state, spec))


@dataclass(frozen=True)
class Acts:
    """What is done to one entity in the course of one request or execution."""

    world: World
    entity: Entity
    trace: Trace

    @property
    def state(self) -> Json | None:
        """The entity as it is, None before it exists and after its deletion."""
        return self.world.states.get(self.entity)

    def asked(self, action: str, actor: Actor, state: Json | None = None, **spec: Any) -> None:
        """Record an intent such as `Apply`: what somebody wants. It changes nothing."""
        self.world.record(self.entity, action, actor, self.trace, state, spec)

    def happened(self, action: str, actor: Actor, state: Json | None = None, **spec: Any) -> None:
        """Record an outcome such as `Applied`; without a state it is only an act. `Deleted` ends the entity."""
        self.world.record(self.entity, action, actor, self.trace, state, spec)
        if action == "Deleted":
            del self.world.states[self.entity]
        elif state is not None:
            self.world.states[self.entity] = state

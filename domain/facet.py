"""The facet of an event: what was done, by what kind of actor, in one text.

A log has few facets however many events it has, so that MongoDB can name them all in an instant, and a search for some
kinds, types, phases or types of actors becomes one for a few exact values.
"""

from collections.abc import Container, Iterable
from typing import NamedTuple

from domain.event import ActorType, Phase


class Facet(NamedTuple):
    """`key` sorts by type; a type holds no slash, a kind may."""

    type: str
    phase: Phase
    actor_type: ActorType
    kind: str

    @property
    def key(self) -> str:
        return f"{self.type}/{self.phase.value}/{self.actor_type.value}/{self.kind}"

    def is_among(
        self,
        types: Container[str],
        kinds: Container[str],
        actions: Iterable[str],
        phases: Container[Phase],
        actor_types: Container[ActorType],
    ) -> bool:
        """Whether it may meet all conditions, of which an empty one is none. An action is taken by its ending."""
        pairs = ((types, self.type), (kinds, self.kind), (phases, self.phase), (actor_types, self.actor_type))
        return all(not wanted or value in wanted for wanted, value in pairs) and self._ends_in(actions)

    def _ends_in(self, actions: Iterable[str]) -> bool:
        endings = tuple(f"{action}Event" for action in actions)
        return not endings or self.kind.endswith(endings)


def from_key(key: str) -> Facet:
    type_, phase, actor_type, kind = key.split("/", 3)
    return Facet(type_, Phase(phase), ActorType(actor_type), kind)


def keys_of_type(type_: str) -> tuple[str, str]:
    """[from, to) of the keys of a type: '0' is the character after '/'."""
    return f"{type_}/", f"{type_}0"

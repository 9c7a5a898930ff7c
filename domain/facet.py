"""The facet of an event: what was done, by which type of actor, in one text.

A log has few facets however many events it has, so that MongoDB can name them all in an instant, and a search for some
kinds, types, actions, phases or types of actors becomes one for a few exact values.
"""

from collections.abc import Container
from typing import NamedTuple

from domain.event import ActorType, Phase

_SURE = 3  # letters at the beginning of a type that few others share


class Facet(NamedTuple):
    """`key` sorts by type, which holds no slash. A slash in an action is written %2F, a kind stands last."""

    type: str
    phase: Phase
    actor_type: ActorType
    action: str
    kind: str

    @property
    def key(self) -> str:
        action = self.action.replace("%", "%25").replace("/", "%2F")
        return "/".join((self.type, self.phase.value, self.actor_type.value, action, self.kind))

    def is_among(
        self,
        types: Container[str],
        kinds: Container[str],
        actions: Container[str],
        phases: Container[Phase],
        actor_types: Container[ActorType],
    ) -> bool:
        """Whether it meets all conditions, of which an empty one is none."""
        pairs = (
            (types, self.type),
            (kinds, self.kind),
            (actions, self.action),
            (phases, self.phase),
            (actor_types, self.actor_type),
        )
        return all(not wanted or value in wanted for wanted, value in pairs)


def from_key(key: str) -> Facet | None:
    """The facet of a key; None for a text that is none, such as the key of another edition of this service."""
    parts = key.split("/", 4)
    if len(parts) != 5 or parts[1] not in list(Phase) or parts[2] not in list(ActorType):
        return None
    action = parts[3].replace("%2F", "/").replace("%25", "%")
    return Facet(parts[0], Phase(parts[1]), ActorType(parts[2]), action, parts[4])


def keys_of_type(type_: str) -> tuple[str, str]:
    """[from, to) of the keys of a type: '0' is the character after '/'."""
    return f"{type_}/", f"{type_}0"


def keys_of_kind(kind: str) -> list[tuple[str, str]]:
    """Some [from, to) of the keys of a kind. It begins with its type, whose name may end in a group (`Type.group`)."""
    return [(f"{kind[:end]}.", f"{kind[:end]}0") for end in range(1, min(_SURE, len(kind)))] + [
        (kind[:_SURE], f"{kind}0"),
    ]

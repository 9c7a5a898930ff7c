"""Back-references: from an entity to those that refer to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain import index_paths
from domain.domain_type import DomainType
from domain.entity import Entity
from domain.places import place
from domain.reference import Path, Reference, entities

_NAMESPACED, _CLUSTER = "Namespaced", "Cluster"


class Home(StrEnum):
    """In which namespace a name without one stands."""

    SAME = "that of the object that holds the reference"
    BARE = "none"
    NEVER = "there are none"


@dataclass(frozen=True, slots=True)
class Link:
    """A reference of one type to another, with what their scopes mean for it."""

    reference: Reference
    home: Home

    def targets(self, state: Any, holder: Entity) -> Iterable[Entity]:
        return entities(state, self.reference, holder, self.space(holder))

    def target(self, value: Any, holder: Entity) -> Entity | None:
        """The entity that a value at the place of the reference names."""
        return self.reference.entity(value, holder, self.space(holder))

    def space(self, holder: Entity) -> str | None:
        if self.home is Home.NEVER:
            return None
        namespace, slash, _ = holder.name.partition("/")
        return namespace if slash and self.home is Home.SAME else ""


@dataclass(frozen=True, slots=True)
class Backlink:
    """How objects of the type `source` refer to another type."""

    source: str
    links: tuple[Link, ...]
    paths: tuple[Path, ...]
    """Where their names stand, when an index can hold all of them; otherwise none."""

    def leads(self, state: Any, holder: Entity, target: Entity) -> bool:
        return any(target in link.targets(state, holder) for link in self.links)

    @property
    def app_paths(self) -> tuple[Path, ...]:
        """Where an object may name the app of what it refers to; lists do not count as a level."""
        places = ((*link.reference.place, *place(link.reference.app_id)) for link in self.links)
        return tuple(dict.fromkeys(tuple(step for step in each if step is not None) for each in places))

    @property
    def read(self) -> frozenset[Path]:
        """What must be read of a state to know whom it refers to."""
        return frozenset(link.reference.fixed for link in self.links)

    def names(self, target: Entity) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for link in self.links for name in link.reference.names(target)))


def link(reference: Reference, holder: DomainType, target: DomainType) -> Link:
    if target.scope == _CLUSTER:
        return Link(reference, Home.NEVER)
    both = holder.scope == target.scope == _NAMESPACED
    return Link(reference, Home.SAME if both else Home.BARE)


def backlink(source: DomainType, references: Iterable[Reference], target: DomainType) -> Backlink:
    given = tuple(references)
    paths = [tuple(index_paths.indexed(source.newest.json_schema, (), (each,))) for each in given]
    flat = tuple(dict.fromkeys(path for each in paths for path in each)) if all(paths) else ()
    return Backlink(source.name, tuple(link(each, source, target) for each in given), flat)

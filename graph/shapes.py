"""What values look like to GraphQL, before there are GraphQL types: scalars, lists and objects, equal ones but once."""

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

Place = tuple[str, ...]
"""The keys that lead to a value; lists do not count as a level."""


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """`type` is str, bool, float, int, Long or JSON."""

    type: Any


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    item: "Shape"
    nullable: bool
    """Whether its schema lets null be a member."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The name of an entity of the type `to`, in whatever shape it is written."""

    to: str
    written: "Shape"


@dataclass(slots=True, eq=False)
class Object:
    """An object with properties. There is one for all places with equal properties, down to their descriptions."""

    places: list[Place]
    properties: "tuple[Property, ...]" = ()
    is_open: bool = False
    """Whether its schema says that there may be more."""
    description: str = ""
    """That of the first of its places."""

    @property
    def home(self) -> Place:
        """The place that it is named after: the shortest, and of several the first by name."""
        return min(self.places, key=lambda place: (len(place), place))


class Property(NamedTuple):
    key: str
    name: str
    """Its GraphQL name."""
    shape: "Shape"
    description: str
    required: bool
    nullable: bool
    """Whether its schema lets null stand for it."""
    deprecated: bool


Shape: TypeAlias = Scalar | ListOf | Reference | Object


def objects_in(shape: Shape, found: dict[Object, None] | None = None) -> dict[Object, None]:
    """Every object in it, itself included, in order."""
    found = {} if found is None else found
    match shape:
        case ListOf(item, _):
            objects_in(item, found)
        case Reference(_, written):
            objects_in(written, found)
        case Object() if shape not in found:
            found[shape] = None
            for each in shape.properties:
                objects_in(each.shape, found)
    return found

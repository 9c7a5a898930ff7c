"""References: where the objects of a type name entities of another."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import takewhile
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.entity import Entity, entity
from domain.errors import InvalidArgument
from domain.places import Place, Pointer, marked, place, pointer, values

Path = tuple[str, ...]
KEYWORD = "x-dsel-ref"
FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=100)]


class Reference(BaseModel):
    """`path` leads to a text, the name, or to an object that holds it; `*` in it is every member of a list or map.

    `name`, `appId`, `namespace` and `kind` are JSON Pointers inside that object. Without an appId the entity is of the
    same app, without a namespace of the same one, when both types are namespaced.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    path: Pointer
    type: str = Field(min_length=1)
    name: Pointer = "/name"
    app_id: Pointer = Field(default="/appId", alias="appId")
    namespace: Pointer = "/namespace"
    kind: Pointer = ""
    """Where the kind stands, when the reference may be to several types: it counts only for its own."""
    explicit: bool = False
    """Whether it counts only when the kind is said."""
    field: FieldName | None = None
    """The GraphQL field beside the reference that leads to the entity."""

    @cached_property
    def place(self) -> Place:
        return place(self.path)

    @cached_property
    def fixed(self) -> Path:
        """The keys up to the first list or map of which every member is meant."""
        return tuple(step for step in takewhile(lambda step: step is not None, self.place) if step is not None)

    def entity(self, value: Any, holder: Entity, home: str | None) -> Entity | None:
        """The entity that `value`, which stands in an object of `holder`, refers to; None when it names none.

        `home` is the namespace of a name without one, empty for none; None when the entity has no namespace at all.
        """
        if isinstance(value, str):
            name, app_id, space = value, "", ""
        elif isinstance(value, Mapping) and self._is_of_kind(value):
            name, app_id, space = (_text(value, each) for each in (self.name, self.app_id, self.namespace))
        else:
            return None
        space = "" if home is None or "/" in name else space or home
        try:
            return entity(self.type, app_id or holder.app_id, f"{space}/{name}" if space and name else name)
        except InvalidArgument:
            return None

    def names(self, target: Entity) -> tuple[str, ...]:
        """What a reference to the entity may give as its name."""
        _, slash, bare = target.name.partition("/")
        return (target.name, bare) if slash else (target.name,)

    def _is_of_kind(self, value: Mapping[str, Any]) -> bool:
        told = _text(value, self.kind) if self.kind else ""
        return told == self.type.partition(".")[0] if told else not self.explicit


def in_schema_of(schema: Mapping[str, Any]) -> tuple[Reference, ...]:
    """Those that `x-dsel-ref` declares at their place."""
    found = marked(schema, KEYWORD)
    return tuple(Reference(path=pointer(at), type=to) for at, to in found if isinstance(to, str))


def told_apart(references: Iterable[Reference]) -> tuple[Reference, ...]:
    """Of several at one place, the first is meant when no kind is said."""
    seen: set[str] = set()
    found = []
    for each in references:
        found.append(each.model_copy(update={"explicit": True}) if each.kind and each.path in seen else each)
        seen.add(each.path)
    return tuple(found)


def entities(state: Any, reference: Reference, holder: Entity, home: str | None) -> Iterator[Entity]:
    """The entities that an object refers to by one reference."""
    for value in values(state, reference.place):
        for each in value if isinstance(value, list) else (value,):
            found = reference.entity(each, holder, home)
            if found is not None:
                yield found


def _text(value: Mapping[str, Any], pointer: str) -> str:
    found = next(values(value, place(pointer)), None)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""

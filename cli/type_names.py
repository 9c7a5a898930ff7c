"""Domain types as people name them: by name, by root field, in the plural or for short, in any case."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.client import Client
from domain.kinds import plural
from domain.objects import group_of
from domain.values import told

_QUERY = "{ domainTypes { name field listField shortNames group actions { outcome deletes } } }"


@dataclass(frozen=True, slots=True)
class TypeName:
    """`shown` stands before the slash in what `get` prints: the root field, or the name if nobody registered it."""

    name: str
    shown: str
    ends_by: tuple[str, ...]
    """The kinds of the events that end an object."""
    registered: bool = True


class TypeNames:
    """The types that a server knows."""

    def __init__(self, client: Client) -> None:
        self._types: dict[str, TypeName] = {}
        self._groups: dict[str, str] = {}
        self._spellings: dict[str, TypeName] = {}
        found = client.ask(_QUERY)["domainTypes"]
        for each in found:
            ends_by = tuple(action["outcome"] for action in each["actions"] if action["deletes"])
            known = TypeName(each["name"], each["field"], ends_by)
            self._types[known.name], self._groups[known.name] = known, each["group"]
            for spelling in (each["listField"], plural(known.name), each["field"], known.name):
                self._spellings[spelling.lower()] = known
        for each in found:
            for spelling in each["shortNames"]:
                self._spellings.setdefault(spelling.lower(), self._types[each["name"]])

    def told(self, sought: str) -> str:
        """Those that are registered, for a message."""
        return told(self._types, sought)

    def named(self, text: str) -> TypeName:
        """The registered type that a text means, otherwise one of exactly that name."""
        return self._spellings.get(text.lower()) or self.of(text)

    def of(self, name: str) -> TypeName:
        """A type by its exact name."""
        unregistered = TypeName(name, name, (f"{name.partition('.')[0]}DeletedEvent",), registered=False)
        return self._types.get(name, unregistered)

    def of_object(self, object_: Mapping[str, Any]) -> TypeName:
        """The type of an object. One of another group than the registered type has a type of its own."""
        kind, group = str(object_.get("kind")), group_of(object_)
        foreign = kind in self._types and object_.get("apiVersion") and group != self._groups[kind]
        return self.of(f"{kind}.{group}" if foreign else kind)

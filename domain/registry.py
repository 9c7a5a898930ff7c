"""The set of types of one running service: replaced whole, never changed."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import yaml

from domain import domain_type
from domain.domain_type import DomainType
from domain.errors import InvalidManifest, UnknownType
from domain.objects import group_of
from domain.resources import builtin_manifests


class Registry:
    """Domain types by name. Raises InvalidManifest when two share a name."""

    def __init__(self, types: Iterable[DomainType]) -> None:
        self._types: dict[str, DomainType] = {}
        for each in types:
            if each.name in self._types:
                raise InvalidManifest("/meta/name", f"{each.name} is declared twice")
            self._types[each.name] = each

    def __iter__(self) -> Iterator[DomainType]:
        return iter(self._types.values())

    def __contains__(self, name: str) -> bool:
        return name in self._types

    def get(self, name: str) -> DomainType | None:
        return self._types.get(name)

    def __getitem__(self, name: str) -> DomainType:
        """Raises UnknownType."""
        if name not in self._types:
            known = ", ".join(sorted(self._types)) or "none"
            raise UnknownType(f"no domain type is called '{name}'", hint=f"Registered are: {known}.")
        return self._types[name]

    def of_object(self, state: Mapping[str, Any]) -> DomainType | None:
        """The type of an object, by kind and group."""
        found = self._types.get(str(state.get("kind")))
        ours = found is not None and (group_of(state) == found.group or not state.get("apiVersion"))
        return found if ours else None

    def owning(self, kind: str) -> DomainType | None:
        """The type with the longest name that begins an event's kind, up to the end of a word."""
        return next((each for each in self._longest_first if _begins(kind, each.name)), None)

    @cached_property
    def _longest_first(self) -> list[DomainType]:
        return sorted(self._types.values(), key=lambda each: len(each.name), reverse=True)


def _begins(kind: str, name: str) -> bool:
    return kind.startswith(name) and not kind[len(name) : len(name) + 1].islower()


def builtin() -> Registry:
    """Artifact, Deployment, Config and whatever else lies in `domain/builtin/`."""
    return Registry(domain_type.from_manifest(yaml.safe_load(text)) for text in builtin_manifests())

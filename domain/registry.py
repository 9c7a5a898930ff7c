"""The set of types of one running service: replaced whole, never changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

import yaml

from domain import declaration, manifest, values
from domain.declaration import Declaration
from domain.domain_type import Called, DomainType
from domain.errors import InvalidManifest, UnknownType
from domain.objects import group_of
from domain.resources import builtin_manifests

_MOST = 4096  # kinds that are remembered: they come from writers


class Registry:
    """Domain types by name: those that are built in, changed and retired by what was applied since.

    Raises InvalidManifest when two built-in types share a name.
    """

    def __init__(self, types: Iterable[DomainType], applied: Iterable[Declaration] = ()) -> None:
        self._built_in: dict[str, Declaration] = {}
        for each in types:
            if each.name in self._built_in:
                raise InvalidManifest("/meta/name", f"{each.name} is declared twice")
            self._built_in[each.name] = declaration.built_in(each)
        self._applied = {each.name: each for each in applied}
        self.declarations: Mapping[str, Declaration] = self._built_in | self._applied
        """Also of types that are retired or cannot be served."""
        served = {name: each.served for name, each in self.declarations.items()}
        self._types = {name: each for name, each in served.items() if each is not None}

    def with_applied(self, changes: Iterable[Declaration]) -> "Registry":
        """What these declarations make of it."""
        return self._with({**self._applied, **{each.name: each for each in changes}})

    def calling(self, names: Mapping[str, Called]) -> "Registry":
        """The same types, called so."""
        renamed = {name: self.declarations[name].calling(called) for name, called in names.items()}
        built_in = {name: renamed.get(name, each) for name, each in self._built_in.items()}
        types = (each.domain_type for each in built_in.values())
        applied = {name: renamed.get(name, each) for name, each in self._applied.items()}
        return Registry((each for each in types if each is not None), applied.values())

    def without(self, names: Iterable[str]) -> "Registry":
        """What it was before these were applied."""
        gone = set(names)
        return self._with({name: each for name, each in self._applied.items() if name not in gone})

    def _with(self, applied: Mapping[str, Declaration]) -> "Registry":
        types = (each.domain_type for each in self._built_in.values())
        return Registry((each for each in types if each is not None), applied.values())

    @property
    def versions(self) -> dict[str, int]:
        """How far each applied declaration has come in the log."""
        return {name: each.version for name, each in self._applied.items()}

    def __iter__(self) -> Iterator[DomainType]:
        return iter(self._types.values())

    def __contains__(self, name: str) -> bool:
        return name in self._types

    def get(self, name: str) -> DomainType | None:
        return self._types.get(name)

    def __getitem__(self, name: str) -> DomainType:
        """Raises UnknownType."""
        if name not in self._types:
            raise UnknownType(
                f"no domain type is called '{name}'", hint=f"Registered are: {values.told(self._types, name)}."
            )
        return self._types[name]

    def of_object(self, state: Mapping[str, Any]) -> DomainType | None:
        """The type of an object, by kind and group; by kind alone if it does not say its apiVersion."""
        kind, group = str(state.get("kind")), group_of(state)
        if not state.get("apiVersion"):
            return self._types.get(kind)
        found = (self._types.get(name) for name in (kind, f"{kind}.{group}"))
        return next((each for each in found if each is not None and each.group == group), None)

    @cached_property
    def converting(self) -> Mapping[str, DomainType]:
        """The types of which an object of an older version is shown in the newest."""
        return {each.name: each for each in self._types.values() if each.conversions}

    @cached_property
    def owning(self) -> Callable[[str], DomainType | None]:
        """The type with the longest kind that begins an event's kind, up to the end of a word.

        Of several with one kind it is the first, whose name is the kind alone.
        """
        return lru_cache(_MOST)(self._owning)

    def _owning(self, kind: str) -> DomainType | None:
        ends = (end for end in range(len(kind), 0, -1) if not kind[end : end + 1].islower())
        return next((self._by_kind[kind[:end]] for end in ends if kind[:end] in self._by_kind), None)

    @cached_property
    def _by_kind(self) -> dict[str, DomainType]:
        return {each.kind: each for each in sorted(self._types.values(), key=lambda each: -len(each.name))}


def builtin() -> Registry:
    """Artifact, Deployment, Config and whatever else lies in `domain/builtin/`."""
    return Registry(manifest.read(yaml.safe_load(text)) for text in builtin_manifests())

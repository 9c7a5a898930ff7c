"""What domain types are called in a schema. Who comes first has the short name, and nobody takes another's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from domain import kinds
from domain.domain_type import Called, DomainType
from domain.errors import InvalidManifest
from domain.registry import Registry
from graph.common_schema import common_schema
from graph.names import field_name
from graph.schema_view import Viewer

SUFFIXES = (
    "",
    "State",
    "Event",
    "EventEdge",
    "EventConnection",
    "Edge",
    "Connection",
    "Written",
    "Result",
    "Input",
    "Where",
    "OrderBy",
)
"""What the names of a domain type's own GraphQL types end with."""
_BUILT_IN = frozenset({"String", "Int", "Float", "Boolean", "ID"})
_WORD = re.compile(r"[A-Za-z0-9]+")


def named(registry: Registry) -> Registry:
    """The same types, all of them called something: those that were called before as they were, if they still can."""
    names = _Names()
    names.beginnings |= {each for type_ in registry if type_.called for each in _beginnings(type_.called.type)}
    called: dict[str, Called] = {}
    for each in sorted(registry, key=lambda each: each.called is None):
        called[each.name] = names.chosen(each)
    changed = {each.name: called[each.name] for each in registry if each.called != called[each.name]}
    return registry.calling(changed) if changed else registry


@dataclass(slots=True)
class _Names:
    """The names that are taken."""

    types: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    stems: set[str] = field(default_factory=set)
    """How the names of the types below a state begin: `ArtifactSpec`."""
    beginnings: set[str] = field(default_factory=set)
    """How the names of the types themselves begin, up to the end of each word."""

    def __post_init__(self) -> None:
        types, fields = common_schema().names()
        self.types |= types | _BUILT_IN
        self.fields |= fields

    def chosen(self, domain_type: DomainType) -> Called:
        for name in _candidates(domain_type):
            found = self._taken(domain_type, name)
            if found is not None:
                return found
        raise InvalidManifest("/meta/name", f"no GraphQL name is left for {domain_type.name}")

    def _taken(self, domain_type: DomainType, name: str) -> Called | None:
        """What the type is called by a name that is free for it. Takes it and all names that follow."""
        types = {f"{name}{suffix}" for suffix in SUFFIXES}
        own = kinds.lower_camel(name)
        mutations = {f"{each.name}{name}" for each in domain_type.actions}
        stems = {f"{name}{key[:1].upper()}{key[1:]}" for key in _root_names(domain_type)}
        listed = next((each for each in _plurals(domain_type, name, own) if each not in self.fields | {own}), None)
        clash = types & self.types or ({own} | mutations) & self.fields
        stays = domain_type.called is not None and domain_type.called.type == name
        if clash or listed is None or (not stays and self._overlaps(name, stems)):
            return None
        self.types |= types
        self.fields |= {own, listed} | mutations
        self.stems |= stems
        self.beginnings |= _beginnings(name)
        if stays and domain_type.called is not None:
            avoids = {*domain_type.called.avoids, *(each.removeprefix(name) for each in stems & self.beginnings)}
            return Called(
                type=name, field=own, listField=listed, homes=domain_type.called.homes, avoids=tuple(sorted(avoids))
            )
        return Called(type=name, field=own, listField=listed)

    def _overlaps(self, name: str, stems: set[str]) -> bool:
        """Whether a name could be that of a type below another's state, or the other way round."""
        return bool(_beginnings(name) & self.stems or stems & self.beginnings)


def _candidates(domain_type: DomainType) -> Iterator[str]:
    """The kind; the group and the kind; the whole group and the kind; then with `Type` and a number."""
    kind = _pascal(domain_type.kind)
    if domain_type.called is not None:
        yield domain_type.called.type
    yield kind
    if domain_type.group:
        labels = domain_type.group.split(".")
        yield f"{_pascal(' '.join(labels[:-1] or labels))}{kind}"
        yield f"{_pascal(' '.join(labels))}{kind}"
    yield f"{kind}Type"
    yield from (f"{kind}Type{number}" for number in count(2) if number < 100)


def _plurals(domain_type: DomainType, name: str, own: str) -> Iterator[str]:
    """The list field: the plural that the type gives, the regular one, or the field with `List`."""
    if domain_type.called is not None and domain_type.called.type == name:
        yield domain_type.called.list_field
    kind = _pascal(domain_type.kind)
    if name == kind:
        yield field_name(domain_type.plural_key)
        if domain_type.plural_key == own:  # of chaos there is one
            yield f"{own}List"
    elif name.endswith(kind):
        plural = field_name(domain_type.plural_key)
        yield f"{kinds.lower_camel(name.removesuffix(kind))}{plural[:1].upper()}{plural[1:]}"
    yield kinds.plural(own)
    yield f"{own}List"


def _pascal(text: str) -> str:
    """`cert-manager` → CertManager, `HTTPRoute` → HTTPRoute"""
    return "".join(word[:1].upper() + word[1:] for word in _WORD.findall(text))


def _root_names(domain_type: DomainType) -> list[str]:
    schema = domain_type.shown_schema
    return [field_name(key) for key in Viewer(schema).view(schema).properties]


def _beginnings(name: str) -> set[str]:
    """`FooSpecOne` begins with Foo, FooSpec and FooSpecOne; `FooSpecial` not with FooSpec."""
    return {name[:end] for end in range(1, len(name) + 1) if not name[end : end + 1].islower()}

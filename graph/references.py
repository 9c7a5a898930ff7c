"""The fields that lead from a state to what it refers to, and from an entity to those that refer to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any

from strawberry.types.field import StrawberryField

from domain import backlink
from domain.backlink import Backlink, Link
from domain.domain_type import DomainType
from domain.kinds import lower_camel, plural
from domain.places import is_list, schema_at
from domain.reference import Reference
from graph import where_values
from graph.arguments import WHERE, After, First
from graph.batching import batched
from graph.definitions import field, fields_of, list_of, nullable
from graph.domain_types import DomainTypes
from graph.names import field_name
from graph.resolving import Asked
from graph.selection import needed
from repository.fields import Fields
from resolvers import backreferences
from resolvers.views import EntityView, StateView


def add(types: DomainTypes, declared: Mapping[str, DomainTypes]) -> None:
    """Gives the types the fields of all references among those that are declared."""
    fields_of(types.state).extend(_forward(types, declared))
    fields_of(types.entity).extend(_backward(types, declared.values()))


def _forward(types: DomainTypes, declared: Mapping[str, DomainTypes]) -> Iterable[StrawberryField]:
    """References that no schema declares are fields of the state; the others stand at their place."""
    taken = _names(types.state)
    for reference in types.domain_type.beside:
        if reference.type not in declared:
            continue
        target, many = declared[reference.type], _is_many(types.domain_type, reference)
        link = backlink.link(reference, types.domain_type, target.domain_type)
        own = plural(lower_camel(target.name)) if many else lower_camel(target.name)
        named = reference.field or (own if own not in taken else f"{own}By{_path(reference)}")
        reads = Fields(frozenset({reference.fixed}), header=frozenset(), last=False)
        type_ = list_of(target.entity) if many else nullable(target.entity)
        text = f"What `{reference.path}` refers to."
        yield field(_referred(link, many=many), type_, text, name=_free(named, taken), reads=reads)


def _backward(types: DomainTypes, sources: Iterable[DomainTypes]) -> Iterable[StrawberryField]:
    taken = _names(types.entity)
    for source in sources:
        references = [each for each in source.domain_type.refers if each.type == types.domain_type.name]
        if references:
            yield _referring(types, source, references, _free(source.called.list_field, taken))
        for each in references if len(references) > 1 else ():
            yield _referring(types, source, [each], _free(f"{source.called.list_field}By{_path(each)}", taken))


def _referring(types: DomainTypes, source: DomainTypes, references: Sequence[Reference], name: str) -> StrawberryField:
    link = backlink.backlink(source.domain_type, references, types.domain_type)
    places = " or ".join(f"`{each.path}`" for each in references)
    text = f"The objects of type {source.name} that refer to it by {places}, by app and name."
    return field(_pages(link, nullable(source.lists.where)), source.pages, text, name=name)


def _pages(link: Backlink, where_: Any) -> Callable[..., Any]:
    @batched
    async def referring(
        roots: Sequence[EntityView],
        info: Asked,
        first: First = 20,
        after: After = None,
        where: Annotated[where_, WHERE] = None,
    ) -> Any:
        asked = backreferences.Asked(link, where_values.condition(where), first, needed(info))
        return await backreferences.referring(info.context, roots, asked, after)

    return referring


def _referred(link: Link, *, many: bool) -> Callable[..., Any]:
    def referred(root: StateView) -> Any:
        found = link.targets(root.event.state, root.event.entity)
        views = [EntityView(each, root.moment) for each in dict.fromkeys(found)]
        return views if many else next(iter(views), None)

    return referred


def _is_many(domain_type: DomainType, reference: Reference) -> bool:
    return None in reference.place or is_list(schema_at(domain_type.newest.json_schema, reference.place))


def _path(reference: Reference) -> str:
    """The keys of its path, but for `spec`: `/spec/configs/*` → Configs"""
    keys = [key for key in reference.place if key is not None]
    names = [field_name(key).strip("_") for key in (keys[1:] if keys[:1] == ["spec"] and keys[1:] else keys)]
    return "".join(name[:1].upper() + name[1:] for name in names)


def _names(type_: type) -> set[str]:
    return {each.graphql_name or each.name for each in fields_of(type_)}


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name

"""What a query needs of the events behind a field, read off its selection, so that nothing else is fetched."""

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
)
from strawberry import Info

from graph.definitions import READS, DocumentField, Reads
from repository.fields import HEADER, HEADER_NAMES, LAST, NOTHING, STATE, WHOLE, Fields, Path, union
from resolvers.context import Context

_META_KEYS = ("meta", "metadata")
_NEEDS = {
    Reads.NOTHING: NOTHING,
    Reads.LAST: LAST,
    Reads.STATE: STATE,
    Reads.BODY: Fields(body=True),
    Reads.WHOLE: WHOLE,
}
# Of an event, an entity or a page, whatever is read.
_ALWAYS_THERE = frozenset(
    "id entity version timestamp_iso recorded_at_iso stateful deletes cursor has_next has_previous".split()
)


def needed(info: Info[Context, Any]) -> Fields:
    """What is selected below the field, with the whole header."""
    return union([needed_alone(info), HEADER])


def needed_alone(info: Info[Context, Any]) -> Fields:
    """The union over everything that is selected below the field. `@skip` and `@include` are taken as said.

    For who reads no more of the events than what is shown.
    """
    raw = info._raw_info
    key = tuple(id(node) for node in raw.field_nodes)
    known = info.context.selections.get(key)
    if known is None:
        below = get_named_type(raw.return_type)
        sets = [node.selection_set for node in raw.field_nodes if node.selection_set]
        known = union(part for each in sets for part in _walk(raw, below, each, ((),), set()))
        info.context.selections[key] = known
    return known


def _walk(
    info: GraphQLResolveInfo[Any],
    type_: GraphQLNamedType,
    selected: SelectionSetNode,
    paths: tuple[Path, ...],
    seen: set[Any],
) -> Iterator[Fields]:
    for node in selected.selections:
        match node:
            case FieldNode():
                yield from _field(info, type_, node, paths, seen)
            case InlineFragmentNode():
                condition = node.type_condition
                inner = info.schema.get_type(condition.name.value) if condition else type_
                yield from _walk(info, inner or type_, node.selection_set, paths, seen)
            case FragmentSpreadNode() if (node.name.value, paths) not in seen:
                seen.add((node.name.value, paths))
                fragment = info.fragments[node.name.value]
                inner = info.schema.get_type(fragment.type_condition.name.value)
                yield from _walk(info, inner or type_, fragment.selection_set, paths, seen)


def _field(
    info: GraphQLResolveInfo[Any], type_: GraphQLNamedType, node: FieldNode, paths: tuple[Path, ...], seen: set[Any]
) -> Iterable[Fields]:
    graphql_field: Any = getattr(type_, "fields", {}).get(node.name.value)
    definition = graphql_field.extensions.get("strawberry-definition") if graphql_field else None
    if isinstance(definition, DocumentField):
        return _property(info, graphql_field.type, node, tuple((*path, definition.key) for path in paths), seen)
    reads = definition.metadata.get(READS) if definition else None
    if reads is None:
        return (_of_attribute(definition),)
    if reads is Reads.META:
        return _property(info, graphql_field.type, node, tuple((*paths[0], key) for key in _META_KEYS), seen)
    if reads is Reads.THROUGH and node.selection_set:
        return _walk(info, get_named_type(graphql_field.type), node.selection_set, paths, seen)
    return (reads if isinstance(reads, Fields) else _NEEDS[reads],)


def _property(
    info: GraphQLResolveInfo[Any], type_: Any, node: FieldNode, paths: tuple[Path, ...], seen: set[Any]
) -> Iterable[Fields]:
    inner = get_named_type(type_)
    if node.selection_set and _is_document(inner):
        return _walk(info, inner, node.selection_set, paths, seen)
    return (Fields(frozenset(paths), header=frozenset(), last=False),)


def _is_document(type_: GraphQLNamedType) -> bool:
    fields = getattr(type_, "fields", {})
    return all(isinstance(each.extensions.get("strawberry-definition"), DocumentField) for each in fields.values())


def _of_attribute(definition: Any) -> Fields:
    """What an attribute of a view needs of its event; what a resolver needs is not known."""
    resolver = definition.base_resolver if definition else None
    path: tuple[str, ...] = getattr(resolver.wrapped_func, "path", ()) if resolver else ()
    name = next((each for each in path if each != "event"), "")
    if name in HEADER_NAMES and "event" in path[:1]:
        return Fields(header=frozenset({name}), last=False)
    return NOTHING if name in _ALWAYS_THERE else HEADER

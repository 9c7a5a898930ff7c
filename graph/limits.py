"""How large a query may be. Sizes are computed in time linear in the text: no fragment is put in its places."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.validate import ValidationAbortedError


@dataclass(frozen=True, slots=True)
class Limits:
    """What one operation may ask for. Fields and aliases count after fragments are put in their places."""

    max_characters: int = 200_000
    max_tokens: int = 2_000
    max_depth: int = 20
    max_fields: int = 5_000
    max_root_fields: int = 100
    max_aliases: int = 500


class Size(NamedTuple):
    """What a selection set amounts to. Numbers above MANY are cut to MANY."""

    depth: int = 0
    fields: int = 0
    root_fields: int = 0
    aliases: int = 0


MANY = 1_000_000
MAX_ERRORS = 10  # a suggestion for an unknown field costs milliseconds in a large schema
MAX_COMPARISONS = 50_000


def parsed(query: str, limits: Limits) -> DocumentNode:
    """The document of a query. Raises GraphQLError with `extensions.code` when it is malformed or too long."""
    try:
        return parse(
            query,
            max_source_length=limits.max_characters,
            max_lexical_tokens=limits.max_tokens,
            max_comments=limits.max_tokens,
        )
    except GraphQLSyntaxError as error:
        raise _parse_error(error) from None


def excesses(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """The limits that operations of the document exceed, each with the number and the limit; at most ten."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    try:
        fragments = _fragment_sizes(document)
    except CycleError:
        return []  # the standard rule says which fragments make the cycle
    sizes = [(operation, _size(operation.selection_set, fragments)) for operation in operations]
    return [error for operation, size in sizes for error in _excesses(operation, size, limits)][:MAX_ERRORS]


def invalidities(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """What the validation rules of the GraphQL specification say, the first ten errors, in bounded time."""
    errors = validate(schema, document, RULES, max_errors=MAX_ERRORS)
    if errors and isinstance(errors[-1], ValidationAbortedError) and len(errors) <= MAX_ERRORS:
        errors[-1] = _error(
            "The query repeats too many fields or fragments to be checked. Ask for every field once.",
            "QUERY_TOO_COMPLEX",
        )
    return errors


class _MergeableFields(OverlappingFieldsCanBeMergedRule):
    """The standard rule compares every pair of fields with one name, for up to a second; here up to a fifth of that."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MAX_COMPARISONS


RULES = tuple(_MergeableFields if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules)


def _parse_error(error: GraphQLSyntaxError) -> GraphQLError:
    limit = re.search(r"contains more than (\d+) (tokens|comments|code points)", error.message)
    if limit:
        kind = {"code points": "characters"}.get(limit[2], limit[2])
        message = f"The query has more than {limit[1]} {kind}, the limit. Send values as variables, or split the query."
        return _error(message, "QUERY_TOO_LARGE")
    if "nested too deeply" in error.message:
        return _error("The query nests too deeply to be read.", "QUERY_TOO_DEEP")
    error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
    return error.with_traceback(None)


def _excesses(operation: OperationDefinitionNode, size: Size, limits: Limits) -> list[GraphQLError]:
    name = f"'{operation.name.value}'" if operation.name else f"This {operation.operation.value}"
    checks = (
        (size.depth, limits.max_depth, "QUERY_TOO_DEEP", "is {} levels deep, the limit is {}"),
        (size.fields, limits.max_fields, "QUERY_TOO_LARGE", "asks for {} fields, the limit is {}"),
        (size.root_fields, limits.max_root_fields, "TOO_MANY_ROOT_FIELDS", "has {} root fields, the limit is {}"),
        (size.aliases, limits.max_aliases, "TOO_MANY_ALIASES", "uses {} aliases, the limit is {}"),
    )
    return [
        _error(f"{name} {text.format(_shown(number), limit)}. Split it into several queries.", code, operation)
        for number, limit, code, text in checks
        if number > limit
    ]


def _error(message: str, code: str, node: OperationDefinitionNode | None = None) -> GraphQLError:
    return GraphQLError(message, node, extensions={"code": code})


def _shown(number: int) -> str:
    return f"{number:,}" if number < MANY else f"{MANY:,} or more"


def _fragment_sizes(document: DocumentNode) -> dict[str, Size]:
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    spreads = {name: _spreads(node.selection_set) for name, node in fragments.items()}
    sizes: dict[str, Size] = {}
    for name in TopologicalSorter(spreads).static_order():
        if name in fragments:
            sizes[name] = _size(fragments[name].selection_set, sizes)
    return sizes


def _spreads(selection_set: SelectionSetNode) -> set[str]:
    """The names of the fragments that a selection set uses, at any depth."""
    names: set[str] = set()
    for selection in selection_set.selections:
        if isinstance(selection, FragmentSpreadNode):
            names.add(selection.name.value)
        elif inner := _inner(selection):
            names |= _spreads(inner)
    return names


def _inner(selection: SelectionNode) -> SelectionSetNode | None:
    return selection.selection_set if isinstance(selection, FieldNode | InlineFragmentNode) else None


def _size(selection_set: SelectionSetNode, fragments: Mapping[str, Size]) -> Size:
    """The parser allows 200 levels within a definition, so recursion is safe; unknown fragments count nothing."""
    depth = fields = root_fields = aliases = 0
    for selection in selection_set.selections:
        if isinstance(selection, FragmentSpreadNode):
            size = fragments.get(selection.name.value, Size())
        else:
            inner = _inner(selection)
            size = _size(inner, fragments) if inner else Size()
        if isinstance(selection, FieldNode):
            size = Size(size.depth + 1, size.fields + 1, 1, size.aliases + (selection.alias is not None))
        depth = max(depth, size.depth)
        fields = min(fields + size.fields, MANY)
        root_fields = min(root_fields + size.root_fields, MANY)
        aliases = min(aliases + size.aliases, MANY)
    return Size(depth, fields, root_fields, aliases)

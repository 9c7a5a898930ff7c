from collections.abc import Iterator

import pytest
import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from graph.limits import MANY, Limits, Size, excesses, invalidities, parsed

LIMITS = Limits()


@strawberry.type
class Query:
    @strawberry.field
    def name(self, style: str = "") -> str:
        return style

    @strawberry.field
    def self(self) -> "Query":
        return self


SCHEMA = strawberry.Schema(Query)._schema


def codes(query: str, limits: Limits = LIMITS) -> list[str]:
    return [error.extensions["code"] for error in excesses(parse(query), limits) if error.extensions]


def messages(query: str, limits: Limits = LIMITS) -> list[str]:
    return [error.message for error in excesses(parse(query), limits)]


def refusal(query: str) -> GraphQLError:
    with pytest.raises(GraphQLError) as raised:
        parsed(query, LIMITS)
    return raised.value


def nested(levels: int) -> str:
    return "{" + "self{" * (levels - 1) + "name" + "}" * levels


def doubling(fragments: int) -> str:
    """A query that doubles with every fragment: 2**fragments fields from a few hundred characters."""
    chain = "".join(f"fragment F{i} on Query{{a:self{{...F{i + 1}}} b:self{{...F{i + 1}}}}}" for i in range(fragments))
    return "{...F0}" + chain + f"fragment F{fragments} on Query{{name}}"


# Depth


def test_twenty_levels_pass_and_twenty_one_are_named_with_the_limit() -> None:
    assert messages(nested(20)) == []
    assert messages(nested(21)) == ["This query is 21 levels deep, the limit is 20. Split it into several queries."]
    assert codes(nested(21)) == ["QUERY_TOO_DEEP"]


def test_depth_counts_through_fragments_and_names_the_operation() -> None:
    query = "query Deep{...A} fragment A on Query{self{... on Query{...B}}} fragment B on Query{self{name}}"
    assert messages(query, Limits(max_depth=3)) == []
    assert messages(query, Limits(max_depth=2)) == [
        "'Deep' is 3 levels deep, the limit is 2. Split it into several queries."
    ]


def test_fields_side_by_side_and_inline_fragments_add_no_depth() -> None:
    assert messages("{self{name} ... on Query{... on Query{self{name}}}}", Limits(max_depth=2)) == []


@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(),
        # with everything that GraphiQL asks for
        get_introspection_query(
            schema_description=True,
            input_value_deprecation=True,
            specified_by_url=True,
            directive_is_repeatable=True,
            one_of=True,
        ),
    ],
)
def test_full_introspection_passes_every_limit(query: str) -> None:
    document = parsed(query, LIMITS)
    assert excesses(document, LIMITS) == []
    assert invalidities(SCHEMA, document) == []


# Numbers of fields, root fields and aliases


def test_fields_count_as_often_as_their_fragment_is_used() -> None:
    query = "{a:self{...F} b:self{...F}} fragment F on Query{name self{name}}"
    assert messages(query, Limits(max_fields=8)) == []
    assert messages(query, Limits(max_fields=7)) == [
        "This query asks for 8 fields, the limit is 7. Split it into several queries."
    ]
    assert codes(query, Limits(max_fields=7)) == ["QUERY_TOO_LARGE"]


def test_root_fields_count_through_fragments() -> None:
    query = "{name ...F ... on Query{b:name}} fragment F on Query{c:name self{name}}"
    assert messages(query, Limits(max_root_fields=4)) == []
    assert codes(query, Limits(max_root_fields=3)) == ["TOO_MANY_ROOT_FIELDS"]
    assert "has 4 root fields, the limit is 3" in messages(query, Limits(max_root_fields=3))[0]


def test_aliases_count_as_often_as_their_fragment_is_used() -> None:
    query = "{a:self{...F} self{...F}} fragment F on Query{x:name}"
    assert messages(query, Limits(max_aliases=3)) == []
    assert codes(query, Limits(max_aliases=2)) == ["TOO_MANY_ALIASES"]
    assert "uses 3 aliases, the limit is 2" in messages(query, Limits(max_aliases=2))[0]


def test_exponential_growth_is_computed_not_expanded_and_the_number_is_cut() -> None:
    document = parse(doubling(900))
    assert [
        error.message.split(" asks for ")[1]
        for error in excesses(document, Limits(max_depth=MANY))
        if "asks" in error.message
    ] == ["1,000,000 or more fields, the limit is 5000. Split it into several queries."]


def test_every_operation_of_a_document_is_measured_and_at_most_ten_errors_come_back() -> None:
    query = "".join(f"query Q{i}{nested(3)}" for i in range(20))
    assert len(messages(query, Limits(max_depth=2))) == 10
    assert messages("query Good{name} query Bad{self{name}}", Limits(max_depth=1))[0].startswith("'Bad' is 2 levels")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A query with fragments that use later fragments only, so that there is no cycle."""
    count = draw(st.integers(0, 4))

    def selections(later: int) -> st.SearchStrategy[str]:
        leaf = st.sampled_from(
            ["name", "x:name", *(f"...F{i}" for i in range(later, count + 1))]
        )  # F{count} is unknown
        return st.recursive(
            leaf,
            lambda inner: st.builds(
                "{}{{{}}}".format,
                st.sampled_from(["self", "y:self", "... on Query", "..."]),
                st.lists(inner, min_size=1, max_size=4).map(" ".join),
            ),
            max_leaves=6,
        )

    fragments = [f"fragment F{i} on Query{{{draw(selections(i + 1))}}}" for i in range(count)]
    return f"{{{draw(selections(0))}}}" + "".join(draw(st.permutations(fragments)))


def expanded(
    selection_set: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], level: int = 1
) -> Iterator[tuple[FieldNode, int]]:
    """Every field with its level, by putting each fragment in its place."""
    for node in selection_set.selections:
        if isinstance(node, FieldNode):
            yield node, level
            if node.selection_set:
                yield from expanded(node.selection_set, fragments, level + 1)
        elif isinstance(node, InlineFragmentNode):
            yield from expanded(node.selection_set, fragments, level)
        elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
            yield from expanded(fragments[node.name.value].selection_set, fragments, level)


@given(documents())
def test_sizes_are_what_expansion_gives(query: str) -> None:
    document = parse(query)
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    fields = list(expanded(operation.selection_set, fragments))
    size = Size(
        max((level for _, level in fields), default=0),
        len(fields),
        sum(level == 1 for _, level in fields),
        sum(field.alias is not None for field, _ in fields),
    )
    exact = Limits(
        max_depth=size.depth, max_fields=size.fields, max_root_fields=size.root_fields, max_aliases=size.aliases
    )
    assert messages(query, exact) == []
    below = Limits(
        max_depth=size.depth - 1,
        max_fields=size.fields - 1,
        max_root_fields=size.root_fields - 1,
        max_aliases=size.aliases - 1,
    )
    assert codes(query, below) == ["QUERY_TOO_DEEP", "QUERY_TOO_LARGE", "TOO_MANY_ROOT_FIELDS", "TOO_MANY_ALIASES"]


# Length of the text


def test_two_thousand_tokens_pass_and_one_more_is_refused() -> None:
    assert parsed("{" + "name " * 1998 + "}", LIMITS)
    error = refusal("{" + "name " * 1999 + "}")
    assert error.extensions == {"code": "QUERY_TOO_LARGE"}
    assert (
        error.message == "The query has more than 2000 tokens, the limit. Send values as variables, or split the query."
    )


def test_comments_and_characters_are_limited_too() -> None:
    assert "more than 2000 comments" in refusal("#\n" * 2001 + "{name}").message
    assert "more than 200000 characters" in refusal("{name" + " " * 200_000 + "}").message


def test_nesting_that_the_parser_cannot_follow_is_too_deep() -> None:
    assert refusal(nested(300)).extensions == {"code": "QUERY_TOO_DEEP"}
    assert refusal("{name(style:" + "[" * 500).extensions == {"code": "QUERY_TOO_DEEP"}


def test_a_syntax_error_keeps_its_place() -> None:
    error = refusal("{name\n  !}")
    assert error.extensions == {"code": "GRAPHQL_PARSE_FAILED"}
    assert error.formatted["locations"] == [{"line": 2, "column": 3}]


# Bounded work: these would hang or take minutes if the work grew faster than the text.


def test_fragments_in_a_cycle_are_left_to_the_standard_rule() -> None:
    query = "{...A} fragment A on Query{self{...B}} fragment B on Query{...A name}"
    assert messages(query) == []
    assert "Cannot spread fragment 'A' within itself via 'B'." in [
        error.message for error in invalidities(SCHEMA, parse(query))
    ]
    many = "{...F0}" + "".join(
        f"fragment F{i} on Query{{" + "".join(f"...F{j} " for j in range(40)) + "}" for i in range(40)
    )
    assert excesses(parse(many), LIMITS) == []
    assert invalidities(SCHEMA, parse(many)) != []


@pytest.mark.parametrize(
    "inner",
    [
        "self{name} " * 490,
        "self{self{name}} " * 280,
        "x:name x:self{name} " * 160,
        " ".join(f'name(style:"{i}")' for i in range(326)),
        ("self{" + "self{name} " * 20 + "} ") * 20,
    ],
)
def test_fields_repeated_beyond_reason_are_refused_before_they_are_all_compared(inner: str) -> None:
    document = parsed("{self{" + inner + "}}", LIMITS)
    assert excesses(document, LIMITS) == []
    (error,) = invalidities(SCHEMA, document)
    assert error.extensions == {"code": "QUERY_TOO_COMPLEX"}


def test_a_wide_query_that_asks_for_every_field_once_is_valid() -> None:
    states = " ".join(f"s{i}:self{{...State}}" for i in range(90))
    query = f"{{{states}}} fragment State on Query{{name self{{name self{{name}}}} ...More}}"
    query += " fragment More on Query{n:name name}"
    document = parsed(query, LIMITS)
    assert excesses(document, LIMITS) == []
    assert invalidities(SCHEMA, document) == []


def test_ten_mistakes_are_reported_and_then_validation_stops() -> None:
    errors = invalidities(SCHEMA, parse("{" + " ".join(f"nam{i}" for i in range(500)) + "}"))
    assert [error.message for error in errors[:1]] == [
        "Cannot query field 'nam0' on type 'Query'. Did you mean 'name'?"
    ]
    assert len(errors) == 11
    assert "Too many validation errors" in errors[10].message

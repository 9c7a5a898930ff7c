import asyncio
import gc
import logging
import string
import weakref
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, NewType

import pytest
import strawberry
from graphql import Executor, GraphQLError, OperationType, get_introspection_query
from strawberry.schema.config import StrawberryConfig

from domain.errors import InvalidInstant, StoreUnavailable, VersionConflict
from graph import json_text
from graph.execution import DocumentCache, Engine, GraphQLRequest, Operations, Prepared, Result, mask
from graph.limits import Limits

Even = NewType("Even", int)


def parse_even(value: Any) -> int:
    if value == 13:
        raise RuntimeError("thirteen")
    if value % 2:
        raise InvalidInstant(f"{value} is odd", hint="Add one.")
    return int(value)


SECRET = "mongodb://user:hunter2@db/"


@strawberry.type
class Child:
    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError(SECRET)


@strawberry.type
class Query:
    @strawberry.field
    async def hello(self, info: strawberry.Info, name: str = "you") -> str:
        return f"hello {name} {sorted(info.variable_values)}"

    @strawberry.field
    def half(self, of: Even) -> int:
        return of // 2

    @strawberry.field
    def unknown(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def ours(self) -> str | None:
        raise VersionConflict("Artifact 09287/vpc", 3, 4)

    @strawberry.field
    async def away(self) -> str | None:
        raise StoreUnavailable("MongoDB did not answer within 5 s", hint="Try again.")

    @strawberry.field
    def deliberate(self) -> str | None:
        raise GraphQLError("Not today", extensions={"code": "CLOSED", "until": "Monday"})

    @strawberry.field
    def careless(self) -> str | None:
        raise GraphQLError(SECRET)

    @strawberry.field
    def not_a_number(self) -> int | None:
        return SECRET  # type: ignore[return-value]

    @strawberry.field
    def needed(self) -> Child:
        raise RuntimeError(SECRET)

    @strawberry.field
    def children(self, count: int) -> list[Child | None]:
        return [Child()] * count

    @strawberry.field
    def batch(self) -> list["Row"]:
        error = RuntimeError(SECRET)
        return [Row(error=error) for _ in range(3)]


@strawberry.type
class Row:
    error: strawberry.Private[Exception]

    @strawberry.field
    def value(self) -> str | None:
        raise self.error


@strawberry.type
class Mutation:
    @strawberry.mutation
    def write(self) -> str:
        return "written"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


@dataclass
class Context:
    correlation_id: str = "req-5678"


EVEN = strawberry.scalar(name="Even", parse_value=parse_even)
STRAWBERRY = strawberry.Schema(Query, Mutation, Subscription, config=StrawberryConfig(scalar_map={Even: EVEN}))
SCHEMA = STRAWBERRY._schema


@pytest.fixture
def engine() -> Engine:
    return Engine(SCHEMA, Limits())


async def run(engine: Engine, query: str, variables: dict[str, Any] | None = None, name: str | None = None) -> Result:
    return await engine.execute(GraphQLRequest(query, variables, name), Context())


def formatted(result: Result) -> list[Any]:
    return [error.formatted for error in result.errors]


# Running


async def test_a_query_runs_with_variables_and_resolvers_see_them_as_a_dict(engine: Engine) -> None:
    result = await run(engine, "query($n: String!) { hello(name: $n) }", {"n": "Ann"})
    assert result == Result({"hello": "hello Ann ['n']"}, [])


async def test_a_mutation_runs(engine: Engine) -> None:
    assert (await run(engine, "mutation { write }")).data == {"write": "written"}


async def test_a_subscription_is_refused_with_its_code(engine: Engine) -> None:
    result = await run(engine, "subscription { ticks }")
    assert (result.executed, formatted(result)[0]["extensions"]["code"]) == (False, "BAD_REQUEST")


async def test_another_executor_can_take_over() -> None:
    built = []

    class Counting(Executor[Any]):
        @classmethod
        def build(cls, *args: Any, **kwargs: Any) -> Any:
            built.append(args)
            return super().build(*args, **kwargs)

    assert (await run(Engine(SCHEMA, Limits(), Counting), "mutation { write }")).data == {"write": "written"}
    assert len(built) == 1


async def test_an_introspection_answer_is_computed_once(engine: Engine) -> None:
    first, meanwhile = await asyncio.gather(*(run(engine, get_introspection_query()) for _ in range(2)))
    told = json_text.loads(json_text.dumps(first.data))
    assert told["__schema"]["queryType"]["name"] == "Query"
    assert first.errors == []
    assert meanwhile.data is first.data
    assert (await run(engine, get_introspection_query())).data is first.data
    named = "query($n: String!) { __type(name: $n) { name } }"
    assert (await run(engine, named, {"n": "Query"})).data == {"__type": {"name": "Query"}}
    assert (await run(engine, named, {"n": "Child"})).data == {"__type": {"name": "Child"}}
    assert (await run(engine, "{ __typename hello }")).data == {"__typename": "Query", "hello": "hello you []"}


# Which operation

TWO = 'query A { hello(name: "a") } mutation B { write }'


def test_the_named_operation_is_prepared(engine: Engine) -> None:
    prepared = engine.prepare(TWO, "B")
    assert isinstance(prepared, Prepared)
    assert prepared.type is OperationType.MUTATION
    assert engine.prepare(TWO, "B") is prepared


@pytest.mark.parametrize("name", [None, ""])
def test_an_only_operation_needs_no_name(engine: Engine, name: str | None) -> None:
    assert isinstance(engine.prepare("query Q { hello }", name), Prepared)


@pytest.mark.parametrize(
    ("query", "name", "message"),
    [
        (TWO, None, "The query has several operations: name one; it has 'A', 'B'."),
        (TWO, "C", "The query has no operation 'C'; it has 'A', 'B'."),
        ("{ hello }", "C", "The query has no operation 'C'; it has one without a name."),
        ("fragment F on Query { hello }", None, None),
    ],
)
def test_an_operation_that_cannot_be_told_is_an_error_that_lists_them(
    engine: Engine, query: str, name: str | None, message: str | None
) -> None:
    errors = engine.prepare(query, name)
    assert isinstance(errors, list)
    if message:
        assert [error.message for error in errors] == [message]
        assert errors[0].extensions == {"code": "BAD_USER_INPUT"}


# The cache of documents


def test_a_document_is_read_once_and_a_bad_one_is_not_kept(engine: Engine) -> None:
    engine.prepare("{ hello }", None)
    engine.prepare("{ hello }", None)
    engine.prepare("{ nothing }", None)
    engine.prepare("{ nothing", None)
    assert (engine.documents.hits, engine.documents.misses, len(engine.documents)) == (1, 3, 1)


def test_the_cache_forgets_the_document_used_longest_ago_by_number_and_by_characters() -> None:
    cache = DocumentCache(max_documents=3, max_characters=20)
    nothing: Operations = {}
    for query in ("a", "b", "c"):
        cache.put(query, nothing)
    assert cache.get("a") is not None
    cache.put("d", nothing)
    assert [query for query in "abcd" if cache.get(query) is not None] == ["a", "c", "d"]
    cache = DocumentCache(max_documents=30, max_characters=20)
    for letter in string.ascii_letters[:19]:
        cache.put(letter, nothing)
    cache.put("yy", nothing)
    assert (len(cache), cache.characters, cache.get("a")) == (19, 20, None)
    cache.put("zzz", nothing)  # more than a tenth of the room: it would push out too many others
    assert (len(cache), cache.characters, cache.get("zzz")) == (19, 20, None)


async def test_an_engine_that_is_dropped_frees_its_schema_and_documents() -> None:
    schema = strawberry.Schema(Query, config=StrawberryConfig(scalar_map={Even: EVEN}))._schema
    engine = Engine(schema, Limits())
    await run(engine, get_introspection_query())
    prepared = engine.prepare("{ hello }", None)
    assert isinstance(prepared, Prepared)
    remains: list[weakref.ref[Any]] = [weakref.ref(engine), weakref.ref(schema), weakref.ref(prepared.document)]
    del engine, schema, prepared
    gc.unfreeze()  # introspection is work beside the loop, which may have set it aside: see resolvers/garbage.py
    gc.collect()
    assert [ref() for ref in remains] == [None, None, None]


# Errors that the request caused


@pytest.mark.parametrize(
    ("query", "variables", "code", "message"),
    [
        ("{ hello", None, "GRAPHQL_PARSE_FAILED", "Syntax Error: Expected Name, found <EOF>."),
        (
            "{ nothing }",
            None,
            "GRAPHQL_VALIDATION_FAILED",
            "Cannot query field 'nothing' on type 'Query'.",
        ),
        (
            "query($n: String!) { hello(name: $n) }",
            {},
            "BAD_USER_INPUT",
            "Variable '$n' has invalid value: Expected a value of non-null type 'String!' to be provided.",
        ),
        (
            "query($n: String) { hello(name: $n) }",
            {"n": 7},
            "BAD_USER_INPUT",
            "Variable '$n' has invalid value: String cannot represent a non string value: 7",
        ),
        (
            "{" + "x:hello " * 600 + "}",
            None,
            "TOO_MANY_ROOT_FIELDS",
            "This query has 600 root fields, the limit is 100. Split it into several queries.",
        ),
    ],
)
async def test_a_bad_request_is_shown_as_it_is_with_a_code(
    engine: Engine, query: str, variables: dict[str, Any] | None, code: str, message: str
) -> None:
    result = await run(engine, query, variables)
    assert (result.data, result.executed) == (None, False)
    assert formatted(result)[0]["message"] == message
    assert formatted(result)[0]["extensions"] == {"code": code}


@pytest.mark.parametrize(
    ("query", "variables"), [("{ half(of: 3) }", None), ("query($n: Even!) { half(of: $n) }", {"n": 3})]
)
async def test_what_a_scalar_of_ours_refuses_keeps_its_code_and_hint(
    engine: Engine, query: str, variables: dict[str, Any] | None
) -> None:
    result = await run(engine, query, variables)
    (error,) = formatted(result)
    assert not result.executed
    assert "3 is odd" in error["message"]
    assert error["extensions"] == {"code": "INVALID_INSTANT", "hint": "Add one."}


# Errors that a field raised


async def test_an_error_of_ours_is_shown_with_code_hint_and_details(engine: Engine) -> None:
    result = await run(engine, "{ ours away }")
    conflict, away = formatted(result)
    assert result.executed
    assert conflict["message"] == "Artifact 09287/vpc is at version 4, not at 3"
    assert conflict["path"] == ["ours"]
    assert conflict["locations"] == [{"line": 1, "column": 3}]
    hint = conflict["extensions"].pop("hint")
    assert hint.startswith("Read the entity again")
    assert conflict["extensions"] == {"code": "VERSION_CONFLICT", "expected": 3, "actual": 4}
    assert away["extensions"] == {"code": "STORE_UNAVAILABLE", "hint": "Try again.", "retryable": True}


async def test_an_error_that_a_resolver_meant_for_the_caller_is_shown(engine: Engine) -> None:
    (error,) = formatted(await run(engine, "{ deliberate }"))
    assert error["message"] == "Not today"
    assert error["extensions"] == {"code": "CLOSED", "until": "Monday"}


@pytest.mark.parametrize(
    "query",
    ["{ unknown }", "{ careless }", "{ notANumber }", "{ needed { broken } }", "{ children(count: 1) { broken } }"],
)
async def test_any_other_error_is_masked_and_logged_with_the_correlation_id(
    engine: Engine, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        result = await run(engine, query)
    (error,) = formatted(result)
    assert error["message"] == "Internal error"
    assert error["extensions"] == {"code": "INTERNAL", "correlationId": "req-5678"}
    assert "hunter2" not in str(formatted(result))
    (record,) = caplog.records
    assert "req-5678" in record.getMessage()
    assert record.exc_info
    assert "hunter2" in str(record.exc_info[1])


async def test_an_error_in_a_field_that_cannot_be_null_takes_the_data_with_it_but_the_query_was_executed(
    engine: Engine,
) -> None:
    result = await run(engine, "{ hello needed { broken } }")
    assert (result.data, result.executed) == (None, True)


async def test_one_cause_of_many_errors_is_logged_once(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        result = await run(engine, "{ batch { value } }")
    assert len(result.errors) == 3
    assert len(caplog.records) == 1


async def test_the_errors_of_fields_pass_through_the_given_function() -> None:
    def loud(error: GraphQLError) -> GraphQLError:
        shown = mask(error)
        return GraphQLError(shown.message.upper(), path=shown.path, extensions=shown.extensions)

    engine = Engine(SCHEMA, Limits(), to_error=loud)
    assert formatted(await run(engine, "{ deliberate }"))[0]["message"] == "NOT TODAY"
    assert formatted(await run(engine, "{ nothing }"))[0]["message"].startswith("Cannot query field")


async def test_an_argument_that_turns_out_wrong_at_run_time_is_the_callers(engine: Engine) -> None:
    query = "query($n: Int) { children(count: $n) { broken } }"
    (error,) = formatted(await run(engine, query.replace("$n: Int)", "$n: Int = 1)"), {"n": None}))
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "'count'" in error["message"]

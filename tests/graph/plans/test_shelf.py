"""When a query is answered by a plan, and when it is left to graphql-core."""

from collections.abc import Sequence
from typing import Any

import pytest
import strawberry

from domain import registry
from domain.event import Actor, ActorType
from examples import T0
from graph.batching import batched
from graph.definitions import field, list_of, nullable, object_type
from graph.execution import Engine, GraphQLRequest, Prepared, Result
from graph.limits import Limits
from graph.plans.shelf import Planned
from resolvers.context import Caller, Context

Asked = strawberry.Info[Any, Any]
calls: list[Any] = []


def raises(root: Any) -> Any:
    calls.append("raises")
    raise RuntimeError


@batched
async def away(roots: Sequence[Any], info: Asked) -> Any:
    calls.append("away")
    raise TimeoutError


@batched
async def nothing(roots: Sequence[Any], info: Asked) -> Any:
    return [None for _ in roots]


async def later(root: Any, info: Asked, n: int = 1) -> Any:
    return n


def surprising(root: Any) -> Any:
    info: Any = None
    return later(root, info)


def write(root: Any) -> Any:
    calls.append("write")


ROW = object_type(
    "Row",
    "A row.",
    [
        field(raises, nullable(int), "Raises.", name="raises"),
        field(away, int, "Away.", name="away"),
        field(nothing, int, "Null where it must not be.", name="nothing"),
        field(surprising, nullable(int), "An awaitable from a resolver that does not look like it.", name="surprising"),
        field(later, nullable(int), "Its argument.", name="later"),
    ],
)
QUERY = object_type(
    "Query",
    "All.",
    [
        field(lambda root: [1, 2], list_of(nullable(ROW)), "Rows.", name="rows"),
        field(lambda root: 1, ROW, "A row.", name="row"),
        field(away, nullable(int), "Away.", name="away"),
    ],
)
MUTATION = object_type("Mutation", "Writes.", [field(write, nullable(int), "Writes.", name="write")])
SCHEMA = strawberry.Schema(QUERY, MUTATION)._schema


@pytest.fixture
def engine() -> Engine:
    calls.clear()
    return Engine(SCHEMA, Limits())


async def run(engine: Engine, query: str, **variables: Any) -> Result:
    log: Any = None
    context = Context(log, registry.builtin(), Caller(Actor("t", ActorType.HUMAN)), lambda: T0, T0)
    return await engine.execute(GraphQLRequest(query, variables), context)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("{ rows { later } }", "planned"),
        ("{ rows { __typename } __schema { queryType { name } } }", "planned"),
        ("{ rows { raises } }", "unusual"),
        ("{ rows { nothing } }", "unusual"),
        ("{ rows { surprising } }", "unusual"),
        ("mutation { write }", None),
    ],
)
async def test_it_is_counted_how_queries_are_answered(engine: Engine, query: str, count: str | None) -> None:
    await run(engine, query)
    assert engine.planned.counts == ({count: 1} if count else {})


async def test_what_graphql_core_would_answer_is_answered(engine: Engine) -> None:
    assert (await run(engine, "{ row { surprising } }")).data == {"row": {"surprising": 1}}
    result = await run(engine, "{ rows { later raises } }")
    assert result.data == {"rows": [{"later": 1, "raises": None}] * 2}
    assert [error.path for error in result.errors] == [["rows", 0, "raises"], ["rows", 1, "raises"]]
    result = await run(engine, "{ rows { nothing } }")
    assert (result.data, len(result.errors)) == ({"rows": [None, None]}, 2)


async def test_a_read_that_fails_is_not_tried_again(engine: Engine) -> None:
    result = await run(engine, "{ rows { away } away row { away } }")
    assert calls == ["away"] * 3
    assert result.data is None
    assert [error.path for error in result.errors][-1] == ["row", "away"]
    assert engine.planned.counts == {"planned": 1}


async def test_a_mutation_writes_once(engine: Engine) -> None:
    await run(engine, "mutation { write }")
    assert calls == ["write"]


async def test_arguments_are_those_of_each_request(engine: Engine) -> None:
    query = "query($n: Int!) { row { later(n: $n) five: later(n: 5) one: later } }"
    for number in (3, 4):
        assert (await run(engine, query, n=number)).data == {"row": {"later": number, "five": 5, "one": 1}}
    result = await run(engine, "query($n: Int = 1) { row { later(n: $n) } }", n=None)
    assert result.data == {"row": {"later": None}}
    assert [error.path for error in result.errors] == [["row", "later"]]


async def test_each_turn_of_the_conditions_has_its_plan_up_to_a_bound(engine: Engine) -> None:
    names = [f"c{index}" for index in range(5)]
    head = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: later @include(if: ${name})" for name in names)
    query = f"query({head}) {{ row {{ __typename {fields} }} }}"
    for number in [*range(32), 0]:
        wanted = {name: bool(number >> index & 1) for index, name in enumerate(names)}
        data = (await run(engine, query, **wanted)).data
        assert data == {"row": {"__typename": "Row", **{name: 1 for name in names if wanted[name]}}}
    assert engine.planned.counts == {"planned": 17, "unplanned": 16}
    prepared = engine.prepare(query, None)
    assert isinstance(prepared, Prepared)
    assert len(prepared.shelf.plans) == 16


async def test_the_plans_used_longest_ago_are_forgotten_when_there_is_too_much_code(engine: Engine) -> None:
    engine.planned = Planned(most_code=2_000)
    queries = [f"{{ row {{ later(n: {number}) }} }}" for number in range(10)]
    for query in queries:
        await run(engine, queries[0])
        await run(engine, query)
    prepared = [engine.prepare(query, None) for query in queries]
    kept = [bool(each.shelf.plans) for each in prepared if isinstance(each, Prepared)]
    assert (kept[0], kept[-1], kept[1]) == (True, True, False)
    assert 1 < sum(kept) < 5
    assert (await run(engine, queries[1])).data == {"row": {"later": 1}}

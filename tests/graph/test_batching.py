from collections.abc import Sequence
from typing import Any

import strawberry

from domain import registry
from domain.event import Actor, ActorType
from examples import T0
from graph.batching import batch_of, batched
from graph.definitions import field, list_of, nullable, object_type
from graph.execution import Engine, GraphQLRequest, Result
from graph.limits import Limits
from resolvers.context import Caller, Context

calls: list[list[int]] = []


@batched
async def tenfold(roots: Sequence[int], info: strawberry.Info[Any, Any], plus: int = 0) -> Any:
    calls.append(list(roots))
    return [10 * root + plus if root != 2 else ValueError("two") for root in roots]


@batched
async def away(roots: Sequence[int], info: strawberry.Info[Any, Any]) -> Any:
    raise TimeoutError


def numbers(count: int = 3) -> list[int]:
    return list(range(count))


NUMBER = object_type(
    "Number",
    "A number.",
    [
        field(tenfold, nullable(int), "Ten times.", name="tenfold"),
        field(away, nullable(int), "Nothing.", name="away"),
    ],
)
QUERY = object_type("Query", "Numbers.", [field(numbers, list_of(NUMBER), "Some.", name="numbers")])
ENGINE = Engine(strawberry.Schema(QUERY)._schema, Limits())


async def run(query: str) -> Result:
    calls.clear()
    caller = Caller(Actor("t", ActorType.HUMAN))
    log: Any = None
    return await ENGINE.execute(GraphQLRequest(query), Context(log, registry.builtin(), caller, lambda: T0, T0))


async def test_a_batched_field_is_resolved_once_for_all_of_its_parents() -> None:
    result = await run("{ numbers(count: 2) { tenfold } }")
    assert result == Result({"numbers": [{"tenfold": 0}, {"tenfold": 10}]}, [])
    assert calls == [[0, 1]]


async def test_it_takes_arguments_as_any_field_does() -> None:
    result = await run("{ numbers(count: 2) { a: tenfold(plus: 1) b: tenfold(plus: 2) } }")
    assert result.data == {"numbers": [{"a": 1, "b": 2}, {"a": 11, "b": 12}]}
    assert calls == [[0, 1], [0, 1]]


async def test_an_exception_in_the_place_of_an_answer_is_the_error_of_its_parent_alone() -> None:
    result = await run("{ numbers { tenfold } }")
    assert result.data == {"numbers": [{"tenfold": 0}, {"tenfold": 10}, {"tenfold": None}]}
    assert [error.path for error in result.errors] == [["numbers", 2, "tenfold"]]


async def test_an_exception_that_it_raises_is_the_error_of_all_of_its_parents() -> None:
    result = await run("{ numbers(count: 2) { away } }")
    assert result.data == {"numbers": [{"away": None}, {"away": None}]}
    assert [error.path for error in result.errors] == [["numbers", 0, "away"], ["numbers", 1, "away"]]


def test_what_answers_for_all_can_be_told_from_what_answers_for_one() -> None:
    batch = batch_of(tenfold)
    assert batch is not None
    assert batch.__name__ == "tenfold"
    assert batch_of(numbers) is None

"""Plans answer as graphql-core does: the same data, and the same errors at the same places."""

import gc
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import orjson
import pytest
from graphql import GraphQLError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import Api
from domain import registry
from domain.event import Actor, ActorType
from examples import T0
from graph.examples import Example, load_examples
from graph.execution import Engine, GraphQLRequest, PlainExecutor, Result
from graph.limits import Limits
from resolvers.context import Caller, Context
from worlds import Query, World

# graphql-core leaves the fields beside a null that goes up.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")


@pytest.fixture(autouse=True, scope="module")
def what_is_left_is_dropped_here() -> Iterator[None]:
    """And not when Python's collector comes by in another test, where the warning would count."""
    yield
    gc.collect()


def context() -> Context:
    log: Any = None
    return Context(log, registry.builtin(), Caller(Actor("t", ActorType.HUMAN)), lambda: T0, T0)


def same(error: GraphQLError) -> GraphQLError:
    return error


def engines(world: World) -> tuple[Engine, Engine]:
    return Engine(world.schema, Limits(), to_error=same), Engine(world.schema, Limits(), PlainExecutor, to_error=same)


def places(result: Result) -> set[Any]:
    """Each error where it put null. Which one of several did that above its own place is a race."""
    return {_place(result.data, error) for error in result.errors}


def _place(data: Any, error: GraphQLError) -> Any:
    path = error.path or []
    for length, key in enumerate(path):
        if data is None:
            return tuple(path[:length])
        data = data[key]
    return tuple(path), error.message, tuple(map(tuple, _locations(error)))


def _locations(error: GraphQLError) -> Iterable[Any]:
    return error.locations or ()


def ordered(value: Any) -> Any:
    """Equal only for the same keys in the same order and the same classes."""
    if isinstance(value, orjson.Fragment):  # an answer about the schema alone, written once
        return ordered(orjson.loads(orjson.dumps(value)))
    if isinstance(value, dict):
        return [(key, ordered(item)) for key, item in value.items()]
    return [ordered(item) for item in value] if isinstance(value, list) else (type(value), repr(value))


async def compare(seed: int, trouble: float) -> tuple[int, int]:
    """How many queries were valid, and how many of them a plan answered."""
    world = World(Random(seed), trouble)
    planned, plain = engines(world)
    valid = 0
    for number in range(3):
        query = Query(Random(f"{seed}/{number}"), world.schema)
        request = GraphQLRequest(query.text, query.variables)
        expected = await plain.execute(request, context())
        if not expected.executed:
            assert await planned.execute(request, context()) == expected
            continue
        valid += 1
        for _ in range(2):
            found = await planned.execute(request, context())
            assert ordered(found.data) == ordered(expected.data), query.text
            assert places(found) == places(expected), query.text
    return valid, planned.planned.counts["planned"]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), trouble=st.sampled_from([0.0, 0.02, 0.1]))
async def test_a_plan_answers_as_graphql_core(seed: int, trouble: float) -> None:
    await compare(seed, trouble)


async def test_most_random_queries_are_answered_by_a_plan() -> None:
    asked, planned = zip(*[await compare(seed, 0.0) for seed in range(3)], strict=True)
    assert sum(planned) > 0.9 * 2 * sum(asked) > 12


@pytest.mark.parametrize("example", load_examples(), ids=lambda example: example.title)
async def test_a_plan_answers_the_examples_as_graphql_core(demo: Api, example: Example) -> None:
    service = demo.service
    plain = Engine(service.engine.schema, Limits(), PlainExecutor)
    request, instant = GraphQLRequest(example.query), service.clock()
    if "mutation" in example.query or "subscription" in example.query:
        return

    def asked() -> Context:
        return Context(service.log, service.registry, Caller(Actor("t", ActorType.HUMAN)), service.clock, instant)

    before = service.engine.planned.counts["planned"]
    found, expected = await service.engine.execute(request, asked()), await plain.execute(request, asked())
    assert ordered(found.data) == ordered(expected.data)
    assert found.errors == expected.errors == []
    assert service.engine.planned.counts["planned"] == before + 1

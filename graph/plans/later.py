"""Fields that are resolved for all of their parents together: by one call where the field knows how, or one by one."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from graphql import ArgumentNode, GraphQLError, VariableNode, Visitor, visit
from graphql.execution.values import get_argument_values
from strawberry.execution import optimized_is_awaitable
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from graph.batching import Batch
from graph.plans.plan import Place, UnusualError

if TYPE_CHECKING:
    from graph.plans.run import Run

_UNCHANGING = (str, int, float, datetime, Enum)
Arguments = Callable[["Run"], dict[str, Any]]


class Later(Protocol):
    @property
    def complete(self) -> str:
        """The name of the generated function that puts the answers into the objects."""
        ...

    async def answers(self, sources: Sequence[Any], run: "Run") -> Sequence[Any]:
        """One for each source; an exception where there is none. Raises UnusualError for wrong arguments."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Batched:
    """A field with a function that answers for all parents."""

    complete: str
    place: Place
    field: StrawberryField
    batch: Batch
    arguments: Arguments

    async def answers(self, sources: Sequence[Any], run: "Run") -> Sequence[Any]:
        arguments = self.arguments(run)
        try:
            return await self.batch(sources, asked(self.place, self.field, run), **arguments)
        except Exception as error:  # noqa: BLE001 - it is the error of all of the parents
            return [error] * len(sources)


@dataclass(frozen=True, slots=True, eq=False)
class Single:
    """A field with a resolver for one parent. `call` gives its answer or an awaitable of it."""

    complete: str
    call: Callable[[Any, "Run", dict[str, Any]], Any]
    arguments: Arguments

    async def answers(self, sources: Sequence[Any], run: "Run") -> Sequence[Any]:
        arguments = self.arguments(run)
        return await _awaited([self._called(source, run, arguments) for source in sources])

    def _called(self, source: Any, run: "Run", arguments: dict[str, Any]) -> Any:
        try:
            return self.call(source, run, arguments)
        except Exception as error:  # noqa: BLE001 - it is the error of this parent
            return error


def resolver_call(place: Place, field: StrawberryField) -> Callable[[Any, "Run", dict[str, Any]], Any]:
    """Calls a function that Strawberry would call, as it would."""
    resolver: Any = field.base_resolver
    function, root, info = resolver.wrapped_func, resolver.root_parameter, resolver.info_parameter

    def call(source: Any, run: "Run", arguments: dict[str, Any]) -> Any:
        given = dict(arguments)
        if root is not None:
            given[root.name] = source
        if info is not None:
            given[info.name] = asked(place, field, run)
        return function(**given)

    return call


def graphql_call(place: Place) -> Callable[[Any, "Run", dict[str, Any]], Any]:
    """Calls whatever the schema has, as graphql-core would."""

    def call(source: Any, run: "Run", arguments: dict[str, Any]) -> Any:
        resolve = place.definition.resolve or run.executor.field_resolver
        return resolve(source, run.info(place), **arguments)

    return call


def asked(place: Place, field: StrawberryField, run: "Run") -> Any:
    """The `info` of a Strawberry resolver."""
    raw: Any = run.info(place)
    return raw.schema._strawberry_schema.config.info_class(_raw_info=raw, _field=field)


def graphql_arguments(place: Place) -> Arguments:
    """As graphql-core gives them to a resolver."""
    node = place.details[0].node

    def arguments(run: "Run") -> dict[str, Any]:
        if not place.definition.args and not node.arguments:
            return {}
        try:
            return get_argument_values(place.definition, node, run.executor.variable_values)
        except GraphQLError:
            raise UnusualError from None

    return arguments


def resolver_arguments(place: Place, field: StrawberryField) -> Arguments:
    """As Strawberry gives them to a resolver: by their Python names."""
    if not field.arguments:
        return lambda _: {}
    coerced = graphql_arguments(place)

    def arguments(run: "Run") -> dict[str, Any]:
        converter = run.executor.schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]
        registry, config = converter.scalar_registry, converter.config
        return convert_arguments(coerced(run), field.arguments, scalar_registry=registry, config=config)

    return _remembered(arguments) if _is_constant(place.details[0].node.arguments) else arguments


def _remembered(arguments: Arguments) -> Arguments:
    """The same for every run; only while nothing in them can be changed."""
    known: dict[str, Any] | None = None

    def remembered(run: "Run") -> dict[str, Any]:
        nonlocal known
        if known is not None:
            return known
        found = arguments(run)
        if all(value is None or isinstance(value, _UNCHANGING) for value in found.values()):
            known = found
        return found

    return remembered


def _is_constant(nodes: Iterable[ArgumentNode] | None) -> bool:
    finder = _VariableFinder()
    for node in nodes or ():
        visit(node, finder)
    return not finder.found


class _VariableFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, _: VariableNode, *__: Any) -> None:
        self.found = True


async def _awaited(answers: list[Any]) -> list[Any]:
    pending = [index for index, answer in enumerate(answers) if optimized_is_awaitable(answer)]
    if len(pending) == 1:
        answers[pending[0]] = await _outcome(answers[pending[0]])
    elif pending:
        outcomes = await asyncio.gather(*(_outcome(answers[index]) for index in pending))
        for index, outcome in zip(pending, outcomes, strict=True):
            answers[index] = outcome
    return answers


async def _outcome(answer: Any) -> Any:
    try:
        return await answer
    except Exception as error:  # noqa: BLE001 - it is the error of this parent
        return error

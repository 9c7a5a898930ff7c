"""How a resolved value becomes what the response shows: the usual value in generated code, any other one here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLLeafType, GraphQLObjectType, Undefined
from graphql.pyutils import is_iterable
from graphql.pyutils.is_awaitable import is_async_iterable
from strawberry.execution import optimized_is_awaitable

from graph.definitions import always
from graph.fitting import Fit
from graph.plans.plan import Place, UnusualError
from graph.plans.run import Run

Rest = Callable[[Any, Run], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Unusual:
    """Null, an error in the place of a value, or a value of a type not seen before; `rest` takes what is left."""

    place: Place
    required: bool
    fit: Fit | None
    rest: Rest

    def __call__(self, value: Any, run: Run) -> Any:
        if self.fit is not None:
            value = self.fit(value)
        if value is None or value is Undefined:
            if self.required:
                raise UnusualError
            return None
        if isinstance(value, Exception):
            return run.failed(value, self.place)
        if optimized_is_awaitable(value):
            _dispose(value)
            raise UnusualError
        return self.rest(value, run)


def leaf(type_: GraphQLLeafType, place: Place) -> Rest:
    def written(value: Any, run: Run) -> Any:
        try:
            shown = type_.coerce_output_value(value)
        except Exception as error:  # noqa: BLE001 - whatever a scalar raises is the error of its field
            return run.failed(error, place)
        if shown is None or shown is Undefined:
            raise UnusualError
        return shown

    return written


def items(complete: Callable[[Iterable[Any], Run], list[Any]]) -> Rest:
    def listed(value: Any, run: Run) -> list[Any]:
        if not is_iterable(value) or is_async_iterable(value):
            raise UnusualError
        return complete(list(value), run)

    return listed


def object_(type_: GraphQLObjectType, place: Place, seen: set[type], complete: Rest) -> Rest:
    """Notes the classes whose objects are of the type, so that the next ones come here no more."""

    def made(value: Any, run: Run) -> Any:
        if type_.is_type_of in (None, always):
            seen.add(type(value))
        elif not is_of(type_, value, place, run):
            raise UnusualError
        return complete(value, run)

    return made


def is_of(type_: GraphQLObjectType, value: Any, place: Place, run: Run) -> bool:
    if type_.is_type_of in (None, always):
        return True
    answer = type_.is_type_of(value, run.info(place))
    if optimized_is_awaitable(answer):
        _dispose(answer)
        return False
    return bool(answer)


def _dispose(awaitable: Any) -> None:
    """What is not awaited must be closed, or Python complains."""
    close = getattr(awaitable, "close", None) or getattr(awaitable, "cancel", None)
    if close is not None:
        close()

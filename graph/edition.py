"""An edition: a registry and the engine made of it. A service replaces them together, as one reference."""

from collections import Counter
from collections.abc import Iterable

from graphql import BreakingChange, GraphQLSchema

from domain.declaration import Declaration
from domain.registry import Registry
from graph import schema
from graph.execution import Engine
from graph.limits import Limits
from graph.naming import named


class Edition(Engine):
    """Whoever answers from it keeps it to the end of the request; then it is freed with all that it has cached."""

    def __init__(
        self, registry: Registry, made: GraphQLSchema, limits: Limits, counts: Counter[str] | None = None
    ) -> None:
        super().__init__(made, limits, counts=counts)
        self.registry = registry
        self.breaking: list[BreakingChange] = []
        """What it takes from clients of the edition that it was made to replace."""

    def __del__(self) -> None:
        if "schema" in vars(self):
            schema.take_apart(self.schema)

    def with_stored(self, stored: Iterable[Declaration]) -> "Edition":
        """Itself, now that what it was made of stands in the log. Before anybody has seen it."""
        self.registry = self.registry.with_applied(stored)
        return self


def edition(registry: Registry, limits: Limits, counts: Counter[str] | None = None) -> Edition:
    """`counts` is that of the editions before it.

    Raises InvalidManifest for a type that cannot be served beside the others.
    """
    registry = named(registry)
    return Edition(registry, schema.build(registry), limits, counts)

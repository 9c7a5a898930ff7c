"""An edition: a registry and the engine made of it. A service replaces them together, as one reference."""

from graphql import GraphQLSchema

from domain.registry import Registry
from graph import schema
from graph.execution import Engine
from graph.limits import Limits


class Edition(Engine):
    """Whoever answers from it keeps it to the end of the request; then it is freed with all that it has cached."""

    def __init__(self, registry: Registry, made: GraphQLSchema, limits: Limits) -> None:
        super().__init__(made, limits)
        self.registry = registry


def edition(registry: Registry, limits: Limits) -> Edition:
    """Raises InvalidManifest for a type that cannot be served beside the others."""
    return Edition(registry, schema.build(registry), limits)

from collections.abc import AsyncIterator

import pytest

from api import Api, running
from cli.demo import envelopes
from domain import instants
from domain.errors import DselError
from domain.event import Actor, ActorType
from resolvers import ingestion
from resolvers.context import Caller, Context, Right


@pytest.fixture(scope="session")
async def demo(mongodb_uri: str) -> AsyncIterator[Api]:
    """A service with the demo data and its aggregates. Tests only read from it, but for what the examples write."""
    async with running(mongodb_uri, clock=instants.system_clock()) as made:
        service = made.service
        caller = Caller(Actor("demo-loader", ActorType.SERVICE), frozenset(Right))
        context = Context(service.log, service.registry, caller, service.clock, service.clock())
        for batch in ingestion.batches(envelopes()):
            results = await ingestion.store(context, batch, imported=True)
            assert [each for each in results if isinstance(each, DselError)] == []
        await service.aggregator.rebuild()
        yield made

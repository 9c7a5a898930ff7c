from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from domain.entity import Entity
from examples import Hands, later
from repository import indexes
from repository.driver import Database, Driver, connect
from repository.mongo_event_log import MongoEventLog


@pytest.fixture(scope="module", params=list(Driver), ids=str)
async def database(request: pytest.FixtureRequest, mongodb_uri: str) -> AsyncIterator[Database]:
    """A database of the module's own, through each driver."""
    made = connect(mongodb_uri, f"test_{uuid4().hex}", request.param)
    await indexes.ensure(made)
    yield made
    await made.command({"dropDatabase": 1})
    await made.close()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def log(database: Database, clock: Hands) -> MongoEventLog:
    return MongoEventLog(database, clock)


@pytest.fixture
def app() -> str:
    """An app that no other test writes to."""
    return f"app-{uuid4().hex}"


@pytest.fixture
def vpc(app: str) -> Entity:
    return Entity("Artifact", app, "vpc")


@pytest.fixture
def other(database: Database) -> MongoEventLog:
    """A second process on the same database, whose clock is a second behind."""
    return MongoEventLog(database, Hands(later(-1000)))

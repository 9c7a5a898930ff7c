import os
import signal
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from api import Api, running
from repository.embedded import EmbeddedMongod

# Machines differ in speed. The fixtures of a module are shared by the examples of a test on purpose.
settings.register_profile(
    "dsel",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("dsel")

# A shell that starts the tests in the background has them ignore Ctrl-C, and so would every process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
async def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A replica set for the whole run: the one that DSEL_TEST_MONGODB_URI names, or one of our own."""
    if given := os.environ.get("DSEL_TEST_MONGODB_URI"):
        yield given
        return
    async with EmbeddedMongod(tmp_path_factory.mktemp("mongodb")) as mongod:
        yield mongod.uri


@pytest.fixture(scope="module")
async def api(mongodb_uri: str) -> AsyncIterator[Api]:
    """A service of the module's own; its clock stands still until a test moves it."""
    async with running(mongodb_uri) as made:
        yield made


@pytest.fixture
def app_id() -> str:
    """An app that no other test writes to."""
    return f"app-{uuid4().hex[:12]}"

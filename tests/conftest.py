import os
from collections.abc import AsyncIterator

import pytest

from repository.embedded import EmbeddedMongod


@pytest.fixture(scope="session")
async def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A replica set for the whole run: the one that DSEL_TEST_MONGODB_URI names, or one of our own."""
    if given := os.environ.get("DSEL_TEST_MONGODB_URI"):
        yield given
        return
    async with EmbeddedMongod(tmp_path_factory.mktemp("mongodb")) as mongod:
        yield mongod.uri

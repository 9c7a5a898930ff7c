from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from api import Api, running


@pytest.fixture(scope="module")
async def api(mongodb_uri: str) -> AsyncIterator[Api]:
    """A service of the module's own; its clock stands still until a test moves it."""
    async with running(mongodb_uri) as made:
        yield made


@pytest.fixture
def app_id() -> str:
    """An app that no other test writes to."""
    return f"app-{uuid4().hex[:12]}"

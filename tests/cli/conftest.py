from collections.abc import Iterator
from uuid import uuid4

import pytest

from ports import held
from serving import serving
from terminal import Shell


@pytest.fixture(scope="session")
def server(mongodb_uri: str) -> Iterator[str]:
    """The address of one service for all commands; each test writes to an app of its own."""
    with serving(mongodb_uri) as address:
        yield address


@pytest.fixture
def app_id() -> str:
    """An app that no other test writes to."""
    return f"app-{uuid4().hex[:12]}"


@pytest.fixture
def free_port() -> Iterator[int]:
    with held() as port:
        yield port


@pytest.fixture
def dsel(server: str, app_id: str, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The command, as Ann runs it in the test's own app."""
    state = tmp_path_factory.mktemp("state")
    return Shell(
        {"DSEL_SERVER": server, "DSEL_APP": app_id, "DSEL_ACTOR": "ann@example.com", "XDG_STATE_HOME": str(state)}
    )

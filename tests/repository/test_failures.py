"""MongoDB is there and fails: what is repeated in silence, and what is told."""

from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import pytest
from pymongo.errors import OperationFailure

from calls import CALLS, refused
from domain.entity import Entity
from examples import Hands, artifact, draft
from histories import ALWAYS, committed
from repository import indexes
from repository.driver import Driver, connect
from repository.embedded import EmbeddedMongod
from repository.event_log import Append, Appended
from repository.fields import STATE
from repository.mongo_event_log import MongoEventLog


@pytest.fixture(scope="module")
async def fragile_uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Of a mongod that fails when it is told to."""
    options = ("--setParameter", "enableTestCommands=1")
    async with EmbeddedMongod(tmp_path_factory.mktemp("fragile"), options=options) as mongod:
        yield mongod.uri


class Fragile:
    """A log on a mongod that can be told to fail."""

    def __init__(self, uri: str, driver: Driver) -> None:
        self._admin = connect(uri, "admin", driver)
        self.database = connect(uri, f"fragile_{driver}", driver, timeout=10)
        self.log = MongoEventLog(self.database, Hands())

    async def fail(self, command: str, times: int, how: Mapping[str, object]) -> None:
        data = {"failCommands": [command], **how}
        await self._admin.command({"configureFailPoint": "failCommand", "mode": {"times": times}, "data": data})

    async def heal(self) -> None:
        await self._admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    async def close(self) -> None:
        await self.heal()
        await self.database.close()
        await self._admin.close()


@pytest.fixture(params=list(Driver), ids=str)
async def fragile(request: pytest.FixtureRequest, fragile_uri: str) -> AsyncIterator[Fragile]:
    made = Fragile(fragile_uri, request.param)
    await indexes.ensure(made.database)
    yield made
    await made.close()


NOT_PRIMARY, BUSY, OUT_OF_TIME, FORBIDDEN = 10107, 365, 50, 13


@pytest.mark.parametrize("how", [{"closeConnection": True}, {"errorCode": NOT_PRIMARY}], ids=str)
async def test_one_stumble_is_not_noticed(fragile: Fragile, how: dict[str, object]) -> None:
    """A broken connection or an election: the driver repeats the call, and a write is still one event."""
    entity = Entity("Artifact", uuid4().hex, "vpc")
    labels = {"errorLabels": ["RetryableWriteError"]} if "errorCode" in how else {}
    await fragile.fail("insert", 1, how | labels)
    (event,) = committed(await fragile.log.append([Append(draft(entity, "Applied", artifact(entity)))]))
    await fragile.fail("find", 1, how)
    assert (await fragile.log.latest([entity.key], STATE))[entity.key].version == 1
    await fragile.fail("aggregate", 1, how)
    assert (await fragile.log.as_of([entity.key], ALWAYS, STATE))[entity.key].id == event.id


@pytest.mark.parametrize("code", [BUSY, OUT_OF_TIME])
@pytest.mark.parametrize("command", ["insert", "find", "aggregate"])
async def test_a_busy_server_is_told_as_away(fragile: Fragile, command: str, code: int) -> None:
    call = {"find": CALLS["find"], "aggregate": CALLS["aggregate"], "insert": CALLS["insert"]}[command]
    await fragile.fail(command, 10, {"errorCode": code})
    assert (await refused(call(fragile.database))).retryable
    await fragile.heal()
    await call(fragile.database)


async def test_a_write_that_no_majority_confirmed_is_not_acknowledged(fragile: Fragile) -> None:
    """It may be there or not; repeated with the same id it is one event."""
    entity = Entity("Artifact", uuid4().hex, "vpc")
    again = [Append(draft(entity, "Applied", artifact(entity), id=uuid4().hex))]
    await fragile.fail("insert", 1, {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}})
    await refused(fragile.log.append(again))
    (result,) = await fragile.log.append(again)
    assert isinstance(result, Appended)
    assert result.deduplicated
    assert result.event.version == 1


async def test_what_the_user_may_not_do_is_no_outage(fragile: Fragile) -> None:
    await fragile.fail("find", 1, {"errorCode": FORBIDDEN})
    with pytest.raises(OperationFailure):
        await CALLS["find"](fragile.database)

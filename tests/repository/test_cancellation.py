import asyncio

import pytest

from domain.errors import StoreUnavailable
from patience import PATIENCE
from repository.driver import Database, Driver, connect

TIMEOUT = 1.0
NOBODY = "mongodb://127.0.0.1:1/?replicaSet=nobody"


async def asked(database: Database) -> None:
    with pytest.raises(StoreUnavailable):
        await database.find("things", {})


@pytest.mark.parametrize("driver", list(Driver), ids=str)
async def test_calls_that_are_cancelled_over_and_over_while_mongodb_is_away_lock_nobody_out(driver: Driver) -> None:
    """A query whose fields fail together is cancelled from several sides; the next one is answered all the same."""
    database = connect(NOBODY, "things", driver, timeout=TIMEOUT)
    for _ in range(8):
        calls = [asyncio.create_task(asked(database)) for _ in range(4)]
        await asyncio.sleep(0.05)
        for _ in range(3):
            for call in calls:
                call.cancel()
            await asyncio.sleep(0)
        done, _ = await asyncio.wait(calls, timeout=PATIENCE)
        assert len(done) == len(calls)
    async with asyncio.timeout(PATIENCE):
        await asked(database)
        await database.close()

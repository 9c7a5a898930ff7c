"""MongoDB is away: nobody listens or answers, or the way is cut. Every call says so in time, and works afterwards."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from calls import CALLS, SHORT, Call, refused, watch, works
from domain.entity import Entity
from examples import Hands, artifact, draft
from histories import ALWAYS, recomputed, summary_of
from patience import PATIENCE
from ports import held
from proxy import Proxy
from repository import indexes
from repository.driver import Database, Driver, connect
from repository.event_log import Append, TimelinePage
from repository.fields import STATE
from repository.mongo_event_log import MongoEventLog


@pytest.fixture
def silent_uri() -> Iterator[str]:
    """Of a server that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"mongodb://127.0.0.1:{server.getsockname()[1]}/?directConnection=true"


@pytest.fixture
def closed_uri() -> Iterator[str]:
    """Of a port where nobody listens."""
    with held() as port:
        yield f"mongodb://127.0.0.1:{port}/?directConnection=true"


@pytest.fixture
async def proxy(mongodb_uri: str) -> AsyncIterator[Proxy]:
    async with Proxy(mongodb_uri) as made:
        yield made


@pytest.fixture(params=list(Driver), ids=str)
async def distant(request: pytest.FixtureRequest, proxy: Proxy, mongodb_uri: str) -> AsyncIterator[Database]:
    """A database behind the proxy."""
    name = f"distant_{uuid4().hex}"
    made = connect(proxy.uri, name, request.param, timeout=SHORT)
    yield made
    proxy.unblock()
    await made.close()
    near = connect(mongodb_uri, name)
    await near.command({"dropDatabase": 1})
    await near.close()


@pytest.mark.parametrize("driver", list(Driver))
@pytest.mark.parametrize("where", ["closed_uri", "silent_uri"])
async def test_a_mongodb_that_is_away_is_told_by_every_call_in_time(
    request: pytest.FixtureRequest, driver: Driver, where: str
) -> None:
    """Nobody listens, or somebody who says nothing."""
    database = connect(request.getfixturevalue(where), "away", driver, timeout=SHORT)
    calls: list[Call] = [*CALLS.values(), watch]
    refusals = await asyncio.gather(*(refused(call(database)) for call in calls))
    for refusal in refusals:
        assert refusal.retryable
        assert str(refusal) == "MongoDB does not answer"
        assert "same event id" in str(refusal.hint)
    await database.close()


async def test_an_answer_that_never_comes_ends_every_call_in_time(distant: Database, proxy: Proxy) -> None:
    """The connections stand, but nothing passes; afterwards everything works again."""
    await asyncio.gather(*(works(call, distant) for call in CALLS.values()))
    proxy.block()
    await asyncio.gather(*(refused(call(distant)) for call in CALLS.values()))
    proxy.unblock()
    await asyncio.gather(*(works(call, distant) for call in CALLS.values()))


async def test_to_close_does_not_hang_when_nothing_answers(distant: Database, proxy: Proxy) -> None:
    await works(CALLS["find"], distant)
    proxy.block()
    async with asyncio.timeout(PATIENCE):
        await distant.close()


async def test_a_mongodb_that_goes_away_and_comes_back_is_found_again(distant: Database, proxy: Proxy) -> None:
    await works(CALLS["find"], distant)
    await proxy.cut()
    await refused(CALLS["find"](distant))
    await refused(CALLS["insert"](distant))
    await proxy.listen()
    await works(CALLS["insert"], distant)


async def test_a_write_whose_answer_was_lost_is_repeated_without_harm(distant: Database, proxy: Proxy) -> None:
    """The whole log: nothing hangs, nothing acknowledged is lost, and the same id is one event."""
    await works(indexes.ensure, distant)
    log, vpc = MongoEventLog(distant, Hands()), Entity("Artifact", "09287", "vpc")
    first = [Append(draft(vpc, "Applied", artifact(vpc), id="first"))]
    await works(lambda _: log.append(first), distant)
    second = [Append(draft(vpc, "Applied", artifact(vpc, number=2), id="second"))]
    proxy.block()
    refusals = [log.append(second), log.latest([vpc.key], STATE), log.as_of([vpc.key], ALWAYS, STATE)]
    await asyncio.gather(*(refused(each) for each in refusals))
    proxy.unblock()
    await works(lambda _: log.append(second), distant)
    found = await works(lambda _: log.events([vpc.key], TimelinePage(10), ALWAYS, STATE), distant)
    assert [event.id for event in found[vpc.key]] == ["second", "first"]
    assert await works(lambda _: summary_of(log, vpc), distant) == await works(lambda _: recomputed(log, vpc), distant)

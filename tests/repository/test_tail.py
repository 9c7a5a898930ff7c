"""Subscribers of the log: whatever happens, they get each event once and in an order that no entity contradicts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from domain import instants, settling
from domain.entity import Entity
from domain.errors import InvalidCursor, SlowConsumer, StoreUnavailable
from domain.event import Event
from examples import artifact, draft
from histories import committed
from patience import PATIENCE
from proxy import Proxy
from repository import indexes
from repository.driver import Database, Driver, connect
from repository.embedded import EmbeddedMongod
from repository.event_log import Append, EventFilter
from repository.feed import Buffer, Feed, Wanted
from repository.mongo_event_log import MongoEventLog
from repository.positions import Committed, Position, Recorded
from repository.tail import Tail

BEGINNING = Recorded(datetime(2000, 1, 1, tzinfo=UTC))
SOON = timedelta(seconds=1) - settling.APART
"""An event settles a second after it was recorded, so that a test sees the log, the stream and the feed in turn."""
ALL = Wanted()


@dataclass
class Process:
    """One process of the service."""

    database: Database
    log: MongoEventLog
    feed: Feed
    tail: Tail
    written: list[Event] = field(default_factory=list)

    async def write(self, entity: Entity, number: int, back: timedelta | None = None) -> list[Event]:
        """An object and an act, together."""
        at = instants.system_clock()() - back if back is not None else None
        drafts = (
            draft(entity, state=artifact(entity, number=number), timestamp=at),
            draft(entity, "Scanned", spec={"n": number}),
        )
        events = committed(await self.log.append([Append(each) for each in drafts]))
        self.written += events
        return events


@asynccontextmanager
async def process(
    database: Database, buffer: Buffer | None = None, longest_write: timedelta = SOON
) -> AsyncIterator[Process]:
    clock = instants.system_clock()
    feed = Feed(database, buffer)
    yield Process(database, MongoEventLog(database, clock), feed, Tail(database, feed, clock, longest_write))
    await feed.close()


@pytest.fixture(scope="module")
async def database(mongodb_uri: str) -> AsyncIterator[Database]:
    made = connect(mongodb_uri, f"test_{uuid4().hex}")
    await indexes.ensure(made)
    yield made
    await made.command({"dropDatabase": 1})
    await made.close()


@pytest.fixture
async def one(database: Database) -> AsyncIterator[Process]:
    async with process(database) as made:
        yield made


@pytest.fixture(params=list(Driver), ids=str)
async def either(request: pytest.FixtureRequest, mongodb_uri: str, database: Database) -> AsyncIterator[Process]:
    """The same through each driver."""
    driven = connect(mongodb_uri, database.name, request.param)
    async with process(driven) as made:
        yield made
    await driven.close()


@dataclass
class Subscriber:
    """Takes entries into `events`. `every` ends it after so many and begins again from its last position."""

    tail: Tail
    position: Position
    wanted: Wanted = ALL
    every: int = 10**9
    events: list[Event] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)

    async def run(self) -> None:
        while True:
            taken = 0
            async with aclosing(self.tail.entries(self.position, self.wanted)) as entries:
                async for event, self.position in entries:
                    self.events.append(event)
                    self.positions.append(self.position)
                    taken += 1
                    if taken == self.every:
                        break

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.events]


@asynccontextmanager
async def running(*subscribers: Subscriber) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.run()) for each in subscribers]
    yield
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(result, asyncio.CancelledError), result


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - of whatever kind
            await asyncio.sleep(0.02)


async def taken(subscriber: Subscriber, events: Sequence[Event]) -> None:
    """All of the events have come, each once; then no other for a moment."""
    await until(lambda: len(subscriber.events) >= len(events))
    await asyncio.sleep(0.1)
    assert sorted(subscriber.ids) == sorted(event.id for event in events)


def in_order(events: Sequence[Event]) -> bool:
    versions: dict[Entity, list[int]] = {}
    for event in events:
        versions.setdefault(event.entity, []).append(event.version)
    return all(each == sorted(each) for each in versions.values())


async def test_each_event_comes_once_from_any_place_while_others_write_and_import(either: Process, app: str) -> None:
    """From the log, over a change stream, to the feed; also for one who comes back again and again."""
    start = Recorded(instants.system_clock()())
    entities = [Entity("Artifact", app, str(number)) for number in range(7)]
    is_writing = True

    async def write(writer: int) -> None:
        number = 0
        while is_writing:
            number += 1
            back = timedelta(days=3) if number % 5 == 0 else None
            await either.write(entities[(writer + number) % len(entities)], number, back)
            await asyncio.sleep(0.01)

    writers = [asyncio.create_task(write(number)) for number in range(4)]
    await until(lambda: len(either.written) > 100)
    await asyncio.sleep(1.5)
    scope = Wanted(EventFilter(app_ids=(app,)))
    steady, restless = Subscriber(either.tail, start, scope), Subscriber(either.tail, start, scope, every=37)
    since = instants.system_clock()() - timedelta(seconds=0.5)
    recent = Subscriber(either.tail, Recorded(since), scope)
    new = Subscriber(either.tail, await either.tail.now(), scope)
    async with running(steady, restless, recent, new):
        await until(lambda: either.feed.subscribers >= 3 and len(new.events) > 0)
        await asyncio.sleep(1.5)
        is_writing = False
        await asyncio.gather(*writers)
        await taken(steady, either.written)
        await taken(restless, either.written)
        await taken(recent, [each for each in either.written if each.recorded_at >= since])
        assert isinstance(recent.position, Committed)
        assert len(new.ids) == len(set(new.ids)) > 0
    assert all(map(in_order, (steady.events, restless.events, recent.events, new.events)))


async def test_the_positions_of_the_log_and_of_the_stream_lead_on_exactly(one: Process, app: str) -> None:
    entity = Entity("Artifact", app, "a")
    for number in range(3):
        await one.write(entity, number)
    await asyncio.sleep(3.2)  # settled, and far enough from now to be read from the log
    scope = Wanted(entity=entity)
    whole = Subscriber(one.tail, BEGINNING, scope)
    async with running(whole):
        await until(lambda: one.feed.subscribers == 1)
        for number in range(3):
            await one.write(entity, number)
        await taken(whole, one.written)
    assert [type(each) for each in whole.positions] == [Recorded] * 6 + [Committed] * 6
    rests = [Subscriber(one.tail, place, scope) for place in whole.positions]
    async with running(*rests):
        for number, rest in enumerate(rests, start=1):
            await taken(rest, one.written[number:])


async def test_one_change_stream_serves_all_subscribers(mongodb_uri: str, app: str) -> None:
    listener = _Streams()
    database = connect(mongodb_uri, f"test_{uuid4().hex}", listeners=[listener])
    await indexes.ensure(database)
    async with process(database) as made:
        scope = Wanted(EventFilter(app_ids=(app,)))
        subscribers = [Subscriber(made.tail, await made.tail.now(), scope) for _ in range(20)]
        async with running(*subscribers):
            await until(lambda: made.feed.subscribers == 20)
            events = await made.write(Entity("Artifact", app, "a"), 1)
            for each in subscribers:
                await taken(each, events)
            late = Subscriber(made.tail, subscribers[0].position, scope)
            async with running(late):
                more = await made.write(Entity("Artifact", app, "b"), 1)
                await taken(late, more)
        assert listener.opened == 1
    await database.command({"dropDatabase": 1})
    await database.close()


async def test_a_subscriber_gets_what_it_asks_for(one: Process, app: str) -> None:
    """By every condition, from the log and live alike."""
    a, b = Entity("Artifact", app, "a"), Entity("Config", app, "b")
    first = [*await one.write(a, 1), *await one.write(b, 1)]
    conditions = [
        Wanted(EventFilter(app_ids=(app,), types=("Config",))),
        Wanted(EventFilter(app_ids=(app,), actions=("Scanned",))),
        Wanted(EventFilter(app_ids=("nobody's",))),
        Wanted(EventFilter(app_ids=(app,), since=first[-1].timestamp + timedelta(seconds=1))),
        Wanted(entity=a),
    ]
    await asyncio.sleep(3.2)
    subscribers = [Subscriber(one.tail, BEGINNING, each) for each in conditions]
    async with running(*subscribers):
        await until(lambda: one.feed.subscribers == len(conditions))
        second = [*await one.write(a, 2), *await one.write(b, 2)]
        every = first + second
        await taken(subscribers[0], [each for each in every if each.entity == b])
        await taken(subscribers[1], [each for each in every if each.action == "Scanned"])
        await taken(subscribers[2], [])
        await taken(subscribers[3], second)
        await taken(subscribers[4], [each for each in every if each.entity == a])


async def test_who_takes_too_slowly_is_told_and_goes_on_from_its_last_position(database: Database, app: str) -> None:
    async with process(database, Buffer(events=10)) as made:
        entity = Entity("Artifact", app, "a")
        now = await made.tail.now()
        quick = Subscriber(made.tail, now, Wanted(entity=entity))
        entries = made.tail.entries(now, Wanted(entity=entity))
        waiting = asyncio.ensure_future(anext(entries))
        async with running(quick):
            await until(lambda: made.feed.subscribers == 2)
            for number in range(10):
                await made.write(entity, number)
                await until(lambda: len(quick.events) == len(made.written))
        got = [await waiting]
        with pytest.raises(SlowConsumer) as refusal:
            await _collect(entries, got)
        assert refusal.value.retryable
        assert [event.id for event, _ in got] == [event.id for event in made.written[: len(got)]]
        rest = Subscriber(made.tail, got[-1][1], Wanted(entity=entity))
        async with running(rest):
            await taken(rest, made.written[len(got) :])


async def test_a_large_event_fits_alone_into_a_full_queue(database: Database, app: str) -> None:
    async with process(database, Buffer(bytes=10)) as made:
        entity = Entity("Artifact", app, "a")
        entries = made.tail.entries(await made.tail.now(), Wanted(entity=entity))
        waiting = asyncio.ensure_future(anext(entries))
        await until(lambda: made.feed.subscribers == 1)
        [event] = committed(await made.log.append([Append(draft(entity))]))
        assert (await waiting)[0].id == event.id
        await entries.aclose()


async def test_a_collection_that_is_renamed_and_renamed_back_ends_no_subscription(mongodb_uri: str, app: str) -> None:
    """MongoDB ends every change stream on it."""
    database = connect(mongodb_uri, f"test_{uuid4().hex}")
    await indexes.ensure(database)
    async with process(database) as made:
        scope = Wanted(EventFilter(app_ids=(app,)))
        steady = Subscriber(made.tail, await made.tail.now(), scope)
        async with running(steady):
            await until(lambda: made.feed.subscribers == 1)
            await made.write(Entity("Artifact", app, "a"), 1)
            await _rename(database, mongodb_uri)
            await made.write(Entity("Artifact", app, "a"), 2)
            await taken(steady, made.written)
            late = Subscriber(made.tail, BEGINNING, scope)
            async with running(late):
                await taken(late, made.written)
    await database.command({"dropDatabase": 1})
    await database.close()


@pytest.mark.parametrize("driver", list(Driver))
async def test_who_lost_its_place_in_the_stream_goes_on_from_the_log(forgetful: str, driver: Driver, app: str) -> None:
    """Nothing is left out and nothing comes again, for it is known what was given last."""
    database = connect(forgetful, f"test_{uuid4().hex}", driver)
    await indexes.ensure(database)
    async with process(database) as made:
        entity, scope = Entity("Artifact", app, "a"), Wanted(EventFilter(app_ids=(app,)))
        steady = Subscriber(made.tail, await made.tail.now(), scope)
        idle = Subscriber(made.tail, await made.tail.now(), Wanted(entity=Entity("Artifact", app, "b")))
        async with running(steady, idle):
            await until(lambda: made.feed.subscribers == 2)
            await made.write(entity, 1)
            await taken(steady, made.written)
            await _forget(forgetful)
            await made.write(entity, 2)
            await made.write(Entity("Artifact", app, "b"), 1)
            await taken(steady, made.written)
            await taken(idle, made.written[-2:])
    await database.close()


async def test_a_cursor_that_the_stream_does_not_reach_is_answered_from_the_log(one: Process, app: str) -> None:
    """Nothing is left out. What was recorded within seconds of the cursor may come again."""
    scope = Wanted(EventFilter(app_ids=(app,)))
    first = Subscriber(one.tail, await one.tail.now(), scope)
    async with running(first):
        await until(lambda: one.feed.subscribers == 1)
        events = await one.write(Entity("Artifact", app, "a"), 1)
        await taken(first, events)
    assert isinstance(first.position, Committed)
    ancient = f"{first.position.token[:2]}00000002{first.position.token[10:]}"
    async with process(one.database) as other:
        late = Subscriber(other.tail, Committed(ancient), scope)
        async with running(late):
            await taken(late, events)


@pytest.mark.parametrize(
    "token", ["", "82", "no token", "82FFFFFFFF000000012B0229296E04", "8265000000000000012B042C01"]
)
async def test_a_cursor_that_names_no_place_is_refused(one: Process, token: str) -> None:
    with pytest.raises(InvalidCursor):
        async with asyncio.timeout(PATIENCE):
            await anext(one.tail.entries(Committed(token), ALL))


@pytest.mark.parametrize("driver", list(Driver))
async def test_subscribers_outlive_an_outage(mongodb_uri: str, driver: Driver, app: str) -> None:
    """While MongoDB is away nobody can begin; who has begun misses nothing of what others wrote meanwhile."""
    near = connect(mongodb_uri, f"test_{uuid4().hex}")
    await indexes.ensure(near)
    async with Proxy(mongodb_uri) as proxy, process(near) as writer:
        far = connect(proxy.uri, near.name, driver, timeout=3)
        async with process(far) as made:
            scope = Wanted(EventFilter(app_ids=(app,)))
            steady = Subscriber(made.tail, await made.tail.now(), scope)
            async with running(steady):
                await until(lambda: made.feed.subscribers == 1)
                await proxy.cut()
                await writer.write(Entity("Artifact", app, "a"), 1)
                async with process(far) as other:
                    with pytest.raises(StoreUnavailable):
                        await anext(other.tail.entries(steady.position, scope))
                await proxy.listen()
                await taken(steady, writer.written)
        await far.close()
    await near.command({"dropDatabase": 1})
    await near.close()


@pytest.fixture(scope="module")
async def forgetful(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A MongoDB that can be told to fail."""
    options = ("--setParameter", "enableTestCommands=1")
    async with EmbeddedMongod(tmp_path_factory.mktemp("forgetful"), options=options) as mongod:
        yield mongod.uri


async def _forget(uri: str) -> None:
    """The next read of every change stream finds that its place is no longer in the oplog."""
    failure = {"failCommands": ["getMore"], "errorCode": 286, "errorLabels": ["NonResumableChangeStreamError"]}
    async with AsyncMongoClient[dict[str, Any]](uri) as client:
        await client.admin.command({"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": failure})


async def _collect(entries: AsyncIterator[tuple[Event, Position]], into: list[tuple[Event, Position]]) -> None:
    async for each in entries:
        into.append(each)  # noqa: PERF401 - until it raises


async def _rename(database: Database, uri: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](uri) as client:
        await client[database.name]["events"].rename("elsewhere")
        await client[database.name]["elsewhere"].rename("events")


class _Streams(CommandListener):
    """How many change streams were opened."""

    def __init__(self) -> None:
        self.opened = 0

    def started(self, event: CommandStartedEvent) -> None:
        pipeline = event.command.get("pipeline", [])
        self.opened += any("$changeStream" in stage for stage in pipeline)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to note."""

"""Aggregates in the log: stored once however often and by whomever they are folded, and verified against the log."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import aggregate as aggregates
from domain import instants, registry
from domain.entity import Entity
from domain.errors import DselError, UnknownType
from domain.event import Document, Event, Phase
from domain.instants import write
from examples import JOHN, PIPELINE, T0, Hands, draft, later
from histories import ALWAYS, Step, committed, play, steps
from patience import PATIENCE
from real_history import FOLDER, envelope, rows
from repository import indexes
from repository.aggregator import Aggregator, Drift, Problem
from repository.driver import Database, connect
from repository.event_log import Append, TimelinePage
from repository.fields import WHOLE
from repository.follower import Aggregates, Follower
from repository.mongo_event_log import MongoEventLog
from resolvers import ingestion
from resolvers.context import Caller, Context, Right

APP, RUN = "11418", "run-1"
CHECKOUT = Entity("Deployment", APP, "checkout")
STATUS = Entity("ExecutionStatusAggregate", APP, RUN)
DAY = Entity("DailyActivityAggregate", APP, T0.date().isoformat())
USAGE = Entity("ArtifactUsageAggregate", APP, "shop")


@pytest.fixture
async def database(mongodb_uri: str) -> AsyncIterator[Database]:
    """One of the test's own: verifying looks at everything."""
    made = connect(mongodb_uri, f"test_{uuid4().hex}")
    await indexes.ensure(made)
    yield made
    await made.command({"dropDatabase": 1})
    await made.close()


@pytest.fixture
def clock() -> Hands:
    return Hands(later(1000))


@pytest.fixture
def log(database: Database, clock: Hands) -> MongoEventLog:
    return MongoEventLog(database, clock)


@pytest.fixture
def aggregator(database: Database, log: MongoEventLog) -> Aggregator:
    return Aggregator(database, log)


def deployment(phase: str, version: str = "1.0.0") -> Document:
    spec = {"artifact": {"name": "shop"}, "version": version, "environment": "production"}
    return {
        "kind": "Deployment",
        "meta": {"name": "checkout"},
        "spec": spec,
        "status": {"phase": phase, "message": phase},
    }


async def happen(log: MongoEventLog, action: str, milliseconds: float | None = None, **fields: Any) -> Event:
    """An event of the run; a state with a phase when `phase` is given."""
    state = deployment(fields.pop("phase"), fields.pop("version", "1.0.0")) if "phase" in fields else None
    at = later(milliseconds) if milliseconds is not None else None
    made = draft(CHECKOUT, action, state, execution_id=RUN, timestamp=at, state_key="deployment", **fields)
    [event] = committed(await log.append([Append(made)]))
    return event


async def told(log: MongoEventLog, entity: Entity) -> list[Event]:
    """What the log says of an aggregate, from old to new."""
    found = await log.events([entity.key], TimelinePage(100), ALWAYS, WHOLE)
    return sorted(found.get(entity.key, []), key=lambda event: event.version)


def spec_of(event: Event) -> Document:
    assert event.state is not None
    spec: Document = event.state["spec"]
    return spec


async def drifts(aggregator: Aggregator, *types: str) -> list[Drift]:
    return [each async for each in aggregator.verify(types) if each is not None]


async def test_a_run_is_told_with_its_phase_times_approvals_errors_and_references(
    log: MongoEventLog, aggregator: Aggregator
) -> None:
    events = [
        await happen(log, "Apply", 0, actor=JOHN, phase="PENDING"),
        await happen(log, "Approved", 10, actor=PIPELINE, spec={"metadata": {"approvedBy": ["alice@example.com"]}}),
        await happen(log, "Started", 20, phase="RUNNING"),
        await happen(log, "Failed", 30, phase="FAILED"),
        await happen(log, "Scanned", 35),
        await happen(log, "Completed", 40, phase="COMPLETED", version="1.0.1"),
    ]
    assert await aggregator.refresh(aggregator.touched(events)) == 3
    [status], [day], [usage] = await told(log, STATUS), await told(log, DAY), await told(log, USAGE)
    assert (status.kind, status.action, status.phase.value, status.stateful) == (
        "ExecutionStatusAggregate",
        "Aggregated",
        "OUTCOME",
        True,
    )
    assert (status.timestamp, status.version) == (events[-1].timestamp, 1)
    assert spec_of(status) == {
        "phase": "COMPLETED",
        "startedAt": write(T0),
        "updatedAt": write(later(40)),
        "finishedAt": write(later(40)),
        "triggeredBy": {"id": JOHN.id, "type": "HUMAN"},
        "approvedBy": ["alice@example.com", PIPELINE.id],
        "counts": [
            {"kind": f"Deployment{action}Event", "count": 1}
            for action in ("Apply", "Approved", "Completed", "Failed", "Scanned", "Started")
        ],
        "failures": 1,
        "errors": [
            {
                "eventId": events[3].id,
                "kind": "DeploymentFailedEvent",
                "type": "Deployment",
                "name": "checkout",
                "timestamp": write(later(30)),
                "message": "FAILED",
            }
        ],
        "entities": 1,
        "references": [{"type": "Deployment", "name": "checkout"}],
        "folded": {
            "events": 6,
            "lastEventId": events[-1].id,
            "until": write(later(40)),
            "recordedAt": write(later(1000)),
        },
    }
    assert (spec_of(day)["outcomes"], spec_of(day)["intents"], spec_of(day)["failures"]) == (5, 1, 1)
    assert spec_of(usage)["versions"] == [{"version": "1.0.1", "count": 1}]
    assert spec_of(usage)["environments"] == [{"environment": "production", "count": 1}]
    assert await drifts(aggregator) == []


async def test_to_fold_again_changes_nothing_and_one_that_grew_has_a_timeline(
    database: Database, log: MongoEventLog, aggregator: Aggregator
) -> None:
    first = await happen(log, "Started", 0, phase="RUNNING")
    assert await aggregator.refresh(aggregator.touched([first])) == 3
    assert await aggregator.refresh(aggregator.touched([first])) == 0
    assert await Aggregator(database, log).refresh(aggregator.touched([first])) == 0  # another process, or a restart
    second = await happen(log, "Completed", 20, phase="COMPLETED")
    assert await aggregator.refresh(aggregator.touched([second])) == 3
    assert [spec_of(event)["phase"] for event in await told(log, STATUS)] == ["RUNNING", "COMPLETED"]
    before = ALWAYS.__class__(later(10), ALWAYS.known_at)
    assert spec_of((await log.as_of([STATUS.key], before, WHOLE))[STATUS.key])["phase"] == "RUNNING"


async def test_what_comes_late_is_a_correction(log: MongoEventLog, aggregator: Aggregator, clock: Hands) -> None:
    """It is the same to the byte as if the event had come in time; what was known before stays known."""
    one = await happen(log, "Started", 10, phase="RUNNING")
    two = await happen(log, "Completed", 30, phase="COMPLETED")
    await aggregator.refresh(aggregator.touched([one, two]))
    known = clock.at
    clock.move(1000)
    late = [await happen(log, "Approved", 5, actor=JOHN), await happen(log, "Failed", 20, phase="FAILED")]
    assert await aggregator.refresh(aggregator.touched(late)) == 3
    before, after = await told(log, STATUS)
    assert before.timestamp == after.timestamp == later(30)
    assert (spec_of(before)["failures"], spec_of(after)["failures"]) == (0, 1)
    assert (spec_of(after)["phase"], spec_of(after)["approvedBy"]) == ("COMPLETED", [JOHN.id])
    assert (await log.as_of([STATUS.key], ALWAYS.__class__(known, known), WHOLE))[STATUS.key] == before
    assert await drifts(aggregator) == []


async def test_any_number_of_workers_append_each_aggregate_once(
    database: Database, log: MongoEventLog, clock: Hands
) -> None:
    workers = [Aggregator(database, MongoEventLog(database, clock)) for _ in range(4)]
    for number in range(10):
        events = [await happen(log, "Started", number, phase="RUNNING"), await happen(log, "Scanned", number)]
        await asyncio.gather(*(each.refresh(each.touched(events)) for each in workers))
    history = await told(log, STATUS)
    assert [spec_of(event)["folded"]["events"] for event in history] == list(range(2, 21, 2))
    assert [event.version for event in history] == list(range(1, 11))
    assert await drifts(workers[0]) == []


@settings(max_examples=15)
@given(steps=steps(), who=st.lists(st.integers(0, 2), min_size=4, max_size=4))
async def test_on_random_histories_no_aggregate_drifts_whoever_folds_it(
    database: Database, steps: list[Step], who: list[int]
) -> None:
    """Late events, deletes and imports come to two workers who follow the log: at once, or one behind the other."""
    clock, app = Hands(), f"app-{uuid4().hex}"
    log = MongoEventLog(database, clock)
    one, other = (Aggregator(database, MongoEventLog(database, Hands(later(10_000)))) for _ in range(2))
    events: list[Event] = []
    taken = {one: 0, other: 0}

    async def follow(worker: Aggregator) -> None:
        new, taken[worker] = events[taken[worker] :], len(events)
        await worker.refresh(worker.touched(reversed(new)))

    for step, by in zip(steps, who, strict=False):
        events += (await play(log, clock, app, [step])).events
        await asyncio.gather(*map(follow, ((one, other), (one,), (other, one))[by]))
    await asyncio.gather(follow(one), follow(other))
    assert [each for each in await drifts(one) if each.entity.app_id == app] == []
    told_of_day = spec_of((await told(log, Entity(DAY.type, app, DAY.name)))[-1])
    assert told_of_day["outcomes"] + told_of_day["intents"] == len(events)
    assert told_of_day["outcomes"] == sum(event.phase is Phase.OUTCOME for event in events)
    assert {each["kind"]: each["count"] for each in told_of_day["kinds"]} == Counter(event.kind for event in events)
    assert told_of_day["entities"] == len({event.entity for event in events})


async def test_drift_is_reported_and_rebuilt(database: Database, log: MongoEventLog, aggregator: Aggregator) -> None:
    event = await happen(log, "Started", 0, phase="RUNNING")
    assert {each.problem for each in await drifts(aggregator)} == {Problem.MISSING}
    assert await aggregator.rebuild(["ExecutionStatusAggregate", "ArtifactUsageAggregate"]) == 2
    assert await drifts(aggregator) == [Drift(DAY, Problem.MISSING)]
    await aggregator.rebuild()

    [status] = await told(log, STATUS)
    forged = {**(status.state or {}), "spec": {**spec_of(status), "phase": "COMPLETED"}}
    await _append(log, STATUS, forged, event)
    unfounded = Entity(STATUS.type, APP, "no-run")
    await _append(log, unfounded, forged, event)
    await happen(log, "Scanned", 0)
    assert sorted(await drifts(aggregator), key=str) == sorted(
        [
            Drift(STATUS, Problem.BEHIND),
            Drift(DAY, Problem.BEHIND),
            Drift(unfounded, Problem.UNFOUNDED),
        ],
        key=str,
    )
    assert await aggregator.rebuild() == 2
    assert await drifts(aggregator) == [Drift(unfounded, Problem.UNFOUNDED)]
    [status] = (await told(log, STATUS))[-1:]
    await _append(log, STATUS, {**(status.state or {}), "spec": {**spec_of(status), "phase": "FAILED"}}, event)
    assert Drift(STATUS, Problem.DIFFERENT) in await drifts(aggregator)


async def test_no_aggregate_is_folded_into_another(log: MongoEventLog, aggregator: Aggregator) -> None:
    event = await happen(log, "Started", 0, phase="RUNNING")
    await aggregator.refresh(aggregator.touched([event]))
    made = [*await told(log, STATUS), *await told(log, DAY), *await told(log, USAGE)]
    assert len(made) == 3
    assert aggregator.touched(made) == {}
    assert await drifts(aggregator) == []


async def test_what_else_is_told_of_an_aggregate_does_not_count(database: Database, log: MongoEventLog) -> None:
    async def enrich(document: Document) -> Document:
        return {"dashboard": f"https://dashboards.example/{document['meta']['name']}"}

    enriching = Aggregator(database, log, enrich=enrich)
    event = await happen(log, "Started", 0, phase="RUNNING")
    await enriching.refresh(enriching.touched([event]))
    [status] = await told(log, STATUS)
    assert status.spec == {"enrichment": {"dashboard": "https://dashboards.example/run-1"}}
    assert await drifts(enriching) == []
    assert await Aggregator(database, log).refresh(enriching.touched([event])) == 0


async def test_the_follower_keeps_aggregates_up_and_goes_on_after_a_stop(
    database: Database, log: MongoEventLog
) -> None:
    """What happened while nobody followed is folded too: before the first start, and between two."""
    aggregator = Aggregator(database, log)
    await happen(log, "Apply", 0, phase="PENDING")
    for number, action in enumerate(("Started", "Completed")):
        following = asyncio.create_task(Follower(database, Aggregates(aggregator)).run())
        await _until_folded(log, 2 * number + 1)
        await happen(log, action, number + 1, phase="RUNNING")
        await _until_folded(log, 2 * number + 2)
        following.cancel()
        await asyncio.wait([following])
        await happen(log, "Scanned", number + 1)
    assert [each.problem for each in await drifts(aggregator)] == [Problem.BEHIND, Problem.BEHIND]
    await aggregator.rebuild()
    assert await drifts(aggregator) == []


@pytest.mark.skipif(
    not (FOLDER / "gitops-sample.ndjson.gz").exists(), reason="the real history does not lie beside the checkout"
)
async def test_the_aggregates_of_a_real_history_are_what_its_events_make_of_them(
    database: Database, clock: Hands
) -> None:
    """Folded in parts as they come, then from the log in one pass; imported in another order than they took effect."""
    system = instants.system_clock()
    log = MongoEventLog(database, system)
    aggregator = Aggregator(database, log)
    caller = Caller(PIPELINE, frozenset(Right))
    context = Context(log, registry.builtin(), caller, system, system())
    taken = [envelope(row) for row in rows("gitops-sample")][:1500]
    for each in taken:
        each["meta"]["executionId"] = f"push-{each['spec']['metadata']['gitCommit'][:8]}"
        each["meta"]["appId"] = "platform"
    taken = [*taken[::2], *taken[1::2]]
    for batch in ingestion.batches(taken, 250):
        stored = [
            each for each in await ingestion.store(context, batch, imported=True) if not isinstance(each, DselError)
        ]
        await aggregator.refresh(aggregator.touched(each.event for each in stored))
    checked = [each async for each in aggregator.verify()]
    assert len(checked) > 100
    assert set(checked) == {None}


async def test_a_type_that_is_no_aggregate_is_refused(aggregator: Aggregator) -> None:
    with pytest.raises(UnknownType, match="'Deployment' is no aggregate"):
        aggregator.known(["Deployment"])


async def _append(log: MongoEventLog, entity: Entity, document: Document, event: Event) -> None:
    committed(await log.append([Append(aggregates.draft(entity, document, event.timestamp))]))


async def _until_folded(log: MongoEventLog, events: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            history = await told(log, STATUS)
            if history and spec_of(history[-1])["folded"]["events"] >= events:
                return
            await asyncio.sleep(0.05)

"""The plan of each read on MongoDB: which index, how many keys, and that nothing grows with the length of history."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import bson
import pytest
from bson.raw_bson import RawBSONDocument

from domain.entity import Entity
from domain.event import Draft, Event, Phase
from domain.labels import parse
from domain.ordering import Position
from examples import JOHN, PIPELINE, Hands, artifact, draft, later
from plans import Plan, Reads, explain
from repository import indexes, latest
from repository.documents import EVENTS, event_document
from repository.driver import Database, Driver, connect
from repository.event_log import ActFilter, Append, EntityFilter, EntityPage, EventFilter, Moment, Order, TimelinePage
from repository.fields import HEADER, STATE, WHOLE, Fields
from repository.mongo_event_log import MongoEventLog

ENTITIES, SHORT, LONG = 50, 20, 200
VERSION_ONLY = Fields(state=frozenset({("spec", "version")}))
KEYS = [Entity("Artifact", f"app-{number % 5}", f"{number:02}").key for number in range(ENTITIES)]
END = later(LONG * 1000)
NOW = Moment(END, END)
MIDDLE = later(LONG * 1000 - 10_000 + 1)  # in the middle of a short history, too
EARLY = {SHORT: later((LONG - SHORT + 8) * 1000), LONG: later(8_000)}
RARE = "ArtifactAuditedEvent"

Read = Callable[[MongoEventLog], Awaitable[object]]


def written(entity: Entity, number: int, version: int) -> Draft:
    """Every fifth an intent, every seventh an act without state, one audited; some backdated by a minute."""
    action = "Apply" if number % 5 == 1 else "Audited" if version == 3 else "Applied"
    labels = {"team": "platform" if int(entity.name) % 2 else "web", "tier": str(int(entity.name) % 3)}
    labels |= {"rare": "yes"} if entity.name in ("07", "23") else {}
    return draft(
        entity,
        action,
        None if number % 7 == 2 else artifact(entity, labels=labels, version=str(number)),
        timestamp=later(number * 1000 - (60_000 if number % 10 == 4 else 0)),
        actor=PIPELINE if version == 5 else JOHN,
        execution_id=f"run-{number // 10}" if number % 2 else None,
        correlation_id=f"req-{entity.name}-{number // 2}" if number % 3 else None,
    )


async def fill(database: Database, length: int) -> None:
    """Histories that end at the same time, written past the log because that takes a tenth of the time."""
    for key in KEYS:
        entity = Entity(*key.split("/"))
        newest, documents = later(0), []
        for version, number in enumerate(range(LONG - length, LONG), start=1):
            made = written(entity, number, version)
            assert made.timestamp is not None
            newest = max(newest, made.timestamp)
            event = made.recorded(str(uuid4()), version, made.timestamp, later(number * 1000))
            documents.append(RawBSONDocument(bson.encode(event_document(event, made.digest, newest))))
        await database.insert(EVENTS, documents)
    await latest.repair_all(database)
    retired = [Entity("Retired", "app-1", f"{number:02}") for number in range(60)]
    log = MongoEventLog(database, Hands())
    await log.append([Append(draft(each, "Deleted", artifact(each))) for each in retired])
    await log.append([Append(draft(each, "Applied", artifact(each))) for each in retired[::20]])


class Measured:
    """A filled database and the plans of what is asked of it."""

    def __init__(self, uri: str) -> None:
        self._reads = Reads()
        self.database = connect(uri, f"plans_{uuid4().hex}", Driver.PYMONGO, listeners=[self._reads])

    async def plans(self, read: Read) -> list[Plan]:
        self._reads.take()
        assert await read(MongoEventLog(self.database, Hands(END)))
        return [await explain(self.database, command) for command in self._reads.take()]

    async def plan(self, read: Read) -> Plan:
        (plan,) = await self.plans(read)
        return plan


@pytest.fixture(scope="module")
async def measured(mongodb_uri: str) -> AsyncIterator[dict[int, Measured]]:
    """By the length of the history of each entity."""
    made = {length: Measured(mongodb_uri) for length in (SHORT, LONG)}
    for length, each in made.items():
        await indexes.ensure(each.database)
        await fill(each.database, length)
    yield made
    for each in made.values():
        await each.database.command({"dropDatabase": 1})
        await each.database.close()


def test_this_file_knows_every_index_of_the_log() -> None:
    named = {index.document["name"] for index in indexes.INDEXES[EVENTS]}
    assert named == {
        *"order state timeline entityFacet actorType acts facet appActs appFacet actorActs actorFacet appActor".split(),
        *"executionActs correlationActs words recorded use".split(),
    }


SKIP_SCANS: dict[str, tuple[str, Read]] = {
    "as of, some fields": ("state", lambda log: log.as_of(KEYS, replace(NOW, at=MIDDLE), VERSION_ONLY)),
    "as of, whole": ("state", lambda log: log.as_of(KEYS, replace(NOW, at=MIDDLE), WHOLE)),
    "as of now": ("state", lambda log: log.as_of(KEYS, NOW, STATE)),
    "as of and known at the same time": ("state", lambda log: log.as_of(KEYS, Moment(MIDDLE, MIDDLE), STATE)),
    "every entity of an app": ("state", lambda log: log.states("Artifact", "app-1", replace(NOW, at=MIDDLE), STATE)),
    "known earlier": ("state", lambda log: log.as_of(KEYS, Moment(END, MIDDLE), STATE)),
    "last events": ("timeline", lambda log: log.last_events(KEYS, replace(NOW, at=MIDDLE))),
    "last events now": ("timeline", lambda log: log.last_events(KEYS, NOW)),
    "first events": ("timeline", lambda log: log.first_events(KEYS, NOW)),
    "first events long ago": ("timeline", lambda log: log.first_events(KEYS, replace(NOW, at=MIDDLE))),
    "last services": ("actorType", lambda log: log.last_events(KEYS, NOW, ActFilter(PIPELINE.type))),
    "first services": ("actorType", lambda log: log.first_events(KEYS, NOW, ActFilter(PIPELINE.type))),
    "last humans": ("actorType", lambda log: log.last_events(KEYS, replace(NOW, at=MIDDLE), ActFilter(JOHN.type))),
    "heads": ("order", lambda log: log.append([Append(draft(Entity(*key.split("/")), "Apply")) for key in KEYS])),
}


@pytest.mark.parametrize("name", SKIP_SCANS)
async def test_the_newest_of_each_entity_is_found_by_a_skip_scan(measured: dict[int, Measured], name: str) -> None:
    """Two keys for each entity at most, and the document of the answer alone, however long the history is."""
    index, read = SKIP_SCANS[name]
    for each in measured.values():
        plan = (await each.plans(read))[0]
        assert "DISTINCT_SCAN" in plan.stages
        assert plan.indexes == {index}
        assert plan.streams
        assert plan.keys <= 2 * ENTITIES
        assert plan.documents <= ENTITIES


@pytest.mark.parametrize("kind", ["ArtifactAppliedEvent", RARE])
async def test_the_last_act_of_some_kinds_is_a_skip_scan_for_each_facet(
    measured: dict[int, Measured], kind: str
) -> None:
    """One call lists the facets of the type; one scans each that fits, and what has none."""
    for each in measured.values():
        plans = await each.plans(lambda log: log.last_events(KEYS, NOW, ActFilter(kinds=(kind,))))
        assert plans[0].indexes == {"facet"}
        assert {index for plan in plans[1:] for index in plan.indexes} == {"entityFacet"}
        assert len(plans) == 2
        assert plans[1].keys <= 3 * 2 * ENTITIES
        assert plans[1].documents <= 2 * ENTITIES
        assert all("DISTINCT_SCAN" in plan.stages and not plan.collection_scans for plan in plans)


def after(version: int) -> tuple[datetime, int]:
    return MIDDLE, version


async def _states(log: MongoEventLog, at: datetime) -> list[Event]:
    return list((await log.as_of(KEYS, replace(NOW, at=at), HEADER)).values())


LOOK_UPS: dict[str, tuple[str, int, Read]] = {
    "a page": ("timeline", 6, lambda log: log.events(KEYS, TimelinePage(5), NOW, VERSION_ONLY)),
    "a page as it was": ("timeline", 7, lambda log: log.events(KEYS, TimelinePage(5), Moment(END, MIDDLE), STATE)),
    "a page from old to new": (
        "timeline",
        6,
        lambda log: log.events(KEYS, TimelinePage(5, order=Order.OLDEST), NOW, VERSION_ONLY),
    ),
    "a next page from old to new": (
        "timeline",
        7,
        lambda log: log.events(KEYS, TimelinePage(5, after=after(1), order=Order.OLDEST), NOW, STATE),
    ),
    "how many there are, up to a limit": (
        "timeline",
        6,
        lambda log: log.activity.lengths(KEYS, EventFilter(until=END), NOW, 5),
    ),
    "a next page": ("timeline", 7, lambda log: log.events(KEYS, TimelinePage(5, after=after(100)), NOW, STATE)),
    "the last acts of a page": ("timeline", 6, lambda log: log.last_acts(KEYS, TimelinePage(5), NOW)),
    "a page of a span of time": (
        "timeline",
        7,
        lambda log: log.events(KEYS, TimelinePage(5, where=EventFilter(until=MIDDLE)), NOW, VERSION_ONLY),
    ),
}


@pytest.mark.parametrize("name", LOOK_UPS)
async def test_a_look_up_seeks_once_for_each_entity(measured: dict[int, Measured], name: str) -> None:
    index, most, read = LOOK_UPS[name]
    for each in measured.values():
        for plan in await each.plans(read):
            assert plan.indexes == {index}
            assert plan.streams
            assert plan.keys <= most * ENTITIES
            assert plan.documents <= most * ENTITIES


OF_FACETS: dict[str, EventFilter] = {
    "a common kind": EventFilter(kinds=("ArtifactAppliedEvent",)),
    "a rare kind": EventFilter(kinds=(RARE,)),
    "outcomes": EventFilter(phases=(Phase.OUTCOME,)),
    "a rare type of actor": EventFilter(actor_types=(PIPELINE.type,)),
    "an action": EventFilter(actions=("Apply",)),
}


@pytest.mark.parametrize("name", OF_FACETS)
async def test_a_page_of_some_facets_walks_them_alone(measured: dict[int, Measured], name: str) -> None:
    """The facets of the type are listed by a skip-scan; then there is a key for each event and each facet."""
    page = TimelinePage(5, where=OF_FACETS[name])
    for each in measured.values():
        facets, *found = await each.plans(lambda log: log.events(KEYS[:10], page, NOW, VERSION_ONLY))
        assert facets.indexes == {"facet"}
        assert "DISTINCT_SCAN" in facets.stages
        assert facets.keys <= 8
        assert len(found) == 10
        for plan in found:
            assert plan.indexes == {"entityFacet"}
            assert plan.streams
            assert plan.keys <= 5 + 2 * 8
            assert plan.documents <= 5


@pytest.mark.parametrize("length", [SHORT, LONG])
async def test_what_was_known_long_ago_costs_what_is_known_now(measured: dict[int, Measured], length: int) -> None:
    """All that was recorded since is skipped, not read; only an import that came late costs a look-up more."""
    moment = Moment(END, EARLY[length])
    for read in (
        lambda log: log.as_of(KEYS, moment, STATE),
        lambda log: log.last_events(KEYS, moment),
        lambda log: log.events(KEYS, TimelinePage(1), moment, STATE),
    ):
        for plan in await measured[length].plans(read):
            assert plan.streams
            assert plan.keys <= 3 * ENTITIES
            assert plan.documents <= ENTITIES


@pytest.mark.parametrize("at", [later(195_000), END])
async def test_the_neighbours_of_a_state_are_found_by_one_seek_each(
    measured: dict[int, Measured], at: datetime
) -> None:
    for each in measured.values():
        states = await _states(MongoEventLog(each.database, Hands(END)), at)
        before = await each.plan(lambda log, states=states: log.previous(states, NOW, VERSION_ONLY))  # type: ignore[misc]
        several = await each.plan(lambda log, states=states: log.states_before(states, 5, NOW, STATE))  # type: ignore[misc]
        assert several.indexes == {"state"}
        assert several.keys <= 7 * ENTITIES
        plans = [before]
        if at < END:
            plans.append(await each.plan(lambda log, states=states: log.ends(states, NOW)))  # type: ignore[misc]
        for plan in plans:
            assert plan.indexes == {"state"}
            assert plan.streams
            assert plan.keys <= 3 * ENTITIES
            assert plan.documents <= 3 * ENTITIES


BY_ID: dict[str, Read] = {
    "latest": lambda log: log.latest(KEYS, VERSION_ONLY),
    "events by id": lambda log: _by_ids(log),
}


async def _by_ids(log: MongoEventLog) -> object:
    return await log.events_by_id([each.id for each in await _states(log, END)], VERSION_ONLY)


@pytest.mark.parametrize("name", BY_ID)
async def test_what_has_an_id_is_found_by_it(measured: dict[int, Measured], name: str) -> None:
    plan = (await measured[LONG].plans(BY_ID[name]))[-1]
    assert plan.indexes == {"_id_"}
    assert plan.streams
    assert plan.documents <= ENTITIES
    assert plan.keys <= 2 * ENTITIES


def listed(
    selector: str = "", app_id: str | None = None, first: int = 10, after: str | None = None, type_: str = "Artifact"
) -> EntityPage:
    return EntityPage(EntityFilter(type_, app_id, parse(selector)), first, Position(after) if after else None)


ANY = {"live", "_id_"}  # as good as each other while hardly anything is deleted
LISTS: dict[str, tuple[set[str], int, EntityPage]] = {
    "a type": (ANY, 11, listed()),
    "a next page": (ANY, 11, listed(after=KEYS[20])),
    "an app": (ANY, 11, listed(app_id="app-3")),
    "a type that is deleted for the most part": ({"live"}, 4, listed(type_="Retired")),
    "a common label": (ANY | {"labels"}, 25, listed("team=platform")),
    "a common label's presence": (ANY | {"labels"}, 11, listed("team")),
    "a rare label": ({"labels"}, 3, listed("rare=yes")),
    "a rare label's presence": ({"labels"}, 3, listed("rare")),
    "one of two values": (ANY | {"labels"}, 25, listed("tier in (0,1)")),
    "one of two rare values": ({"labels"}, 5, listed("rare in (yes,no)")),
    "a common and a rare label": ({"labels"}, 3, listed("team,rare=yes")),
    "a label in an app": (ANY | {"labels"}, 25, listed("team=platform", app_id="app-3", first=5)),
    "not a value": (ANY, 51, listed("team!=platform")),
    "without a label": (ANY, 51, listed("!legacy")),
}


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_walks_an_index_and_stops_at_the_end_of_its_page(measured: dict[int, Measured], name: str) -> None:
    allowed, most, page = LISTS[name]
    plan = await measured[LONG].plan(lambda log: log.entities(page, VERSION_ONLY))
    assert plan.indexes <= allowed
    assert plan.streams
    assert plan.keys <= most


@pytest.mark.parametrize("selector", ["", "team=platform"])
async def test_a_list_as_of_a_moment_examines_bounded_steps(measured: dict[int, Measured], selector: str) -> None:
    for each in measured.values():
        plans = await each.plans(
            lambda log: log.entities_as_of(listed(selector), Moment(later(195_000), END), VERSION_ONLY)
        )
        assert [plan.indexes for plan in plans] == [{"_id_"}, {"state"}] * (len(plans) // 2)
        for plan in plans:
            assert plan.streams
        assert plans[0].documents == 0
        assert "DISTINCT_SCAN" in plans[1].stages
        assert sum(plan.keys for plan in plans) <= 3 * (11 if not selector else 33)


async def test_a_list_that_fits_on_its_page_asks_twice(measured: dict[int, Measured]) -> None:
    plans = await measured[LONG].plans(lambda log: log.entities_as_of(listed(first=1000), NOW, VERSION_ONLY))
    assert len(plans) == 2


async def test_a_repair_of_everything_seeks_once_for_each_entity(measured: dict[int, Measured]) -> None:
    """The keys come from the index alone, in steps that stop; nothing is behind, so nothing else is read."""

    async def repair(log: MongoEventLog) -> bool:
        return await latest.repair_all(measured[LONG].database, batch=20) == 0

    plans = await measured[LONG].plans(repair)
    steps, heads, summaries = plans[0::3], plans[1::3], plans[2::3]
    assert len(steps) > len(heads) == len(summaries) > 1
    assert all(plan.indexes == {"order"} and plan.documents == 0 and plan.keys <= 41 for plan in steps)
    assert all("DISTINCT_SCAN" in plan.stages and plan.keys <= 40 for plan in heads)
    assert all(plan.streams for plan in plans)


async def test_whether_all_summaries_are_there_costs_a_key_for_each(measured: dict[int, Measured]) -> None:
    plans = await measured[LONG].plans(lambda _: latest.is_whole(measured[LONG].database))
    assert [plan.indexes for plan in plans] == [{"order"}, {"_id_"}]
    assert all("DISTINCT_SCAN" in plan.stages and plan.documents == 0 for plan in plans)

"""What a search of the whole log costs, on a log whose conditions are skewed and exclude each other."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import datetime
from functools import cache
from itertools import combinations, cycle, islice, product
from math import prod
from random import Random
from typing import Any
from uuid import uuid4

import bson
import pytest
from bson.raw_bson import RawBSONDocument

from domain.entity import Entity
from domain.errors import FilterTooWide
from domain.event import Actor, ActorType, Draft, Event, Phase
from examples import Hands, artifact, draft, later
from histories import ALWAYS, matches
from plans import Plan, Reads, explain
from repository import access, indexes
from repository.access import FACETS, Route, given
from repository.documents import EVENTS, event_document, event_from
from repository.driver import Database, Driver, connect
from repository.event_log import ActFilter, Append, EventFilter, LogPage, Moment, Order, TimelinePage
from repository.fields import HEADER
from repository.mongo_event_log import MongoEventLog
from repository.searches import MOST_EXAMINED

EVENTS_IN_ALL, PAGE = 4_500, 20
MARGIN = 60  # keys to begin with: one or two for each point of an index
END = later(10**9)
NOW = Moment(END, END)
ROBOT, ANNA, PIPE = (
    Actor("reconciler", ActorType.CONTROLLER),
    Actor("anna", ActorType.HUMAN),
    Actor("pipe", ActorType.SERVICE),
)

# Each condition with a common and a rare value; what is rare never meets what is rare elsewhere.
VALUES: dict[str, tuple[Any, ...]] = {
    "types": (("Artifact",), ("Config",)),
    "kinds": (("ArtifactAppliedEvent",), ("ArtifactAuditedEvent",)),
    "actions": (("Applied",), ("Apply",)),
    "phases": ((Phase.OUTCOME,), (Phase.INTENT,)),
    "actor_types": ((ActorType.CONTROLLER,), (ActorType.HUMAN,)),
    "app_ids": (("big",), ("small",), ("big", "small")),
    "actors": (("reconciler",), ("anna",), ("anna", "pipe")),
    "names": (("vpc-1",),),
    "execution_id": ("nightly", "run-7"),
    "correlation_id": ("sync", "req-7"),
    "words": (("release",), ("rare",), ("release", "rare")),
    "since": (later(4_400_000),),
    "recorded_since": (later(4_400_000),),
}


def written(number: int) -> Draft:
    """A reconciler applies artifacts of a big app all day; whatever else happens, happens apart from the rest."""
    rare = number % 450
    type_, app, action, actor = "Artifact", "big", "Applied", ROBOT
    if rare == 1:
        type_ = "Config"
    if rare == 2:
        action = "Audited"
    if rare == 3:
        app = "small"
    if rare == 4:
        actor = ANNA
    if rare == 5:
        action = "Apply"
    if rare == 6:
        actor = PIPE
    entity = Entity(type_, app, f"vpc-{number % 50}")
    return draft(
        entity,
        action,
        artifact(entity, version=str(number)),
        timestamp=later(number * 1000),
        actor=actor,
        execution_id="run-7" if rare == 7 else "nightly",
        correlation_id="req-7" if rare == 8 else "sync",
        spec={"comment": "rare" if rare == 9 else "release"},
    )


def _counts(command: dict[str, Any]) -> bool:
    return any("$count" in stage for stage in command.get("pipeline", ()))


_AXES = {Order.NEWEST: "timestamp", Order.OLDEST: "timestamp", Order.RECORDED: "recorded_at"}


class Searched:
    def __init__(self, uri: str) -> None:
        self._reads = Reads()
        self.database = connect(uri, f"searches_{uuid4().hex}", Driver.PYMONGO, listeners=[self._reads])
        self.log = MongoEventLog(self.database, Hands(later(2 * 10**9)))
        self.events: list[Event] = []
        self.versions: dict[str, int] = {}

    async def add(self, drafts: list[Draft], recorded: datetime | None = None) -> None:
        documents = []
        for number, made in enumerate(drafts, start=len(self.events)):
            version = self.versions[made.entity.key] = self.versions.get(made.entity.key, 0) + 1
            assert made.timestamp is not None
            event = made.recorded(f"{number:06}", version, made.timestamp, recorded or made.timestamp)
            documents.append(event_document(event, made.digest, made.timestamp))
        self.events += [event_from(each) for each in documents]
        for start in range(0, len(documents), 3_000):
            raws = [RawBSONDocument(bson.encode(each)) for each in documents[start : start + 3_000]]
            await self.database.insert(EVENTS, raws)

    def answer(self, where: EventFilter, order: Order, after: tuple[Any, str] | None = None) -> list[str]:
        """What reading everything finds."""
        ids = self._ordered(order)
        found = set(ids).intersection(*(self._meeting(name, getattr(where, name)) for name in given(where)))
        ids = [each for each in ids if each in found]
        return ids[ids.index(after[1]) + 1 :] if after else ids

    @cache  # noqa: B019 - lives as long as the tests
    def _meeting(self, name: str, value: Any) -> set[str]:
        return {event.id for event in self.events if matches(event, EventFilter(**{name: value}))}

    @cache  # noqa: B019
    def _ordered(self, order: Order) -> list[str]:
        events = sorted(self.events, key=lambda each: (getattr(each, _AXES[order]), each.id))
        return [each.id for each in (reversed(events) if order is Order.NEWEST else events)]

    async def plans(self, page: LogPage, moment: Moment = NOW) -> tuple[list[str], list[Plan]]:
        self.plans_begin()
        found = await self.log.search(page, moment, HEADER)
        return [each.id for each in found], await self.plans_made()

    def plans_begin(self) -> None:
        self._reads.take()

    async def plans_made(self) -> list[Plan]:
        """Of what was asked since they began, but for what was counted only to choose between ways."""
        return [await explain(self.database, each) for each in self._reads.take() if not _counts(each)]


@asynccontextmanager
async def filled(uri: str, drafts: list[Draft]) -> AsyncIterator[Searched]:
    made = Searched(uri)
    await indexes.ensure(made.database)
    await made.add(drafts)
    yield made
    await made.database.command({"dropDatabase": 1})
    await made.database.close()


@pytest.fixture(scope="module")
async def skewed(mongodb_uri: str) -> AsyncIterator[Searched]:
    async with filled(mongodb_uri, [written(number) for number in range(EVENTS_IN_ALL)]) as made:
        yield made


def every_filter(most: int, names: tuple[str, ...] = tuple(VALUES)) -> Iterator[EventFilter]:
    """Every combination of up to `most` conditions, with every combination of their values."""
    for size in range(most + 1):
        for chosen in combinations(names, size):
            for values in product(*(VALUES[name] for name in chosen)):
                yield EventFilter(**dict(zip(chosen, values, strict=True)))


def every_combination() -> Iterator[EventFilter]:
    """Each set of conditions once, of any size."""
    for size in range(len(VALUES) + 1):
        for chosen in combinations(VALUES, size):
            yield EventFilter(**{name: VALUES[name][0] for name in chosen})


def test_every_condition_of_a_filter_is_among_those_that_are_tried() -> None:
    tried = {*VALUES, "until", "recorded_until"}  # the other ends of the spans
    assert tried == {each.name for each in fields(EventFilter)}


def test_an_index_that_answers_a_combination_exactly_begins_with_all_of_its_conditions() -> None:
    """A combination without such an index has another way, or is one of a few that only a span can narrow."""
    keys = {index.document["name"]: list(index.document["key"]) for index in indexes.INDEXES[EVENTS]}
    exactly = 0
    for where in every_combination():
        for order in Order:
            route = access.exact(where, order)
            assert route is not None or list(access.routes(where))
            if route is None:
                continue
            exactly += 1
            conditions = given(where) - access.SPAN - access.RECORDED_SPAN
            wanted = {"entity"} if "names" in conditions else {access.FIELDS[name] for name in conditions - FACETS}
            if route.by_facet:
                wanted |= {"facet"}
            elif "names" in conditions:
                assert conditions == {"types", "app_ids", "names"}
            else:
                wanted |= _of_facets(conditions)
            equal = [*route.points, *(["facet"] if route.by_facet else [])]
            assert wanted <= set(equal) == set(keys[route.index][: len(equal)])
            assert keys[route.index][len(equal) : len(equal) + 2] == [order.axis, route.tie]
    assert exactly == 2 * (2 * 4 * 32 + 2 * 2 * 4 + 2 + 2 * 16) + 2


def _of_facets(conditions: frozenset[str]) -> set[str]:
    assert conditions & FACETS <= access.ACTS
    return {{"phases": "phase", "actor_types": "actor.type"}[name] for name in conditions & access.ACTS}


async def examined(skewed: Searched, page: LogPage) -> None:
    """An exact search reads a key for each event of its page, and a few for each point that it begins at."""
    found, plans = await skewed.plans(page)
    assert found == skewed.answer(page.where, page.order, page.after)[: page.first], page
    check(page, found, plans)


def begins(route: Route, facets: list[Plan]) -> int:
    """At how many points of its index a walk begins at most."""
    return prod(map(len, route.points.values())) * (1 + sum(plan.keys for plan in facets) if route.by_facet else 1)


def check(page: LogPage, found: list[str], plans: list[Plan]) -> None:
    route = access.exact(page.where, page.order)
    assert route is not None
    facets = [plan for plan in plans if "DISTINCT_SCAN" in plan.stages]
    search, *ties = [plan for plan in plans if plan not in facets]
    points = begins(route, facets)
    assert all(plan.documents == 0 for plan in facets)
    assert search.indexes == {route.index}
    assert search.streams, page
    assert search.keys <= len(found) + 2 * points, (page, search)
    assert search.documents <= len(found) + 1 + points, (page, search)
    assert len(ties) <= (route.tie != "_id")
    assert all(plan.streams and plan.keys <= 1 + 2 * points for plan in ties)
    if len(found) == PAGE:
        assert sum(plan.keys for plan in plans) <= 3 * len(found), (page, plans)


def every_scope() -> Iterator[EventFilter]:
    """Every set of conditions of the schema, but that those on facets are one: of acts, of names, or none."""
    dice = Random(5)
    others = [name for name in VALUES if name not in FACETS]
    for facets in ((), ("actor_types", "phases"), ("types", "actions", "phases")):
        for size in range(len(others) + 1):
            for chosen in combinations(others, size):
                yield EventFilter(**{name: dice.choice(VALUES[name]) for name in (*facets, *chosen)})


async def test_every_combination_goes_along_an_index_and_reads_three_keys_for_each_event_or_few_in_all_or_is_refused(
    skewed: Searched,
) -> None:
    """Explained one by one."""
    ends = Counter[str]()
    for where, order in zip(every_scope(), cycle(Order), strict=False):
        page = LogPage(PAGE, None, where, order)
        skewed.plans_begin()
        try:
            found = [each.id for each in await skewed.log.search(page, NOW, HEADER)]
        except FilterTooWide:
            found = None
        if found is None:
            assert not access.exact(where, order), page
            ends["refused"] += 1
            continue
        assert found == skewed.answer(where, order)[:PAGE], page
        plans = await skewed.plans_made()
        assert all(plan.indexes and not plan.collection_scans for plan in plans), page
        if access.exact(where, order):
            check(page, found, plans)
            ends["exact"] += 1
            continue
        assert sum(plan.keys for plan in plans) <= MOST_EXAMINED + MARGIN, (page, plans)
        ends["few"] += 1
    assert ends["exact"] > 15
    assert ends["refused"] > 5
    assert ends["few"] > 200


EXACT = [
    where
    for where in every_filter(4, ("kinds", "phases", "actor_types", "app_ids", "actors"))
    if access.exact(where, Order.NEWEST)
] + [
    where
    for where in every_filter(2)
    if access.exact(where, Order.NEWEST) and given(where) & {"types", "actions", "execution_id", "words", "since"}
]


@pytest.mark.parametrize("order", [Order.NEWEST, Order.OLDEST], ids=["newest", "oldest"])
async def test_a_page_costs_no_more_than_three_keys_for_each_event_whatever_the_conditions(
    skewed: Searched, order: Order
) -> None:
    for where in EXACT[:: 3 if order is Order.NEWEST else 11]:
        await examined(skewed, LogPage(PAGE, None, where, order))


TYPES = 100


def of_many_types(number: int) -> Draft:
    """What a cluster does: a hundred types, each applied and deleted, asked for and done, by every type of actor."""
    actor = (ROBOT, ROBOT, ROBOT, ANNA, PIPE)[number // 7 % 5]
    type_ = f"{'ABCDEFGHIJ'[number % 10]}{'aeiou'[number // 20 % 5]}type{number % TYPES:02}"
    entity = Entity(type_, "cluster", f"one-{number % 7}")
    action = ("Applied", "Apply", "Deleted")[number % 3]
    return draft(entity, action, artifact(entity), timestamp=later(number * 1000), actor=actor)


async def test_a_page_costs_no_more_in_a_log_of_hundreds_of_facets(mongodb_uri: str) -> None:
    """Conditions on phases and types of actors alone do not ask for them, those on types or kinds for theirs alone."""
    async with filled(mongodb_uri, [of_many_types(number) for number in range(3_000)]) as cluster:
        assert len({(each.entity.type, each.kind, each.actor) for each in cluster.events}) > 600
        kind = f"{cluster.events[44].entity.type}AppliedEvent"
        by: list[dict[str, Any]] = [
            {},
            {"phases": (Phase.INTENT,)},
            {"actor_types": (ActorType.HUMAN,)},
            {"phases": (Phase.OUTCOME,), "actor_types": (ActorType.HUMAN, ActorType.SERVICE)},
            {"types": (cluster.events[44].entity.type,)},
            {"kinds": (kind,)},
            {"kinds": (kind,), "actor_types": (ActorType.HUMAN,)},
        ]
        scopes: list[dict[str, Any]] = [
            {},
            {"app_ids": ("cluster",)},
            {"actors": ("anna",)},
            {"since": later(1_000_000)},
        ]
        for conditions, scope, order in product(by, scopes, (Order.NEWEST, Order.OLDEST)):
            page = LogPage(PAGE, None, EventFilter(**conditions, **scope), order)
            found, plans = await cluster.plans(page)
            assert found == cluster.answer(page.where, order)[:PAGE], page
            assert sum(plan.keys for plan in plans) <= 3 * PAGE, (page, plans)


async def test_what_was_not_known_yet_is_passed_over_in_the_index_and_not_read(mongodb_uri: str) -> None:
    made = [written(number) for number in range(400)]
    late = [replace(each, timestamp=later(-number)) for number, each in enumerate(made[200:])]
    async with filled(mongodb_uri, made[:200]) as searched:
        await searched.add(late, recorded=later(10**6))
        past = Moment(END, later(10**6 - 1))
        for where in (EventFilter(), EventFilter(app_ids=("big",)), EventFilter(actions=("Applied",))):
            found, plans = await searched.plans(LogPage(PAGE, None, where, Order.OLDEST), past)
            assert found == [each for each in searched.answer(where, Order.OLDEST) if int(each) < 200][:PAGE]
            assert plans[-1].documents <= PAGE + 1
            assert plans[-1].keys <= 200 + PAGE + 20


async def test_a_next_page_costs_what_the_first_one_did(skewed: Searched) -> None:
    for where in EXACT[::17]:
        ids = skewed.answer(where, Order.NEWEST)
        if len(ids) > PAGE:
            place = next(each.timestamp for each in skewed.events if each.id == ids[PAGE]), ids[PAGE]
            await examined(skewed, LogPage(PAGE, place, where))


async def test_recorded_order_walks_its_own_index(skewed: Searched) -> None:
    for where in (EventFilter(), EventFilter(recorded_since=later(4_400_000)), EventFilter(recorded_until=later(50))):
        await examined(skewed, LogPage(PAGE, None, where, Order.RECORDED))


async def test_what_no_index_answers_is_read_from_a_few_events_or_refused(skewed: Searched) -> None:
    """Never more than 2,000 events are looked through; the answer is that of reading everything."""
    refused, answered = set(), set()
    for where, order in zip(islice(every_filter(2), 0, None, 2), cycle(Order), strict=False):
        if access.exact(where, order):
            continue
        page = LogPage(PAGE, None, where, order)
        try:
            found = [each.id for each in await skewed.log.search(page, NOW, HEADER)]
        except FilterTooWide:
            refused.add(given(where))
            continue
        answered.add(given(where))
        assert found == skewed.answer(where, order)[:PAGE], page
    assert len(answered) > 20
    assert len(refused) > 5


async def test_a_bounded_search_examines_no_more_than_it_may(skewed: Searched) -> None:
    for where in (
        EventFilter(execution_id="run-7", actors=("reconciler",)),
        EventFilter(words=("release", "rare")),
        EventFilter(words=("rare",), app_ids=("small",)),
        EventFilter(names=("vpc-1",), types=("Artifact",), app_ids=("big",)),
        EventFilter(names=("vpc-1",), since=later(4_000_000)),
    ):
        _, plans = await skewed.plans(LogPage(PAGE, None, where))
        assert plans[-1].keys <= MOST_EXAMINED + 1
        assert not plans[-1].collection_scans
        assert "COLLSCAN" not in plans[-1].stages


async def test_a_refusal_names_what_would_narrow_the_search(skewed: Searched) -> None:
    with pytest.raises(FilterTooWide) as refusal:
        await skewed.log.search(LogPage(PAGE, None, EventFilter(names=("vpc-1",))), NOW, HEADER)
    assert refusal.value.code == "FILTER_TOO_WIDE"
    assert refusal.value.hint is not None
    assert "since and until" in refusal.value.hint


async def test_a_count_goes_the_way_of_its_search_and_stops_at_its_limit(skewed: Searched) -> None:
    for where in EXACT[::11]:
        assert await skewed.log.count(where, NOW, 500) == min(500, len(skewed.answer(where, Order.NEWEST)))


async def test_what_a_span_touched_costs_a_key_for_each_of_its_events(skewed: Searched) -> None:
    for where in EXACT[::13]:
        spanned = replace(where, since=later(4_000_000))
        skewed.plans_begin()
        found = await skewed.log.touched(spanned, NOW)
        *facets, touch = await skewed.plans_made()
        met = [event for event in skewed.events if matches(event, spanned)]
        newest = {event.entity: event.timestamp for event in met if event.stateful}
        assert {each.entity: each.at for each in found} == newest, spanned
        route = access.exact(spanned, Order.NEWEST)
        assert route is not None
        points = begins(route, facets)
        assert len(touch.indexes) == 1
        assert not touch.stages & {"COLLSCAN", "SORT"}
        assert touch.keys <= len(met) + 2 * points, (spanned, touch)
        assert touch.documents <= len(met) + 1 + points, (spanned, touch)


async def test_an_event_with_no_facet_or_an_unknown_one_is_found_by_its_conditions(skewed: Searched) -> None:
    made = replace(written(3), id=f"old-{uuid4()}")
    document = event_document(made.recorded(str(made.id), 10_000, later(5), later(5)), made.digest, later(5))
    del document["facet"]
    other = document | {"_id": f"other-{uuid4()}", "version": 10_001, "facet": "Artifact/written/by/another"}
    await skewed.database.insert(EVENTS, [RawBSONDocument(bson.encode(other))])
    skewed.events.append(event_from(other))
    await skewed.database.insert(EVENTS, [RawBSONDocument(bson.encode(document))])
    skewed.events.append(event_from(document))
    for where in (EventFilter(types=("Artifact",)), EventFilter(app_ids=("small",), kinds=(made.kind,))):
        page = LogPage(EVENTS_IN_ALL, None, where, Order.OLDEST)
        found = {each.id for each in await skewed.log.search(page, NOW, HEADER)}
        assert {document["_id"], other["_id"]} <= found
    by = ActFilter(kinds=(made.kind,))
    key = made.entity.key
    assert (await skewed.log.first_events([key], NOW, by))[key].id in (document["_id"], other["_id"])


@pytest.fixture
async def settling(mongodb_uri: str) -> AsyncIterator[Database]:
    made = connect(mongodb_uri, f"settling_{uuid4().hex}", Driver.PYMONGO)
    await indexes.ensure(made)
    yield made
    await made.command({"dropDatabase": 1})
    await made.close()


async def test_a_few_events_of_a_large_execution_are_found_within_the_span_of_its_events(settling: Database) -> None:
    """The execution has more events than may be examined, and so have those that failed; not so in its minute."""
    entity, documents = Entity("Artifact", "app", "vpc"), []
    for number in range(2 * MOST_EXAMINED + 4):
        ours = number <= MOST_EXAMINED + 1
        action = "Applied" if ours and number != 1_000 else "Failed"
        made = draft(entity, action, execution_id="import" if ours else None)
        event = made.recorded(f"{number:05}", number + 1, later(number), later(number))
        documents.append(event_document(event, made.digest, event.timestamp))
    await settling.insert(EVENTS, [RawBSONDocument(bson.encode(each)) for each in documents])
    log = MongoEventLog(settling, Hands(later(10**6)))
    where = EventFilter(execution_id="import", actions=("Failed",))
    assert [each.id for each in await log.search(LogPage(PAGE, where=where), ALWAYS, HEADER)] == ["01000"]
    assert await log.count(where, ALWAYS, 10) == 1
    with pytest.raises(FilterTooWide):
        await log.search(LogPage(PAGE, where=replace(where, actions=("Applied",), names=("vpc",))), ALWAYS, HEADER)


async def test_a_named_object_is_walked_to_its_end_however_many_of_its_events_share_a_time(settling: Database) -> None:
    """It has more events than are looked through, and their ids are in another order than their versions."""
    entity, documents = Entity("Artifact", "app", "vpc"), []
    for number in range(MOST_EXAMINED + 500):
        at = later(number // 9)
        event = draft(entity, "Applied").recorded(f"{number * 7919 % 2_500:05}", number + 1, at, at)
        documents.append(event_document(event, "", at))
    await settling.insert(EVENTS, [RawBSONDocument(bson.encode(each)) for each in documents])
    log = MongoEventLog(settling, Hands(later(10**6)))
    named = EventFilter(types=("Artifact",), app_ids=("app",), names=("vpc", "none"))
    for order, phases in product((Order.NEWEST, Order.OLDEST), ((), (Phase.OUTCOME,))):
        page = LogPage(250, None, replace(named, phases=phases), order)
        walked: list[Event] = []
        while found := await log.search(page, ALWAYS, HEADER):
            walked += found
            page = replace(page, after=(found[-1].timestamp, found[-1].id))
        places = sorted(((each["timestamp"], each["_id"]) for each in documents), reverse=order is Order.NEWEST)
        assert [(each.timestamp, each.id) for each in walked] == places
        assert await log.count(page.where, ALWAYS, 10_000) == len(places)


async def test_an_action_is_found_whatever_the_kind_is_called(settling: Database) -> None:
    log, entity = MongoEventLog(settling, Hands()), Entity("ThingAggregate", "app", "vpc")
    await log.append([Append(draft(entity, "Aggregated", kind="ThingAggregate")), Append(draft(entity, "Checked"))])
    for where in (EventFilter(actions=("Aggregated",)), EventFilter(app_ids=("app",), kinds=("ThingAggregate",))):
        assert [each.version for each in await log.search(LogPage(10, where=where), ALWAYS, HEADER)] == [1]
        timeline = await log.events([entity.key], TimelinePage(10, where=where), ALWAYS, HEADER)
        assert [each.version for each in timeline[entity.key]] == [1]


async def test_recorded_order_ends_at_the_settled_point_and_goes_on_from_there(settling: Database) -> None:
    """A commit that comes late is delayed: it stands before what is shown later, and is shown in its place."""
    clock = Hands()
    log, entity = MongoEventLog(settling, clock), Entity("Artifact", "app", "vpc")
    await log.append([Append(draft(entity, "Applied", artifact(entity), id="one"))])
    page = LogPage(10, order=Order.RECORDED)
    assert await log.search(page, ALWAYS, HEADER) == []
    made = draft(entity, "Applied", artifact(entity))
    late = event_document(made.recorded("late", 2, later(-5), later(-5)), made.digest, later(-5))
    await settling.insert(EVENTS, [RawBSONDocument(bson.encode(late))])
    clock.move(12_000)
    assert log.settled(clock()) == later(0)
    assert [each.id for each in await log.search(page, ALWAYS, HEADER)] == ["late", "one"]

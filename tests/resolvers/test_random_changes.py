"""On random histories changed sets and blame are what the executable specification says."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import registry, timeline
from domain.changes import Difference, difference
from domain.event import Document, Event
from domain.labels import parse
from domain.objects import labels_of
from examples import PIPELINE, Hands
from histories import ALWAYS, History, Step, filters, moments, play, steps
from repository import indexes
from repository.driver import Database, connect
from repository.event_log import EventFilter, Moment
from repository.fields import STATE
from repository.mongo_event_log import MongoEventLog
from resolvers import blaming, changed_sets
from resolvers.changed_sets import ChangedSet, ChangesOrder
from resolvers.comparisons import since
from resolvers.context import Caller, Context
from resolvers.views import StateView

SELECTORS = ("", "team=platform", "!team", "team!=web")


@pytest.fixture(scope="module")
async def database(mongodb_uri: str) -> AsyncIterator[Database]:
    made = connect(mongodb_uri, f"changes_{uuid4().hex}")
    await indexes.ensure(made)
    yield made
    await made.command({"dropDatabase": 1})
    await made.close()


def expected(history: History, asked: ChangedSet, end: Moment) -> dict[str, Difference]:
    """By key of what is in the set, what became of it."""
    found = {}
    for key in history.touched(end, since(asked.start, asked.where)):
        before, after = (
            timeline.as_of(history.of(key), at, end.known_at, include_deleted=False) for at in (asked.start, end.at)
        )
        what = difference(state(before), state(after))
        labels = [labels_of(state(each) or {}) for each in (before, after) if each]
        held = not asked.labels or any(all(part.holds(each) for part in asked.labels) for each in labels)
        if held and (asked.unchanged or what is not Difference.UNCHANGED):
            found[key] = what
    return found


def state(event: Event | None) -> Document | None:
    return event.state if event else None


async def walked(context: Context, asked: ChangedSet, order: ChangesOrder, end: Moment) -> dict[str, Difference]:
    """The set, page by page."""
    found: dict[str, Difference] = {}
    after, more = None, True
    while more:
        page = await changed_sets.page(context, asked, order, 2, after, end, STATE)
        told = {view.entity.entity.key: view.difference for view in page.nodes}
        assert not told.keys() & found.keys()
        found |= told
        more, after = page.has_next, page.place(page.nodes[-1]) if page.nodes else None
    return found


async def changes_agree(
    context: Context, history: History, asked: ChangedSet, order: ChangesOrder, end: Moment
) -> None:
    found = await walked(context, asked, order, end)
    assert found == expected(history, asked, end)
    assert order is not ChangesOrder.ENTITY or list(found) == sorted(found)
    everything = ChangedSet(asked.start, EventFilter(app_ids=(history.app,)), (), unchanged=False)
    differing = {
        key
        for key in history.keys
        if difference(*(state(timeline.as_of(history.of(key), at, end.known_at)) for at in (asked.start, end.at)))
        is not Difference.UNCHANGED
    }
    assert (await walked(context, everything, ChangesOrder.NEWEST, end)).keys() == differing


async def blame_agrees(context: Context, history: History, moment: Moment) -> None:
    states = [event for event in history.events if event.stateful]
    views = [StateView(event, moment, STATE) for event in states]
    for view, fields in zip(views, await blaming.blames(context, views, ("",), 100), strict=True):
        events = history.of(view.event.entity.key)
        told = timeline.blame(events, view.event, moment.at, moment.known_at)
        assert {each.path: each.event.event.id for each in fields if each.event} == {
            path: origin.id for path, origin in told.items()
        }


@settings(max_examples=25)
@given(
    steps=steps(),
    ends=st.tuples(moments(), moments()),
    where=filters(),
    selector=st.sampled_from(SELECTORS),
    order=st.sampled_from(ChangesOrder),
    unchanged=st.booleans(),
)
async def test_changed_sets_and_blame_agree_with_the_specification(
    database: Database,
    steps: list[Step],
    ends: tuple[Moment, Moment],
    where: EventFilter,
    selector: str,
    order: ChangesOrder,
    unchanged: bool,
) -> None:
    clock, types = Hands(), registry.builtin()
    log = MongoEventLog(database, clock)
    history = await play(log, clock, f"app-{uuid4().hex}", steps)
    context = Context(log, types, Caller(PIPELINE), clock, ALWAYS.at)
    start, end = sorted(ends, key=lambda each: each.at)
    mine = EventFilter(app_ids=(history.app,), kinds=where.kinds, actors=where.actors, actor_types=where.actor_types)
    await changes_agree(context, history, ChangedSet(start.at, mine, parse(selector), unchanged), order, end)
    await blame_agrees(context, history, end)

"""The contract of the log: what its reads promise beside agreeing with the specification."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import ordering
from domain.entity import Entity, key_range
from domain.event import Event
from domain.labels import parse
from examples import Hands, artifact, draft, later
from histories import ALWAYS, Act, Step, committed, play
from repository.driver import Database
from repository.event_log import Append, EntityFilter, EntityPage, EventFilter, LogPage, Moment, TimelinePage
from repository.fields import HEADER, STATE, WHOLE
from repository.mongo_event_log import MongoEventLog

Found = TypeVar("Found")


async def write(log: MongoEventLog, clock: Hands, entity: Entity, count: int) -> list[Event]:
    """So many states, a millisecond apart."""
    events = []
    for number in range(count):
        clock.move(1)
        events += committed(await log.append([Append(draft(entity, "Applied", artifact(entity, number=number)))]))
    return events


async def test_reads_of_nothing_answer_nothing(log: MongoEventLog, app: str) -> None:
    unknown = Entity("Artifact", app, "unknown").key
    for keys in ([], [unknown]):
        assert await log.latest(keys, STATE) == {}
        assert await log.as_of(keys, ALWAYS, STATE) == {}
        assert await log.last_events(keys, ALWAYS) == {}
        assert await log.first_events(keys, ALWAYS) == {}
        assert await log.events(keys, TimelinePage(1), ALWAYS, STATE) == {}
    assert await log.events_by_id([], STATE) == {}
    assert await log.events_by_id(["unknown"], STATE) == {}
    assert await log.ends([], ALWAYS) == {}
    assert await log.previous([], ALWAYS, STATE) == {}
    assert await log.correlated([], [], STATE) == []
    where = EntityFilter("Artifact", app)
    assert await log.entities(EntityPage(where, 1), STATE) == []
    assert await log.entities_as_of(EntityPage(where, 1), ALWAYS, STATE) == []
    assert await log.search(LogPage(1, where=EventFilter(app_ids=(app,))), ALWAYS, STATE) == []


async def test_the_states_of_a_type_in_an_app_are_those_of_the_log_with_deletes_and_without_neighbours(
    log: MongoEventLog, clock: Hands, app: str
) -> None:
    kept, gone = Entity("Artifact", app, "kept"), Entity("Artifact", app, "gone")
    await write(log, clock, kept, 3)
    await write(log, clock, gone, 1)
    await log.append([Append(replace(draft(gone, "Deleted", artifact(gone)), deletes=True))])
    await write(log, clock, Entity("Artifact", f"{app}0", "neighbour"), 1)
    await write(log, clock, Entity("Artifacts", app, "neighbour"), 1)
    found = await log.states("Artifact", app, ALWAYS, STATE)
    assert found == await log.as_of([kept.key, gone.key], ALWAYS, STATE)
    assert [(found[each.key].version, found[each.key].deletes) for each in (kept, gone)] == [(3, False), (2, True)]


async def test_one_call_answers_for_a_thousand_entities(log: MongoEventLog, app: str) -> None:
    entities = [Entity("Artifact", app, f"{number:04}") for number in range(1000)]
    events = committed(await log.append([Append(draft(each, "Applied", artifact(each))) for each in entities]))
    keys = [each.key for each in entities]
    assert await log.as_of(keys, ALWAYS, WHOLE) == {event.entity.key: event for event in events}
    assert len(await log.latest(keys, HEADER)) == 1000
    assert len(await log.events(keys, TimelinePage(5), ALWAYS, HEADER)) == 1000
    assert len(await log.ends(events, ALWAYS)) == 0


async def test_a_key_that_is_asked_twice_is_answered_once(log: MongoEventLog, clock: Hands, vpc: Entity) -> None:
    events = await write(log, clock, vpc, 2)
    keys = [vpc.key, vpc.key]
    assert (await log.as_of(keys, ALWAYS, WHOLE))[vpc.key] == events[1]
    found = await log.events(keys, TimelinePage(10), ALWAYS, WHOLE)
    assert found == {vpc.key: [events[1], events[0]]}


async def test_entities_with_awkward_names_stay_apart(log: MongoEventLog, app: str) -> None:
    """Namespaces, patterns, quotes, other scripts, and two spellings that look the same."""
    names = ("a", "A", "a/b", "a/b/c", "a%2Fb", ".*", "$a", "a.b", "'\"\\", "ä", "a\u0308", "😀", "x" * 512)
    entities = [Entity("Artifact", app, name) for name in names]
    entities += [Entity("Artifact", f"{app}/x", "a"), Entity("Artifact", f"{app}%2Fx", "a")]
    events = committed(await log.append([Append(draft(each, "Applied", artifact(each))) for each in entities]))
    assert [event.version for event in events] == [1] * len(entities)
    found = await log.as_of([each.key for each in entities], ALWAYS, WHOLE)
    assert [found[each.key].entity for each in entities] == entities
    listed = await log.entities(EntityPage(EntityFilter("Artifact", app), 100), HEADER)
    assert [each.entity.name for each in listed] == sorted(names)


async def test_a_page_of_large_states_is_answered_whole(log: MongoEventLog, clock: Hands, vpc: Entity) -> None:
    """Together they exceed what one document of MongoDB may hold."""
    large = artifact(vpc, text="x" * 6_000_000)
    for _ in range(3):
        clock.move(1)
        committed(await log.append([Append(draft(vpc, "Applied", large))]))
    page = (await log.events([vpc.key], TimelinePage(10), ALWAYS, STATE))[vpc.key]
    assert [event.version for event in page] == [3, 2, 1]
    assert all(event.state == large for event in page)
    assert len(await log.previous(page, ALWAYS, STATE)) == 2


async def test_a_delete_is_told_as_the_newest_state_and_leaves_the_lists(
    log: MongoEventLog, clock: Hands, vpc: Entity
) -> None:
    (applied,) = await write(log, clock, vpc, 1)
    clock.move(1)
    (deleted,) = committed(await log.append([Append(draft(vpc, "Deleted", artifact(vpc)))]))
    page = EntityPage(EntityFilter("Artifact", vpc.app_id), 10)
    assert (await log.as_of([vpc.key], ALWAYS, WHOLE))[vpc.key] == deleted
    assert await log.entities(page, HEADER) == []
    assert await log.entities_as_of(page, ALWAYS, WHOLE) == []
    assert await log.entities_as_of(page, replace(ALWAYS, at=applied.timestamp), WHOLE) == [applied]
    clock.move(1)
    (reborn,) = await write(log, clock, vpc, 1)
    assert [each.version for each in await log.entities(page, HEADER)] == [3]
    assert await log.entities_as_of(page, ALWAYS, WHOLE) == [reborn]


async def test_a_delete_without_the_last_state_is_an_act(log: MongoEventLog, clock: Hands, vpc: Entity) -> None:
    """SPEC §4: a delete keeps the last full state; without one it carries no state and changes none."""
    (applied,) = await write(log, clock, vpc, 1)
    committed(await log.append([Append(draft(vpc, "Deleted"))]))
    assert (await log.as_of([vpc.key], ALWAYS, WHOLE))[vpc.key] == applied


async def test_the_events_of_a_request_are_told_by_version(log: MongoEventLog, app: str, clock: Hands) -> None:
    a, b, other = (Entity("Artifact", app, name) for name in "abc")
    acts = [(a, "Apply", "c1"), (b, "Apply", "c1"), (a, "Applied", "c1"), (a, "Applied", "c2"), (other, "Apply", "c1")]
    drafts = [draft(entity, action, artifact(entity), correlation_id=f"{app}{id_}") for entity, action, id_ in acts]
    events = committed(await log.append([Append(each) for each in drafts]))
    found = await log.correlated([f"{app}c1"], [a.key, b.key], WHOLE)
    assert sorted(found, key=lambda event: event.entity.key) == [events[0], events[2], events[1]]
    assert [event.version for event in found] == sorted(event.version for event in found)


async def test_a_settled_answer_never_changes(log: MongoEventLog, clock: Hands, vpc: Entity) -> None:
    """Whatever is written later, an import to an earlier time included."""
    await write(log, clock, vpc, 3)
    settled = Moment(later(2), clock.at)

    async def answers() -> list[object]:
        return [
            await log.as_of([vpc.key], settled, WHOLE),
            await log.last_events([vpc.key], settled),
            await log.first_events([vpc.key], settled),
            await log.events([vpc.key], TimelinePage(10), settled, WHOLE),
            await log.entities_as_of(EntityPage(EntityFilter("Artifact", vpc.app_id), 10), settled, WHOLE),
            await log.search(LogPage(10, where=EventFilter(app_ids=(vpc.app_id,))), settled, WHOLE),
        ]

    before = await answers()
    clock.move(1)
    for back in (0, 1, 2, 100):
        backdated = draft(vpc, "Applied", artifact(vpc), timestamp=later(-back, clock.at))
        committed(await log.append([Append(backdated), Append(draft(vpc, "Deleted", artifact(vpc)))]))
    assert await answers() == before


Position = TypeVar("Position")


async def walk(
    read: Callable[[Position | None], Awaitable[Sequence[Found]]],
    position: Callable[[Found], Position],
    between: Callable[[], Awaitable[object]],
) -> AsyncIterator[Found]:
    """Every item, page by page, while something happens between the pages."""
    after: Position | None = None
    while page := await read(after):
        for each in page:
            yield each
        after = position(page[-1])
        await between()


ACTS = st.lists(
    st.builds(
        Act,
        entity=st.integers(0, 2),
        action=st.sampled_from(["Applied", "Applied", "Deleted", "Apply"]),
        stateful=st.just(True),
        back=st.one_of(st.none(), st.integers(0, 12)),
        team=st.just("web"),
    ),
    min_size=1,
    max_size=12,
).map(lambda acts: Step(1, tuple(acts), True))


@settings(max_examples=25)
@given(first=ACTS, meanwhile=ACTS, size=st.integers(1, 3), moves=st.booleans())
async def test_pages_hold_everything_once_while_others_write(
    database: Database, first: Step, meanwhile: Step, size: int, moves: bool
) -> None:
    """Live and backdated, many of them in one millisecond.

    At one moment the pages are what was there; when each page has its own moment, what was there from the beginning is
    still told once and in order.
    """
    clock = Hands()
    log = MongoEventLog(database, clock)
    app = f"app-{uuid4().hex}"
    history = await play(log, clock, app, [first, replace(first, milliseconds=0), first])
    start = Moment(clock.at, clock.at)
    key, where = history.keys[0], EventFilter(app_ids=(app,))

    def now() -> Moment:
        return Moment(clock.at, clock.at) if moves else start

    def others() -> Callable[[], Awaitable[object]]:
        left = iter([meanwhile] * 4)
        return lambda: play(log, clock, app, list(islice(left, 1)))

    async def log_page(after: tuple[object, ...] | None) -> list[Event]:
        return await log.search(LogPage(size, after, where), now(), WHOLE)  # type: ignore[arg-type]

    async def timeline_page(after: tuple[object, ...] | None) -> list[Event]:
        page = TimelinePage(size, after)  # type: ignore[arg-type]
        return (await log.events([key], page, now(), WHOLE)).get(key, [])

    searched = [event async for event in walk(log_page, lambda event: (event.timestamp, event.id), others())]
    check_pages(searched, history.log(start, where), exact=not moves)
    told = [event async for event in walk(timeline_page, lambda event: event.order, others())]
    check_pages(told, history.timeline(key, start, EventFilter()), exact=not moves)


def check_pages(found: list[Event], wanted: list[Event], *, exact: bool) -> None:
    assert len({event.id for event in found}) == len(found)
    ids = {event.id for event in wanted}
    assert (found if exact else [event for event in found if event.id in ids]) == wanted


@pytest.mark.parametrize("selector", ["", "team=web"])
async def test_pages_of_entities_hold_each_once_while_others_come_and_go(
    log: MongoEventLog, clock: Hands, app: str, selector: str
) -> None:
    """Who lives throughout is told exactly once, in the order of keys; now and as of a moment."""
    entities = [Entity("Artifact", app, f"{number:02}") for number in range(0, 40, 2)]

    async def apply(each: Entity, action: str = "Applied") -> None:
        clock.move(1)
        committed(await log.append([Append(draft(each, action, artifact(each, labels={"team": "web"})))]))

    for each in entities:
        await apply(each)
    start = Moment(clock.at, clock.at)
    where = EntityFilter("Artifact", app, parse(selector))
    coming = iter(Entity("Artifact", app, f"{number:02}") for number in range(1, 41, 2))
    going = iter(reversed(entities[-5:]))

    async def between() -> None:
        await apply(next(coming))
        if gone := next(going, None):
            await apply(gone, "Deleted")

    async def page(after: str | None) -> list[str]:
        return [
            each.entity.key
            for each in await log.entities(EntityPage(where, 3, ordering.Position(after) if after else None), HEADER)
        ]

    async def page_as_of(after: str | None) -> list[str]:
        return [
            each.entity.key
            for each in await log.entities_as_of(
                EntityPage(where, 3, ordering.Position(after) if after else None), start, HEADER
            )
        ]

    found = [key async for key in walk(page, lambda key: key, between)]
    assert found == sorted(set(found))
    assert {each.key for each in entities[:-5]} <= set(found)

    as_of = [key async for key in walk(page_as_of, lambda key: key, between)]
    assert as_of == [each.key for each in entities]


async def test_a_position_outside_of_its_list_is_no_way_into_another_app(log: MongoEventLog, app: str) -> None:
    for each in (Entity("Artifact", app, "a"), Entity("Artifact", f"{app}-2", "b")):
        committed(await log.append([Append(draft(each, "Applied", artifact(each)))]))
    start, end = key_range("Artifact", app)
    where = EntityFilter("Artifact", app)
    for position, names in (("", ["a"]), (start, ["a"]), (end, []), ("Zebra", [])):
        for listed in (
            [each.entity for each in await log.entities(EntityPage(where, 10, ordering.Position(position)), HEADER)],
            [
                each.entity
                for each in await log.entities_as_of(EntityPage(where, 10, ordering.Position(position)), ALWAYS, HEADER)
            ],
        ):
            assert [each.name for each in listed] == names

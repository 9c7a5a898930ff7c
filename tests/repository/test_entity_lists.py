"""Conditions and orders in MongoDB against domain/conditions.py and domain/ordering.py, now and as of a moment."""

from dataclasses import dataclass
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import settings as examples

from conditions import conditions, entity, orders, states
from domain import ordering
from domain.conditions import All, At, Condition, Not, OneOf
from domain.entity import Entity
from domain.entity_view import view
from domain.errors import QueryTooLarge
from domain.event import Document
from domain.ordering import Ordering, Position
from examples import PIPELINE, Hands, draft, later
from repository.driver import Database
from repository.event_log import Append, Appended, EntityFilter, EntityPage, Moment
from repository.fields import HEADER, STATE
from repository.mongo_event_log import MongoEventLog


@dataclass
class Thing:
    """An entity as the log was told of it."""

    view: Document
    entity: Entity


@pytest.fixture(scope="module")
async def things(database: Database) -> list[Thing]:
    """Entities of one type, with every kind of value in every place; some have an act after their state.

    Each is told as it was at T0. Later some got the state of another, some ended, and some began.
    """
    log, type_, app = MongoEventLog(database, Hands()), f"Thing{uuid4().hex[:8]}", "a/b%2Fc"
    made = []
    for index, state in enumerate(states()):
        one = entity(type_, app, index)
        appends = [Append(draft(one, "Applied", {"kind": type_, **state}))]
        if index % 3 == 0:
            appends.append(Append(draft(one, "Scanned", actor=PIPELINE)))
        events = [each.event for each in await log.append(appends) if isinstance(each, Appended)]
        made.append(Thing(view(one, events[0], events[-1]), one))
    log = MongoEventLog(database, Hands(later(1000)))
    for index, thing in enumerate(made[::4]):
        action = ("Applied", "Deleted", "Scanned")[index % 3]
        new = None if action == "Scanned" else made[-index].view["state"]
        await log.append([Append(draft(thing.entity, action, new))])
    newer = (Entity(type_, app, f"m{index}") for index in range(5))
    await log.append([Append(draft(each, "Applied", made[3].view["state"])) for each in newer])
    return made


def expected(things: list[Thing], condition: Condition, order: tuple[Ordering, ...]) -> list[str]:
    held = [each for each in things if condition.holds(each.view)]
    positions = [ordering.position(each.view, order, each.entity.key) for each in held]
    return [each.key for each in sorted(positions, key=lambda each: ordering.sort_key(each, order))]


def page(things: list[Thing], condition: Condition, order: tuple[Ordering, ...], first: int = 500) -> EntityPage:
    return EntityPage(EntityFilter(things[0].entity.type, None, (), condition), first, None, order)


THEN = Moment(later(0), later(0))
INDEXED = [("spec", "a"), ("spec", "a", "b"), ("spec", "$z")]


@pytest.fixture(scope="module")
async def indexed(database: Database, things: list[Thing]) -> MongoEventLog:
    """A log that knows of indexes."""
    log = MongoEventLog(database, Hands())
    log.declared.want({things[0].entity.type: INDEXED})
    await log.declared.make()
    return log


@pytest.fixture(scope="module")
async def current(database: Database, things: list[Thing]) -> list[Thing]:
    """The same as they are now."""
    log, where = MongoEventLog(database, Hands()), EntityFilter(things[0].entity.type)
    found = await log.entities(EntityPage(where, 500), STATE)
    return [Thing(view(each.entity, each.state, each.last), each.entity) for each in found]


@given(condition=conditions(), order=orders())
@examples(max_examples=25)
async def test_mongodb_selects_and_orders_as_the_specification_does_now_and_as_of_a_moment(
    indexed: MongoEventLog,
    database: Database,
    things: list[Thing],
    current: list[Thing],
    condition: Condition,
    order: tuple[Ordering, ...],
) -> None:
    log, now, then = MongoEventLog(database, Hands()), *(expected(each, condition, order) for each in (current, things))
    for each, first in ((log, 500), (indexed, 500), (log, 3), (indexed, 3)):
        asked = page(things, condition, order, first)
        assert [one.entity.key for one in await each.entities(asked, HEADER)] == now[:first]
        assert [one.entity.key for one in await each.entities_as_of(asked, THEN, HEADER)] == then[:first]


@given(order=orders())
@example(order=())
@example(order=(Ordering(("state", "spec", "a")),))
@example(order=(Ordering(("state", "spec", "$z"), True),))
@examples(max_examples=4)
async def test_pages_in_any_order_hold_each_entity_once(
    indexed: MongoEventLog, things: list[Thing], current: list[Thing], order: tuple[Ordering, ...]
) -> None:
    condition = Not(At(("name",), OneOf(("n4",))))
    for told, read in (
        (current, indexed.entities),
        (things, lambda page, fields: indexed.entities_as_of(page, THEN, fields)),
    ):
        views = {each.entity.key: each.view for each in told}
        asked = page(things, condition, order, 40)
        found: list[str] = []
        position: Position | None = None
        while part := await read(EntityPage(asked.where, asked.first, position, order), HEADER):
            found += [each.entity.key for each in part]
            position = ordering.position(views[found[-1]], order, found[-1])
        assert found == expected(told, condition, order)


LIMITED = At(("state", "spec", "b"), OneOf((1,)))


@pytest.mark.parametrize("order", [(), (Ordering(("name",)),)])
async def test_a_list_that_would_examine_too_much_says_so(
    database: Database, things: list[Thing], order: tuple[Ordering, ...]
) -> None:
    log = MongoEventLog(database, Hands(), most_examined=20)
    asked = page(things, All((LIMITED, At(("name",), OneOf(("nobody",))))), order)
    for read in (log.entities(asked, HEADER), log.entities_as_of(asked, Moment(later(0), later(0)), HEADER)):
        with pytest.raises(QueryTooLarge, match="more than 20 entities of type Thing"):
            await read


async def test_a_full_page_in_the_order_of_keys_is_answered_however_many_follow(
    database: Database, things: list[Thing], current: list[Thing]
) -> None:
    log = MongoEventLog(database, Hands(), most_examined=20)
    asked = page(things, LIMITED, (), 2)
    for read, told in (
        (log.entities(asked, HEADER), current),
        (log.entities_as_of(asked, THEN, HEADER), things),
    ):
        assert [each.entity.key for each in await read] == expected(told, LIMITED, ())[:2]

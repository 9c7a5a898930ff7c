"""Numbers agree with the events that are counted, and what would count too many is refused."""

from itertools import product

import pytest

from domain.buckets import Bucket, Buckets
from domain.entity import Entity
from domain.errors import FilterTooWide, InvalidArgument
from domain.event import ActorType
from examples import JOHN, PIPELINE, Hands, draft, later
from histories import ALWAYS
from repository.activity import Involved, Slot, Tally
from repository.driver import Database
from repository.event_log import Append, EventFilter, Moment
from repository.mongo_activity import MongoActivity
from repository.mongo_event_log import MongoEventLog
from repository.searches import Searches

ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia")
HOURS = Buckets(Bucket.HOUR, later(0), later(3 * 3_600_000))


def within(where: EventFilter) -> EventFilter:
    return EventFilter(app_ids=where.app_ids, since=HOURS.since, until=HOURS.until)


async def test_events_are_counted_by_bucket_kind_and_type_of_actor(log: MongoEventLog, clock: Hands, app: str) -> None:
    vpc, web = Entity("Artifact", app, "vpc"), Entity("Config", app, "web")
    acts = [(vpc, "Scanned", JOHN), (vpc, "Scanned", PIPELINE), (web, "Scanned", JOHN), (vpc, "Scanned", JOHN)]
    for entity, action, actor in acts:
        await log.append([Append(draft(entity, action, actor=actor))])
        clock.move(20 * 60_000)
    where, start = EventFilter(app_ids=(app,)), later(-30 * 60_000)
    scanned, checked = "ArtifactScannedEvent", "ConfigScannedEvent"
    slots = await log.activity.slots(within(where), ALWAYS, HOURS)
    assert set(slots) == {
        Slot(start, scanned, ActorType.HUMAN, 1),
        Slot(start, scanned, ActorType.SERVICE, 1),
        Slot(later(30 * 60_000), checked, ActorType.HUMAN, 1),
        Slot(later(30 * 60_000), scanned, ActorType.HUMAN, 1),
    }
    by_entity = await log.activity.slots_of([vpc.key, web.key], within(EventFilter()), ALWAYS, HOURS)
    assert {key: sum(each.events for each in found) for key, found in by_entity.items()} == {vpc.key: 3, web.key: 1}
    assert set(await log.activity.tallies(where, ALWAYS)) == {
        Tally("Artifact", app, scanned, ActorType.HUMAN, 2),
        Tally("Artifact", app, scanned, ActorType.SERVICE, 1),
        Tally("Config", app, checked, ActorType.HUMAN, 1),
    }
    assert set(await log.activity.involved(EventFilter(app_ids=(app,), actors=(JOHN.id,)), ALWAYS)) == {
        Involved(vpc.key, 2, later(0), later(60 * 60_000)),
        Involved(web.key, 1, later(40 * 60_000), later(40 * 60_000)),
    }


async def test_mongodb_and_we_cut_time_at_the_same_places(log: MongoEventLog, clock: Hands, app: str) -> None:
    entity, where = Entity("Artifact", app, "vpc"), EventFilter(app_ids=(app,))
    times = [later(number * 11.3 * 3_600_000) for number in range(80)]
    clock.at = times[-1]
    await log.append([Append(draft(entity, "Scanned", timestamp=at)) for at in times])
    now = Moment(clock(), clock())
    for zone, unit in product(ZONES, (Bucket.DAY, Bucket.WEEK, Bucket.MONTH)):
        buckets = Buckets(unit, times[0], later(1, times[-1]), zone)
        slots = await log.activity.slots(where, now, buckets)
        assert {each.start for each in slots} <= set(buckets.edges()), (zone, unit)
        assert sum(each.events for each in slots) == len(times)


async def test_a_zone_that_mongodb_does_not_know_is_refused(log: MongoEventLog, app: str, vpc: Entity) -> None:
    await log.append([Append(draft(vpc, "Scanned"))])
    with pytest.raises(InvalidArgument, match="MongoDB does not know the time zone 'Mars/Base'"):
        await log.activity.slots(
            EventFilter(app_ids=(app,)), ALWAYS, Buckets(Bucket.DAY, later(0), later(1), "Mars/Base")
        )


async def test_what_would_count_too_many_events_is_refused(database: Database, log: MongoEventLog, app: str) -> None:
    entity = Entity("Artifact", app, "vpc")
    await log.append([Append(draft(entity, "Scanned")) for _ in range(4)])
    few, enough = (MongoActivity(database, Searches(database), most) for most in (3, 4))
    where = EventFilter(app_ids=(app,))
    for read in (few.tallies, few.involved):
        with pytest.raises(FilterTooWide, match="more than 3 events"):
            await read(where, ALWAYS)
    with pytest.raises(FilterTooWide):
        await few.slots_of([entity.key], within(EventFilter()), ALWAYS, HOURS)
    assert [each.events for each in await enough.tallies(where, ALWAYS)] == [4]

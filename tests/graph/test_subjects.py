"""Actors, executions, correlations and counts over time, as GraphQL tells them."""

from typing import Any

import pytest

from api import Api, Json
from domain.instants import write
from examples import T0, envelope, later

HOUR = 3_600_000


def told(app_id: str, kind: str, hours: float, by: str, type_: str = "HUMAN", **meta: Any) -> Json:
    """An event `hours` before T0."""
    meta = {"name": "vpc", "executionId": f"run-{app_id}", "correlationId": f"req-{app_id}", **meta}
    made = envelope(kind, timestamp=write(later(-hours * HOUR)), appId=app_id, userId=by, actorType=type_, **meta)
    made["spec"] = {}
    return made


@pytest.fixture
async def story(api: Api, app_id: str) -> str:
    """Two people and a controller act on three objects; the id of one of them, who is in no other test."""
    anna = f"anna-{app_id}"
    await api.bring(
        told(app_id, "ArtifactScannedEvent", 50, anna, name="a"),
        told(app_id, "ArtifactScannedEvent", 49, anna, name="b"),
        told(app_id, "ArtifactAuditedEvent", 48.5, anna, name="a"),
        told(app_id, "ArtifactScannedEvent", 26, "ben"),
        told(app_id, "ConfigCheckedEvent", 2.5, anna, name="c", executionId=f"other-{app_id}"),
        told(app_id, "ArtifactFailedEvent", 2, "watch", "CONTROLLER"),
    )
    return anna


async def test_an_actor_leads_to_its_events_its_entities_and_their_numbers(api: Api, app_id: str, story: str) -> None:
    found = await api.ask(
        """query($id: ID!, $since: Instant!) { actor(id: $id) { id type
          firstEvent { name kind } lastEvent { name type }
          events(first: 2, order: OLDEST) { nodes { name } totalCount { count } }
          configs: events(where: {types: ["Config"]}) { nodes { kind } }
          entities { nodes { events first last entity { name type lastActor { id } } } }
          counts { events kinds { name count } types { name count } apps { name count }
            actorTypes { type count } }
          recent: counts(since: $since) { events } } }""",
        id=story,
        since=write(later(-3 * HOUR)),
    )
    actor = found["actor"]
    assert actor["id"] == story
    assert actor["type"] == "HUMAN"
    assert actor["firstEvent"] == {"name": "a", "kind": "ArtifactScannedEvent"}
    assert actor["lastEvent"] == {"name": "c", "type": "Config"}
    assert actor["events"] == {"nodes": [{"name": "a"}, {"name": "b"}], "totalCount": {"count": 4}}
    assert actor["configs"]["nodes"] == [{"kind": "ConfigCheckedEvent"}]
    touched = [(each["entity"]["name"], each["events"], each["last"]) for each in actor["entities"]["nodes"]]
    assert touched == [
        ("c", 1, write(later(-2.5 * HOUR))),
        ("a", 2, write(later(-48.5 * HOUR))),
        ("b", 1, write(later(-49 * HOUR))),
    ]
    assert actor["counts"] == {
        "events": 4,
        "kinds": [
            {"name": "ArtifactScannedEvent", "count": 2},
            {"name": "ArtifactAuditedEvent", "count": 1},
            {"name": "ConfigCheckedEvent", "count": 1},
        ],
        "types": [{"name": "Artifact", "count": 3}, {"name": "Config", "count": 1}],
        "apps": [{"name": app_id, "count": 4}],
        "actorTypes": [{"type": "HUMAN", "count": 4}],
    }
    assert actor["recent"] == {"events": 1}


async def test_the_entities_of_an_actor_come_page_by_page_as_of_the_first_page(
    api: Api, app_id: str, story: str
) -> None:
    """What the actor touches meanwhile moves nothing."""
    query = """query($id: ID!, $after: String) { actor(id: $id) { entities(first: 1, after: $after) {
        nodes { entity { name } } pageInfo { hasNextPage endCursor } } } }"""
    met, after = [], None
    while True:
        page = (await api.ask(query, id=story, after=after))["actor"]["entities"]
        met += [each["entity"]["name"] for each in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
        api.clock.move(1)
        await api.bring(told(app_id, "ArtifactScannedEvent", 0, story, name="b"))
    assert met == ["c", "a", "b"]


async def test_an_execution_tells_who_took_part_and_what_came_of_it(api: Api, app_id: str, story: str) -> None:
    found = await api.ask(
        """query($id: ID!, $at: Instant!) {
          execution(id: $id) { outcome startedAt endedAt actors { id type event { kind } }
            entities { nodes { entity { name } } } counts { events } }
          at(time: $at) { execution(id: $id) { outcome endedAt events(order: OLDEST) { nodes { name } } } } }""",
        id=f"run-{app_id}",
        at=write(later(-26 * HOUR)),
    )
    assert found["execution"] == {
        "outcome": "FAILED",
        "startedAt": write(later(-50 * HOUR)),
        "endedAt": write(later(-2 * HOUR)),
        "actors": [
            {"id": story, "type": "HUMAN", "event": {"kind": "ArtifactAuditedEvent"}},
            {"id": "ben", "type": "HUMAN", "event": {"kind": "ArtifactScannedEvent"}},
            {"id": "watch", "type": "CONTROLLER", "event": {"kind": "ArtifactFailedEvent"}},
        ],
        "entities": {"nodes": [{"entity": {"name": name}} for name in ("vpc", "a", "b")]},
        "counts": {"events": 5},
    }
    earlier = found["at"]["execution"]
    assert earlier["outcome"] == "COMPLETED"
    assert [each["name"] for each in earlier["events"]["nodes"]] == ["a", "b", "a", "vpc"]


async def test_a_correlation_waits_while_what_it_asked_for_has_no_outcome(api: Api, app_id: str) -> None:
    query = "query($id: ID!) { correlation(id: $id) { outcome counts { kinds { name } } } }"
    await api.bring(told(app_id, "ArtifactApplyEvent", 2, "anna"))
    assert (await api.ask(query, id=f"req-{app_id}"))["correlation"]["outcome"] == "PENDING"
    await api.bring(told(app_id, "ArtifactAppliedEvent", 1, "pipe", "SERVICE"))
    assert (await api.ask(query, id=f"req-{app_id}"))["correlation"]["outcome"] == "COMPLETED"


async def test_what_nobody_ever_did_is_null(api: Api, app_id: str, story: str) -> None:
    found = await api.ask(
        """query($id: ID!, $at: Instant!) { actor(id: "nobody") { id } execution(id: "none") { id }
          correlation(id: "none") { id } at(time: $at) { actor(id: $id) { id } } }""",
        id=story,
        at=write(later(-51 * HOUR)),
    )
    assert found == {"actor": None, "execution": None, "correlation": None, "at": {"actor": None}}


async def test_a_timeline_counts_by_bucket_kind_and_type_of_actor_and_leaves_no_bucket_out(
    api: Api, app_id: str, story: str
) -> None:
    query = """query($app: String!, $since: Instant!, $until: Instant) {
      timeline(bucket: DAY, since: $since, until: $until, where: {appIds: [$app]}) {
        start end events kinds { name count } actorTypes { type count } } }"""
    found = (await api.ask(query, app=app_id, since=write(later(-50 * HOUR))))["timeline"]
    assert [each["events"] for each in found] == [3, 1, 2]
    assert found[0]["start"] == "2025-01-13T00:00:00.000Z"
    assert found[-1]["end"] == "2025-01-16T00:00:00.000Z"
    assert found[2]["kinds"] == [
        {"name": "ArtifactFailedEvent", "count": 1},
        {"name": "ConfigCheckedEvent", "count": 1},
    ]
    assert found[2]["actorTypes"] == [{"type": "CONTROLLER", "count": 1}, {"type": "HUMAN", "count": 1}]
    wide = (await api.ask(query, app=app_id, since="2024-12-20T00:00:00Z", until=write(T0)))["timeline"]
    assert [each["events"] for each in wide] == [0] * 24 + [3, 1, 2]


async def test_an_event_on_the_edge_of_a_bucket_belongs_to_the_later_one_and_until_is_left_out(
    api: Api, app_id: str
) -> None:
    await api.bring(*(told(app_id, "ArtifactScannedEvent", hours, "anna") for hours in (3, 2.5, 2)))
    query = """query($app: String!, $since: Instant!, $until: Instant) {
      timeline(bucket: HOUR, since: $since, until: $until, where: {appIds: [$app]}) { start events } }"""
    found = await api.ask(query, app=app_id, since="2025-01-15T07:30:00Z", until="2025-01-15T08:30:00Z")
    assert found["timeline"] == [
        {"start": "2025-01-15T07:00:00.000Z", "events": 1},
        {"start": "2025-01-15T08:00:00.000Z", "events": 1},
    ]


async def test_days_of_a_zone_are_counted_as_that_zone_has_them(api: Api, app_id: str) -> None:
    """23:30 of the 24th in UTC is the 25th in Berlin; the 25th has 25 hours there."""
    times = ["2024-10-26T21:59:00Z", "2024-10-26T22:00:00Z", "2024-10-27T22:59:00Z", "2024-10-27T23:00:00Z"]
    events = [told(app_id, "ArtifactScannedEvent", 0, "anna") for _ in times]
    for event, time in zip(events, times, strict=True):
        event["meta"]["timestamp"] = time
    await api.bring(*events)
    query = """query($app: String!) { timeline(bucket: DAY, timeZone: "Europe/Berlin", since: "2024-10-26T12:00:00Z",
        until: "2024-10-28T12:00:00Z", where: {appIds: [$app]}) { start events } }"""
    assert (await api.ask(query, app=app_id))["timeline"] == [
        {"start": "2024-10-25T22:00:00.000Z", "events": 1},
        {"start": "2024-10-26T22:00:00.000Z", "events": 2},
        {"start": "2024-10-27T23:00:00.000Z", "events": 1},
    ]


async def test_an_entity_and_an_actor_have_timelines_of_their_own(api: Api, app_id: str, story: str) -> None:
    found = await api.ask(
        """query($app: String!, $id: ID!, $since: Instant!) {
          entity(type: "Artifact", appId: $app, name: "a") { timeline(bucket: WEEK, since: $since) { events } }
          actor(id: $id) { timeline(bucket: MONTH, since: $since) { events kinds { count } } } }""",
        app=app_id,
        id=story,
        since=write(later(-51 * HOUR)),
    )
    assert found["entity"]["timeline"] == [{"events": 2}]
    assert found["actor"]["timeline"] == [{"events": 4, "kinds": [{"count": 2}, {"count": 1}, {"count": 1}]}]


async def test_timelines_count_only_what_meets_further_conditions(api: Api, app_id: str, story: str) -> None:
    query = """query($app: String!, $id: ID!, $since: Instant!, $where: EventWhere) {
      entity(type: "Artifact", appId: $app, name: "a") {
        all: timeline(bucket: WEEK, since: $since) { events kinds { name } }
        some: timeline(bucket: WEEK, since: $since, where: $where) { events kinds { name } } }
      actor(id: $id) { timeline(bucket: MONTH, since: $since, where: $where) { events } } }"""
    asked = {"app": app_id, "id": story, "since": write(later(-51 * HOUR))}
    found = await api.ask(query, **asked, where={"kinds": ["ArtifactAuditedEvent"]})
    [everything] = found["entity"]["all"]
    kinds = {each["name"]: everything["events"] for each in everything["kinds"]}
    [audits] = found["entity"]["some"]
    assert "ArtifactAuditedEvent" in kinds
    assert audits == {"events": 1, "kinds": [{"name": "ArtifactAuditedEvent"}]}
    assert found["actor"]["timeline"][0]["events"] >= 1
    found = await api.ask(query, **asked, where={"comment": "nothing", "executionId": "none"})
    assert found["entity"]["some"] == [{"events": 0, "kinds": []}]
    found = await api.ask(query, **asked, where={"names": ["vpc"]})
    assert found["entity"]["some"] == [{"events": 0, "kinds": []}]


async def test_a_condition_that_the_subject_gives_already_is_refused(api: Api, story: str) -> None:
    query = 'query($id: ID!) { actor(id: $id) { events(where: {actors: ["ben"]}) { nodes { id } } } }'
    assert (await api.fault(query, id=story))["extensions"]["code"] == "INVALID_ARGUMENT"


async def test_a_condition_that_is_given_twice_is_named_as_the_schema_names_it(
    api: Api, app_id: str, story: str
) -> None:
    query = 'query($id: ID!) { execution(id: $id) { events(where: {executionId: "other"}) { nodes { id } } } }'
    assert "where.executionId is given twice" in (await api.fault(query, id=f"run-{app_id}"))["message"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('bucket: MINUTE, since: "2020-01-01T00:00:00Z"', "QUERY_TOO_LARGE"),
        ('bucket: DAY, since: "2024-01-01T00:00:00Z", timeZone: "Mars/Base"', "INVALID_ARGUMENT"),
        ('bucket: DAY, since: "2024-01-01T00:00:00Z", until: "2023-01-01T00:00:00Z"', "INVALID_ARGUMENT"),
    ],
)
async def test_a_timeline_that_cannot_be_drawn_is_refused(api: Api, arguments: str, code: str) -> None:
    assert (await api.fault(f"{{ timeline({arguments}) {{ events }} }}"))["extensions"]["code"] == code

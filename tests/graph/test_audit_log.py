"""The whole log through `events`: conditions, orders, counts, and walks that others write meanwhile."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from api import Api, Json
from domain import instants
from examples import envelope, later
from repository.event_log import EventFilter, Moment
from resolvers.searches import Total, total

LOG = """query($where: EventWhere, $order: EventOrder! = NEWEST, $first: Int! = 10, $after: String) {
  events(where: $where, order: $order, first: $first, after: $after) {
    nodes { id kind version timestamp recordedAt } totalCount { count exact } settled
    pageInfo { hasNextPage endCursor } } }"""


def at(milliseconds: int) -> str:
    return instants.write(later(milliseconds))


def brought(app_id: str, number: int, comment: str = "", **meta: Any) -> Json:
    made = envelope("ArtifactScannedEvent", eventId=f"{app_id}-{number}", timestamp=at(number), appId=app_id, **meta)
    made["spec"] = {"metadata": {"message": comment}}
    return made


async def ids(api: Api, order: str = "NEWEST", **where: Any) -> list[str]:
    found = await api.ask(LOG, where=where, order=order, first=100)
    return [each["id"].rpartition("-")[2] for each in found["events"]["nodes"]]


async def test_the_log_runs_from_new_to_old_from_old_to_new_and_as_it_was_recorded(api: Api, app_id: str) -> None:
    await api.bring(*(brought(app_id, number) for number in (3, 1, 2)))
    assert await ids(api, appIds=[app_id]) == ["3", "2", "1"]
    assert await ids(api, "OLDEST", appIds=[app_id]) == ["1", "2", "3"]
    assert await ids(api, "RECORDED", appIds=[app_id]) == []
    api.clock.move(15_000)
    assert sorted(await ids(api, "RECORDED", appIds=[app_id])) == ["1", "2", "3"]


async def test_recorded_order_says_how_far_it_goes(api: Api, app_id: str) -> None:
    assert (await api.ask(LOG))["events"]["settled"] is None
    found = (await api.ask(LOG, order="RECORDED"))["events"]
    assert found["settled"] == instants.write(later(-12_000, api.clock()))


async def test_events_are_found_by_words_of_their_comment(api: Api, app_id: str) -> None:
    texts = {1: "Rolled back for INC-1042", 2: "inc-1043", 3: ""}
    await api.bring(*(brought(app_id, number, text) for number, text in texts.items()))
    assert await ids(api, comment="INC", appIds=[app_id]) == ["2", "1"]
    assert await ids(api, comment="1042 inc", appIds=[app_id]) == ["1"]
    assert await ids(api, comment="inc-1042 never", appIds=[app_id]) == []


async def test_events_are_found_by_the_time_that_they_were_recorded(api: Api, app_id: str) -> None:
    await api.bring(brought(app_id, 1))
    between = instants.write(api.clock.move(1))
    await api.bring(brought(app_id, 2))
    assert await ids(api, appIds=[app_id], recordedSince=between) == ["2"]
    assert await ids(api, appIds=[app_id], recordedUntil=between) == ["1"]


async def test_events_are_found_by_the_names_of_their_objects(api: Api, app_id: str) -> None:
    await api.bring(
        brought(app_id, 1, name="shop/web"), brought(app_id, 2, name="shop"), brought(app_id, 3, name="w.b")
    )
    assert await ids(api, appIds=[app_id], names=["shop/web"]) == ["1"]
    assert await ids(api, appIds=[app_id], names=["shop", "w.b"], types=["Artifact"]) == ["3", "2"]
    assert await ids(api, appIds=[app_id], names=["wxb", "web"]) == []


async def test_a_count_is_exact_up_to_its_limit_and_says_when_it_is_not(api: Api, app_id: str) -> None:
    await api.bring(*(brought(app_id, number) for number in range(30)))
    found = (await api.ask(LOG, where={"appIds": [app_id]}, first=1))["events"]
    assert found["totalCount"] == {"count": 30, "exact": True}
    now, where = Moment(api.clock(), api.clock()), EventFilter(app_ids=(app_id,))
    assert await api.service.log.count(where, now, 20) == 20
    assert Total(10_000, exact=False) == total(10_001)


async def test_a_cursor_of_another_order_is_refused(api: Api, app_id: str) -> None:
    await api.bring(brought(app_id, 1), brought(app_id, 2))
    page = (await api.ask(LOG, where={"appIds": [app_id]}, first=1))["events"]["pageInfo"]
    where = {"appIds": [app_id]}
    error = await api.fault(LOG, where=where, first=1, order="OLDEST", after=page["endCursor"])
    assert error["extensions"]["code"] == "INVALID_CURSOR"


@pytest.mark.parametrize("where", [{"comment": " - "}, {"comment": "a b c d e f g h i"}, {"names": []}])
async def test_a_condition_that_says_nothing_is_refused(api: Api, where: Json) -> None:
    assert (await api.fault(LOG, where=where))["extensions"]["code"] == "INVALID_ARGUMENT"


async def test_a_long_list_of_alternatives_is_refused(api: Api) -> None:
    error = await api.fault(LOG, where={"kinds": [f"K{number}" for number in range(101)]})
    assert "100 are allowed" in error["message"]


@pytest.mark.parametrize("order", ["NEWEST", "OLDEST", "RECORDED"])
async def test_a_walk_neither_repeats_nor_loses_an_event_while_others_write(api: Api, app_id: str, order: str) -> None:
    """Writers append and import backdated events between all pages; what was there when it began is met once."""
    await api.bring(*(brought(app_id, number) for number in range(0, 200, 2)))
    api.clock.move(20_000)
    wanted = {f"{app_id}-{number}" for number in range(0, 200, 2)}
    met, after, number = [], None, 0
    where = {"recordedUntil": instants.write(api.clock())} if order == "RECORDED" else {"appIds": [app_id]}
    while True:
        page = (await api.ask(LOG, where=where, order=order, first=40, after=after))["events"]
        met += [each["id"] for each in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after, number = page["pageInfo"]["endCursor"], number + 1
        late = [brought(app_id, 20 * number + 2 * writer + 1, name=f"late-{writer}") for writer in range(4)]
        await asyncio.gather(*(api.bring(each | {"apiVersion": uuid4().hex}) for each in late if number < 8))
    assert len(met) == len(set(met))
    assert wanted <= set(met)

"""`changes`: everything that became another between two moments, by whom, and by which events."""

from datetime import datetime
from typing import Any

import pytest

from api import Api, calls, running
from domain.instants import write
from examples import T0, later
from told import applied, told

MINUTE = 60_000
NODE = "entity { name } difference"
QUERY = """query($from: Instant!, $to: Instant, $known: Instant, $where: EventWhere, $labels: String,
    $unchanged: Boolean! = false, $order: ChangesOrder! = NEWEST, $first: Int! = 20, $after: String) {
  changes(from: $from, to: $to, knownAt: $known, where: $where, labelSelector: $labels, unchanged: $unchanged,
    order: $order, first: $first, after: $after) { nodes { %s } pageInfo { hasNextPage endCursor } } }"""


def minute(number: float) -> datetime:
    return later(number * MINUTE)


def between(start: float, end: float | None, app_id: str, **asked: Any) -> dict[str, Any]:
    where = {"appIds": [app_id], **asked.pop("where", {})}
    to = {} if end is None else {"to": write(minute(end))}
    return {"from": write(minute(start)), "where": where, **to, **asked}


async def changed(api: Api, asked: dict[str, Any], fields: str = NODE) -> list[Any]:
    nodes: list[Any] = (await api.ask(QUERY % fields, **asked))["changes"]["nodes"]
    return nodes


def names(nodes: list[Any]) -> list[str]:
    return [each["entity"]["name"] for each in nodes]


@pytest.fixture
async def morning(api: Api, app_id: str) -> str:
    """What happened in an app in its first hour; a minute is one of MINUTE."""
    api.clock.at = max(api.clock.at, minute(120))
    bot: Any = {"by": "reconciler", "actorType": "CONTROLLER"}

    def by_bot(name: str, at: float, **spec: Any) -> Any:
        state = applied(app_id, name, **spec)["spec"]["artifact"]
        return told("ArtifactAppliedEvent", app_id, name, at=minute(at), state=state, **bot)

    await api.bring(
        applied(app_id, "changed", at=minute(0), by="ann", version="1.0.0"),
        applied(app_id, "deleted", at=minute(1), by="ann", version="1.0.0", labels={"team": "web"}),
        applied(app_id, "quiet", at=minute(2), by="ann", version="1.0.0"),
        applied(app_id, "restored", at=minute(3), by="ann", version="1.0.0"),
        applied(app_id, "relabelled", at=minute(4), by="ann", version="1.0.0", labels={"team": "web"}),
        applied(app_id, "before", at=minute(10), by="ann", version="1.0.0"),
        applied(app_id, "changed", at=minute(12), by="bob", version="2.0.0"),
        by_bot("changed", 20, version="3.0.0"),
        told("ArtifactDeletedEvent", app_id, "deleted", at=minute(25), **bot),
        told("ArtifactComplianceCheckedEvent", app_id, "quiet", at=minute(26), **bot),
        by_bot("restored", 27, version="2.0.0"),
        by_bot("restored", 28, version="1.0.0"),
        by_bot("relabelled", 29, version="1.0.0", labels={"team": "data"}),
        by_bot("created", 40, version="1.0.0"),
        applied(app_id, "changed", at=minute(41), by="cleo", version="4.0.0"),
    )
    return app_id


async def test_what_changed_between_two_moments_by_whom_and_by_which_events_humans_first(
    api: Api, morning: str
) -> None:
    fields = """entity { type appId name } difference changes { path from to } actors { id type }
      events { nodes { kind version } } before { version } after { version }"""
    found = await changed(api, between(10, 40, morning, order="HUMANS_FIRST"), fields)
    assert found[0] == {
        "entity": {"type": "Artifact", "appId": morning, "name": "changed"},
        "difference": "CHANGED",
        "changes": [{"path": "/spec/version", "from": "1.0.0", "to": "3.0.0"}],
        "actors": [{"id": "bob", "type": "HUMAN"}, {"id": "reconciler", "type": "CONTROLLER"}],
        "events": {
            "nodes": [{"kind": "ArtifactAppliedEvent", "version": 3}, {"kind": "ArtifactAppliedEvent", "version": 2}]
        },
        "before": {"version": 1},
        "after": {"version": 3},
    }
    assert [(each["entity"]["name"], each["difference"]) for each in found] == [
        ("changed", "CHANGED"),
        ("created", "CREATED"),
        ("relabelled", "CHANGED"),
        ("deleted", "DELETED"),
    ]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (-5, -1, []),
        (-1, 2, ["quiet", "deleted", "changed"]),
        (9, 10, ["before"]),
        (10, 11, []),
        (11, 20, ["changed"]),
        (26, 27, ["restored"]),
        (28, 28, []),
        (30, None, ["changed", "created"]),
        (-1, None, ["changed", "created", "relabelled", "restored", "before", "quiet"]),
    ],
)
async def test_only_what_differs_at_the_two_moments_is_in_the_set_the_newest_first(
    api: Api, morning: str, start: float, end: float | None, expected: list[str]
) -> None:
    assert names(await changed(api, between(start, end, morning))) == expected


async def test_what_came_back_is_told_on_request_and_an_act_alone_never(api: Api, morning: str) -> None:
    found = await changed(api, between(10, 39, morning, unchanged=True, order="ENTITY"))
    assert [(each["entity"]["name"], each["difference"]) for each in found] == [
        ("changed", "CHANGED"),
        ("deleted", "DELETED"),
        ("relabelled", "CHANGED"),
        ("restored", "UNCHANGED"),
    ]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"actorTypes": ["HUMAN"]}, ["changed"]),
        ({"actors": ["reconciler"], "kinds": ["ArtifactAppliedEvent"]}, ["changed", "created", "relabelled"]),
        ({"kinds": ["ArtifactDeletedEvent"]}, ["deleted"]),
        ({"types": ["Artifact"], "names": ["created", "deleted"]}, ["created", "deleted"]),
        ({"types": ["Deployment"]}, []),
        ({"phases": ["INTENT"]}, []),
        ({"since": write(minute(26)), "until": write(minute(30))}, ["relabelled"]),
    ],
)
async def test_conditions_on_events_choose_the_objects_and_the_whole_span_is_compared(
    api: Api, morning: str, where: Any, expected: list[str]
) -> None:
    found = await changed(api, between(10, 40, morning, where=where, order="ENTITY"), f"{NODE} changes {{ to }}")
    assert names(found) == expected
    assert all(each["changes"] == [{"to": "3.0.0"}] for each in found if each["entity"]["name"] == "changed")


@pytest.mark.parametrize(
    ("selector", "expected"),
    [("team=web", ["deleted", "relabelled"]), ("team=data", ["relabelled"]), ("!team", ["changed", "created"])],
)
async def test_labels_hold_at_either_moment(api: Api, morning: str, selector: str, expected: list[str]) -> None:
    assert names(await changed(api, between(10, 40, morning, labels=selector, order="ENTITY"))) == expected


async def test_it_is_told_as_far_as_it_was_known_and_from_within_at(api: Api, morning: str) -> None:
    known = api.clock.at
    api.clock.move(MINUTE)
    await api.bring(applied(morning, "late", at=minute(15), version="1.0.0"))
    asked = between(10, 39, morning, order="ENTITY")
    assert names(await changed(api, asked)) == ["changed", "deleted", "late", "relabelled"]
    then = ["changed", "deleted", "relabelled"]
    assert names(await changed(api, {**asked, "known": write(known)})) == then
    query = """query($at: Instant!, $known: Instant, $from: Instant!, $where: EventWhere) {
      at(time: $at, knownAt: $known) { changes(from: $from, where: $where, order: ENTITY) {
        nodes { to entity { name current { version } } after { version } } } } }"""
    asked = {"at": asked.pop("to"), "known": write(known), "from": asked["from"], "where": asked["where"]}
    nodes = (await api.ask(query, **asked))["at"]["changes"]["nodes"]
    assert names(nodes) == then
    assert {each["to"] for each in nodes} == {write(minute(39))}
    assert all(each["entity"]["current"] == each["after"] for each in nodes)


async def test_its_pages_tell_one_set_while_others_write(api: Api, app_id: str) -> None:
    """The first page fixes where it ends: what comes after is in no page, and nothing is told twice or lost."""
    api.clock.at = max(api.clock.at, minute(120))
    for number in range(12):
        await api.bring(applied(app_id, f"{number:02}", at=minute(10 + number % 5), by="ann", version="1.0.0"))
    for order in ("NEWEST", "HUMANS_FIRST", "ENTITY"):
        asked = {**between(5, None, app_id, order=order, first=5), "known": None}
        whole = names(await changed(api, {**asked, "first": 100}))
        told_, after, more = [], None, True
        while more:
            page = (await api.ask(QUERY % NODE, **{**asked, "after": after}))["changes"]
            told_ += names(page["nodes"])
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
            api.clock.move(1000)
            await api.record(applied(app_id, "00", version=f"{len(told_)}.0.0"))
            await api.record(applied(app_id, f"new-{order}-{len(told_)}"))
        assert told_ == whole


async def test_a_cursor_of_another_set_is_refused(api: Api, morning: str) -> None:
    asked = between(-1, 40, morning, first=2)
    cursor = (await api.ask(QUERY % NODE, **asked))["changes"]["pageInfo"]["endCursor"]
    for other in (
        {"order": "ENTITY"},
        {"unchanged": True},
        {"labels": "a"},
        between(0, 40, morning),
        between(-1, 39, morning),
    ):
        error = await api.fault(QUERY % NODE, **{**asked, **other, "after": cursor})
        assert error["extensions"]["code"] == "INVALID_CURSOR"


async def test_types_that_nobody_registered_are_in_it_too(api: Api, app_id: str) -> None:
    for at, size in ((0, 1), (10, 2)):
        state = {"apiVersion": "v1", "kind": "Widget", "meta": {"name": "w", "appId": app_id}, "spec": {"size": size}}
        await api.bring(told("WidgetAppliedEvent", app_id, "w", at=later(at), state=state))
    asked = {"from": write(later(5)), "where": {"appIds": [app_id]}}
    fields = "entity { type } changes { path from to } after { raw ... on GenericState { spec } }"
    (found,) = await changed(api, asked, fields)
    assert found["entity"] == {"type": "Widget"}
    assert found["changes"] == [{"path": "/spec/size", "from": 1, "to": 2}]
    assert found["after"]["spec"] == {"size": 2}


async def test_a_page_costs_the_same_calls_whatever_its_width(api: Api, app_id: str) -> None:
    """The events of the span, the states at both ends, and a call for each field with reads of its own."""
    api.clock.at = max(api.clock.at, minute(120))
    for version, at in (("1.0.0", 0), ("2.0.0", 10)):
        await api.bring(*(applied(app_id, f"{number:02}", at=minute(at), version=version) for number in range(30)))
    for first in (1, 30):
        for fields, expected in ((f"{NODE} changes {{ path }}", 3), ("actors { id } events { nodes { kind } }", 5)):
            with calls() as commands:
                found = await changed(api, between(5, 20, app_id, first=first), fields)
            assert len(found) == first
            assert len(commands) == expected


async def test_moments_in_the_wrong_order_and_the_future_are_refused(api: Api) -> None:
    future = write(later(1, api.clock.at))
    cases: list[tuple[dict[str, Any], str]] = [
        ({"from": write(later(2)), "to": write(later(1))}, "INVALID_ARGUMENT"),
        ({"from": future}, "ASOF_IN_FUTURE"),
        ({"from": write(T0), "to": future}, "ASOF_IN_FUTURE"),
        ({"from": write(T0), "known": future}, "KNOWN_AT_IN_FUTURE"),
        ({"from": write(T0), "first": 501}, "INVALID_ARGUMENT"),
        ({"from": write(T0), "labels": "a b"}, "INVALID_LABEL_SELECTOR"),
    ]
    for asked, code in cases:
        assert (await api.fault(QUERY % NODE, **asked))["extensions"]["code"] == code


async def test_a_span_with_too_many_changes_is_refused_and_a_shorter_one_answered(mongodb_uri: str) -> None:
    async with running(mongodb_uri, max_examined=10) as api:
        await api.bring(*(applied("a", f"{at:02}", at=later(at)) for at in range(20)))
        error = await api.fault(QUERY % NODE, **{"from": write(later(-1))})
        assert error["extensions"]["code"] == "QUERY_TOO_LARGE"
        assert "more than 10 events" in error["message"]
        assert names(await changed(api, {"from": write(later(17))})) == ["19", "18"]

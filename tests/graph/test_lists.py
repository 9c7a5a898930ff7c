import base64
import json
from typing import Any

import pytest

from api import Api, calls
from domain.instants import write
from examples import T0, later
from told import applied, config, told

NAMES = """query($appId: String, $selector: String, $first: Int! = 20, $after: String, $at: Instant, $known: Instant) {
  artifacts(appId: $appId, labelSelector: $selector, first: $first, after: $after, asOf: $at, knownAt: $known) {
    nodes { name appId current { spec { version } } }
    edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
LOG = """query($where: EventWhere, $first: Int! = 20, $after: String) {
  events(where: $where, first: $first, after: $after) {
    nodes { id name version kind } edges { cursor } pageInfo { hasNextPage endCursor } } }"""


async def listed(api: Api, app_id: str | None, **arguments: Any) -> Any:
    return (await api.ask(NAMES, appId=app_id, **arguments))["artifacts"]


async def names(api: Api, app_id: str | None, **arguments: Any) -> list[str]:
    return [each["name"] for each in (await listed(api, app_id, **arguments))["nodes"]]


@pytest.fixture
async def labelled(api: Api, app_id: str) -> str:
    labels = {
        "a": {"team": "platform", "tier": "web"},
        "b": {"team": "platform", "tier": "api", "old": ""},
        "c": {"team": "data", "example.com/tier": "web"},
        "d": {},
        "e": None,
    }
    await api.bring(*(applied(app_id, name, at=T0, labels=each) for name, each in labels.items()))
    return app_id


SELECTORS = [
    ("", "abcde"),
    ("team=platform", "ab"),
    ("team == platform", "ab"),
    ("team!=platform", "cde"),
    ("team in (platform, data)", "abc"),
    ("team notin (platform,data)", "de"),
    ("tier in (api)", "b"),
    ("old", "b"),
    ("!old", "acde"),
    ("old=", "b"),
    ("example.com/tier=web", "c"),
    ("team=platform,tier=web", "a"),
    ("team=platform,!old,tier in (web,api)", "a"),
    ("team,team!=data", "ab"),
    ("nobody=has", ""),
]


@pytest.mark.parametrize(("selector", "found"), SELECTORS)
async def test_a_label_selector_selects_now_as_it_does_as_of_a_moment(
    api: Api, labelled: str, selector: str, found: str
) -> None:
    assert await names(api, labelled, selector=selector) == list(found)
    api.clock.move(1)
    assert await names(api, labelled, selector=selector, at=write(T0)) == list(found)


async def test_a_label_whose_name_holds_an_equals_sign_is_not_taken_for_another(api: Api, app_id: str) -> None:
    await api.bring(applied(app_id, "odd", at=T0, labels={"team=platform": "x", "a": "b=c"}))
    api.clock.move(1)
    for selector in ("team=platform", "team", "a=b"):
        assert await names(api, app_id, selector=selector, at=write(T0)) == []
        assert await names(api, app_id, selector=selector) == [], selector


@pytest.mark.parametrize("selector", ["team=", "team in ()", "a b", "=x", "team=platform,", "(x)", "é=1", "team in (a"])
async def test_a_selector_that_is_none_is_refused_with_what_is_wrong(api: Api, app_id: str, selector: str) -> None:
    if selector in ("team=", "team in ()"):  # Kubernetes takes them: an empty value
        assert await names(api, app_id, selector=selector) == []
        return
    error = await api.fault(NAMES, appId=app_id, selector=selector)
    assert error["extensions"]["code"] == "INVALID_LABEL_SELECTOR"
    assert selector in error["message"]


async def test_a_list_as_of_a_moment_holds_what_existed_then_in_the_state_of_then(api: Api, app_id: str) -> None:
    await api.bring(
        applied(app_id, "gone", at=T0, version="1.0.0", labels={"team": "a"}),
        applied(app_id, "kept", at=later(10), version="1.0.0", labels={"team": "a"}),
        told("ArtifactDeletedEvent", app_id, "gone", at=later(20)),
        applied(app_id, "kept", at=later(30), version="2.0.0", labels={"team": "b"}),
        told("ArtifactApplyEvent", app_id, "asked-for", at=later(40)),
    )

    async def seen(at: float, selector: str = "") -> dict[str, str]:
        page = await listed(api, app_id, at=write(later(at)), selector=selector)
        return {each["name"]: each["current"]["spec"]["version"] for each in page["nodes"]}

    assert await seen(-1) == {}
    assert await seen(0) == {"gone": "1.0.0"}
    assert await seen(10) == {"gone": "1.0.0", "kept": "1.0.0"}
    assert await seen(20) == {"kept": "1.0.0"}
    assert await seen(30) == {"kept": "2.0.0"}
    assert await seen(25, "team=a") == {"kept": "1.0.0"}
    assert await seen(35, "team=a") == {}
    assert await names(api, app_id) == ["kept"]


async def test_entities_of_any_type_are_listed_by_its_name_as_those_of_a_registered_one_are(
    api: Api, app_id: str
) -> None:
    query = """query($type: String!, $appId: String, $selector: String, $first: Int!, $after: String, $at: Instant) {
      entities(type: $type, appId: $appId, labelSelector: $selector, first: $first, after: $after, asOf: $at) {
        nodes { __typename type name current { raw } } pageInfo { hasNextPage endCursor } } }"""

    async def page(type_: str = "Widget", first: int = 20, **arguments: Any) -> Any:
        return (await api.ask(query, type=type_, appId=app_id, first=first, **arguments))["entities"]

    def widget(name: str, **labels: str) -> Any:
        state = {"kind": "Widget", "meta": {"name": name, "labels": labels}, "spec": {"size": 1}}
        return told("WidgetAppliedEvent", app_id, name, at=T0, state=state)

    await api.bring(applied(app_id, at=T0), widget("a", team="x"), widget("b"), widget("c", team="x"))
    api.clock.move(1)
    first = await page(first=2)
    assert [each["name"] for each in first["nodes"]] == ["a", "b"]
    assert first["nodes"][1] == {
        "__typename": "GenericEntity",
        "type": "Widget",
        "name": "b",
        "current": {"raw": {"kind": "Widget", "meta": {"name": "b", "labels": {}}, "spec": {"size": 1}}},
    }
    rest = await page(first=2, after=first["pageInfo"]["endCursor"])
    assert [each["name"] for each in rest["nodes"]] == ["c"]
    assert [each["name"] for each in (await page(selector="team=x"))["nodes"]] == ["a", "c"]
    assert (await page(at=write(later(-1))))["nodes"] == []
    assert [each["__typename"] for each in (await page("Artifact"))["nodes"]] == ["Artifact"]
    assert (await page("Nothing"))["nodes"] == []


async def test_a_list_as_it_was_known_leaves_out_what_was_recorded_later(api: Api, app_id: str) -> None:
    early = api.clock.move(1000)
    await api.bring(applied(app_id, "known", at=T0))
    late = api.clock.move(1000)
    await api.bring(applied(app_id, "reported-late", at=T0))
    assert await names(api, app_id, at=write(T0), known=write(early)) == ["known"]
    assert await names(api, app_id, at=write(T0), known=write(late)) == ["known", "reported-late"]


async def test_a_list_is_in_the_order_of_app_and_name_and_of_its_own_type(api: Api, app_id: str) -> None:
    entities = ((app_id, "b"), (app_id, "a/b"), (f"{app_id}-2", "a"), (app_id, "B"), (f"{app_id}/x", "z"))
    await api.bring(*(applied(app, name, at=T0) for app, name in entities))
    await api.bring(told("ConfigAppliedEvent", app_id, "b", state=config(app_id, "b")))
    assert await names(api, app_id) == ["B", "a/b", "b"]
    assert await names(api, f"{app_id}/x") == ["z"]
    everywhere = (await listed(api, None, first=500))["nodes"]
    mine = [(each["appId"], each["name"]) for each in everywhere if each["appId"].startswith(app_id)]
    assert sorted(mine) == sorted(entities)


async def pages(api: Api, app_id: str, size: int, **arguments: Any) -> list[list[str]]:
    """All pages, by following endCursor."""
    found, after = [], None
    while True:
        page = await listed(api, app_id, first=size, after=after, **arguments)
        info, cursors = page["pageInfo"], [each["cursor"] for each in page["edges"]]
        found.append([each["node"]["name"] for each in page["edges"]])
        assert info["hasPreviousPage"] is (after is not None)
        assert (info["startCursor"], info["endCursor"]) == ((cursors[0], cursors[-1]) if cursors else (None, None))
        if not info["hasNextPage"]:
            return found
        after = info["endCursor"]


@pytest.mark.parametrize("at", [None, write(later(5))])
async def test_following_the_cursors_gives_every_entity_once(api: Api, app_id: str, at: str | None) -> None:
    await api.bring(*(applied(app_id, name, at=T0) for name in "abcdefg"))
    assert await pages(api, app_id, 3, at=at) == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    assert await pages(api, app_id, 7, at=at) == [list("abcdefg")]


async def test_a_page_stays_right_while_others_write(api: Api, app_id: str) -> None:
    await api.bring(*(applied(app_id, name, at=T0) for name in "bdfh"))
    first = await listed(api, app_id, first=2)
    await api.bring(*(applied(app_id, name, at=T0) for name in "aceg"))
    await api.delete("d", app_id)
    rest = await listed(api, app_id, first=20, after=first["pageInfo"]["endCursor"])
    assert [each["name"] for each in first["nodes"]] == ["b", "d"]
    assert [each["name"] for each in rest["nodes"]] == ["e", "f", "g", "h"]


TIMELINE = """query($appId: String!, $first: Int! = 2, $after: String, $where: EventWhere) {
  artifact(name: "vpc", appId: $appId) { events(first: $first, after: $after, where: $where) {
    nodes { version } pageInfo { hasNextPage endCursor } } } }"""


async def test_pages_of_a_timeline_and_of_the_log_stay_right_while_others_write(api: Api, app_id: str) -> None:
    await api.bring(*(applied(app_id, at=T0 if index < 3 else later(1), version=str(index)) for index in range(5)))
    where = {"appIds": [app_id]}
    timeline, log, marks = [], [], {"timeline": None, "log": None}
    for round_ in range(3):
        found = (await api.ask(TIMELINE, appId=app_id, after=marks["timeline"]))["artifact"]["events"]
        timeline += [each["version"] for each in found["nodes"]]
        marks["timeline"] = found["pageInfo"]["endCursor"]
        assert found["pageInfo"]["hasNextPage"] is (round_ < 2)
        found = (await api.ask(LOG, where=where, first=2, after=marks["log"]))["events"]
        log += [each["version"] for each in found["nodes"]]
        marks["log"] = found["pageInfo"]["endCursor"]
        await api.bring(applied(app_id, at=later(100), version="9.0.0"))
        api.clock.at = max(api.clock.at, later(100))
    assert timeline == [5, 4, 3, 2, 1]
    assert sorted(log) == [1, 2, 3, 4, 5]
    assert set(log[:2]) == {4, 5}


async def test_an_entity_tells_its_events_from_old_to_new_too_and_how_many_there_are(api: Api, app_id: str) -> None:
    """Events of one moment stand in the order of their versions; what is imported into the past moves no page."""
    await api.bring(*(applied(app_id, at=T0 if index < 3 else later(index), version=str(index)) for index in range(7)))
    query = """query($app: String!, $after: String, $order: TimelineOrder!, $where: EventWhere) {
      artifact(name: "vpc", appId: $app) { events(first: 3, after: $after, order: $order, where: $where) {
        nodes { version } totalCount { count exact } pageInfo { hasNextPage endCursor } } } }"""
    for order, wanted in (("OLDEST", [1, 2, 3, 4, 5, 6, 7, 9]), ("NEWEST", [9, 7, 6, 5, 4, 3, 2, 1])):
        seen, after, counts = [], None, []
        while True:
            page = (await api.ask(query, app=app_id, after=after, order=order))["artifact"]["events"]
            seen += [each["version"] for each in page["nodes"]]
            counts.append(page["totalCount"])
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
            if order == "OLDEST" and len(counts) == 1:
                await api.bring(
                    applied(app_id, at=later(-5), version="past"), applied(app_id, at=later(9), version="x")
                )
                api.clock.at = max(api.clock.at, later(9))
        assert [each for each in seen if each != 8] == wanted
        assert counts[-1] == {"count": 9, "exact": True}
        other = {"OLDEST": "NEWEST", "NEWEST": "OLDEST"}[order]
        error = await api.fault(query, app=app_id, after=after, order=other)
        assert error["extensions"]["code"] == "INVALID_CURSOR"
    early = {"until": write(later(4)), "phases": ["OUTCOME"]}
    found = (await api.ask(query, app=app_id, order="OLDEST", where=early))["artifact"]["events"]
    assert ([each["version"] for each in found["nodes"]], found["totalCount"]["count"]) == ([8, 1, 2], 5)


async def test_the_counts_of_many_entities_cost_one_call(api: Api, app_id: str) -> None:
    await api.bring(*(applied(app_id, f"{name:02}", at=later(name)) for name in range(30)))
    query = """query($app: String!) { artifacts(appId: $app, first: 30) { nodes {
      events(first: 1) { totalCount { count exact } } } } }"""
    with calls() as commands:
        nodes = (await api.ask(query, app=app_id))["artifacts"]["nodes"]
    assert [each["events"]["totalCount"] for each in nodes] == [{"count": 1, "exact": True}] * 30
    assert len(commands) <= 4


async def cursors(api: Api, app_id: str) -> dict[str, str]:
    await api.bring(*(applied(app_id, name, at=T0) for name in ("a", "b", "vpc")), applied(app_id, at=later(1)))
    return {
        "list": (await listed(api, app_id, first=1))["pageInfo"]["endCursor"],
        "timeline": (await api.ask(TIMELINE, appId=app_id, first=1))["artifact"]["events"]["pageInfo"]["endCursor"],
        "log": (await api.ask(LOG, where={"appIds": [app_id]}, first=1))["events"]["pageInfo"]["endCursor"],
    }


async def test_a_cursor_of_another_query_is_refused(api: Api, app_id: str) -> None:
    made = await cursors(api, app_id)
    where = {"appIds": [app_id]}
    others: list[tuple[str, dict[str, Any]]] = [
        (NAMES, {"appId": app_id, "after": made["timeline"]}),
        (NAMES, {"appId": app_id, "after": made["log"]}),
        (NAMES, {"appId": None, "after": made["list"]}),
        (NAMES, {"appId": app_id, "selector": "team", "after": made["list"]}),
        (TIMELINE, {"appId": app_id, "after": made["list"]}),
        (TIMELINE, {"appId": app_id, "after": made["timeline"], "where": {"phases": ["INTENT"]}}),
        (LOG, {"where": where, "after": made["timeline"]}),
        (LOG, {"where": {**where, "kinds": ["x"]}, "after": made["log"]}),
        (LOG, {"after": made["log"]}),
    ]
    for query, variables in others:
        error = await api.fault(query, **variables)
        assert (error["extensions"]["code"], "hint" in error["extensions"]) == ("INVALID_CURSOR", True)


def forged(*position: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


async def test_a_text_that_is_no_cursor_is_refused(api: Api, app_id: str) -> None:
    made = await cursors(api, app_id)
    scopes = {name: json.loads(base64.urlsafe_b64decode(text + "==="))[0] for name, text in made.items()}
    texts = ["", "x", "é", "====", "AAAA", "%%%", "null", forged(), forged(1), "a" * 100_000, made["list"][:-3]]
    for query in (NAMES, TIMELINE, LOG):
        for text in texts:
            error = (
                await api.fault(query, appId=app_id, after=text) if query != LOG else await api.fault(LOG, after=text)
            )
            assert error["extensions"]["code"] == "INVALID_CURSOR", (text[:20], error)
            assert len(error["message"]) < 300
    for position in (
        [1e400, 1],
        [10**15, 1],
        [0, 10**30],
        [0, -(10**30)],
        ["x", 1],
        [None, None],
        [0, {}],
        [0, "x"],
    ):
        text = forged(scopes["timeline"], *position)
        error = await api.fault(TIMELINE, appId=app_id, after=text)
        assert error["extensions"]["code"] == "INVALID_CURSOR", (position, error)


@pytest.mark.parametrize("size", [0, -1, 501, 2**31 - 1])
async def test_a_page_has_1_to_500_items(api: Api, app_id: str, size: int) -> None:
    await api.bring(applied(app_id, at=T0))
    for query, variables in ((NAMES, {"appId": app_id}), (TIMELINE, {"appId": app_id}), (LOG, {})):
        error = await api.fault(query, first=size, **variables)
        assert error["extensions"]["code"] == "INVALID_ARGUMENT"
        assert str(size) in error["message"]
        assert "500" in error["message"]


async def test_500_of_each_are_a_page_and_an_empty_page_is_one_too(api: Api, app_id: str) -> None:
    assert (await listed(api, app_id, first=500))["nodes"] == []
    assert (await listed(api, app_id, first=1))["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }
    assert (await api.ask(LOG, where={"appIds": [app_id]}, first=500))["events"]["nodes"] == []


async def test_a_condition_that_nothing_can_meet_is_refused_under_the_name_that_the_caller_wrote(
    api: Api, app_id: str
) -> None:
    for name in ("types", "appIds", "kinds", "actions", "phases", "actors", "actorTypes"):
        error = await api.fault(LOG, where={name: []})
        assert error["extensions"]["code"] == "INVALID_ARGUMENT"
        assert f"{name} is an empty list" in error["message"]


async def test_the_whole_log_is_filtered_across_types_and_apps(api: Api, app_id: str) -> None:
    other = f"{app_id}-other"
    await api.bring(
        applied(app_id, at=T0, by="ann"),
        told("ConfigAppliedEvent", other, "c", at=later(1), by="bob", state=config(other, "c")),
        told("WidgetSpunEvent", app_id, "w", at=later(2), by="ann", actorType="SERVICE"),
    )
    both = {"appIds": [app_id, other]}

    async def found(**where: Any) -> list[str]:
        return [each["name"] for each in (await api.ask(LOG, where={**both, **where}))["events"]["nodes"]]

    assert await found() == ["w", "c", "vpc"]
    assert await found(types=["Widget", "Config"]) == ["w", "c"]
    assert await found(kinds=["WidgetSpunEvent"]) == ["w"]
    assert await found(actors=["ann"]) == ["w", "vpc"]
    assert await found(actors=["ann"], actorTypes=["SERVICE"]) == ["w"]
    assert await found(since=write(later(1)), until=write(later(2))) == ["c"]
    assert await found(appIds=[other]) == ["c"]


async def test_too_many_events_of_too_many_entities_are_refused_with_what_to_do(api: Api, app_id: str) -> None:
    await api.bring(*(applied(app_id, f"n{index:02}", at=T0) for index in range(45)))
    query = """query($appId: String) { artifacts(appId: $appId, first: 45) {
        nodes { name events(first: 500) { nodes { id } } } } }"""
    answer = await api.post(query, {"appId": app_id})
    assert answer["data"] is None
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"QUERY_TOO_LARGE"}
    assert answer["errors"][0]["extensions"]["hint"] == "Ask for fewer entities or fewer events of each."

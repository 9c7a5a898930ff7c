"""`where` and `orderBy` of lists, now and as of a moment."""

from typing import Any

import pytest

import manifests
from api import Api, running
from domain.instants import write
from domain.registry import Registry
from examples import T0, later
from told import Json, deployment, told

LIST = """query($appId: String, $where: DeploymentWhere, $order: [DeploymentOrderBy!], $first: Int! = 20,
    $after: String, $at: Instant) {
  deployments(appId: $appId, where: $where, orderBy: $order, first: $first, after: $after, asOf: $at) {
    nodes { name } edges { cursor } pageInfo { hasNextPage endCursor } } }"""
BIG = 2**53 + 1


async def listed(api: Api, app_id: str, where: Json | None = None, order: Any = None, **arguments: Any) -> Any:
    return (await api.ask(LIST, appId=app_id, where=where, order=order, **arguments))["deployments"]


async def names(api: Api, app_id: str, where: Json | None = None, order: Any = None, **arguments: Any) -> str:
    return "".join(each["name"] for each in (await listed(api, app_id, where, order, **arguments))["nodes"])


@pytest.fixture(scope="module")
async def fleet(api: Api) -> str:
    """Deployments a to f as they were at T0 and are now, and a seventh that is gone."""
    app_id = "fleet"
    configs = [{"name": "settings"}, {"name": "flags", "appId": "shared"}]
    specs: dict[str, Json] = {
        "a": {"version": "2.1", "replicas": 3, "configs": configs, "region": "eu-west-1"},
        "b": {"version": "2.0", "replicas": 1, "configs": configs[:1]},
        "c": {"version": "10.0", "replicas": 7, "configs": [], "artifact": {"name": "api", "appId": "other"}},
        "d": {"version": None, "replicas": "many", "region": "eu-central-1"},  # as no schema allows
        "e": {"replicas": 2.5, "version": 2.1, "configs": {"name": "settings"}, "x.y": {"$z": BIG}},
        "f": {"environment": "development"},
    }
    labels = {"a": {"team": "x", "example.com/tier": "web"}, "b": {"team": "y"}, "c": {"team": "xx"}}
    for name, spec in specs.items():
        state = deployment(app_id, name, **spec)
        state["meta"] |= {"labels": labels.get(name, {}), "annotations": {"example.com/note": f"n {name}"}}
        await api.bring(told("DeploymentAppliedEvent", app_id, name, at=later(ord(name)), by="ann", state=state))
    gone = told("DeploymentAppliedEvent", app_id, "g", at=T0, by="ann", state=deployment(app_id, "g", version="2.1"))
    await api.bring(gone, told("DeploymentDeletedEvent", app_id, "g", at=later(50), by="ann"))
    await api.bring(told("DeploymentScannedEvent", app_id, "b", at=later(200), by="scanner", spec={"findings": 0}))
    api.clock.move(300)
    return app_id


CONDITIONS: list[tuple[Json, str]] = [
    ({}, "abcdef"),
    ({"spec": {}}, "abcdef"),
    ({"spec": {"version": {"eq": "2.1"}}}, "a"),
    ({"spec": {"version": {"ne": "2.1"}}}, "bcdef"),
    ({"not": {"spec": {"version": {"eq": "2.1"}}}}, "bcdef"),
    ({"spec": {"version": {"in": ["2.1", "2.0"]}, "replicas": {"gte": 3}}}, "a"),
    ({"spec": {"version": {"in": []}}}, ""),
    ({"spec": {"version": {"notIn": ["2.1", "2.0"]}}}, "cdef"),
    ({"spec": {"version": {"startsWith": "2."}}}, "ab"),
    ({"spec": {"region": {"contains": "central"}}}, "d"),
    ({"spec": {"region": {"endsWith": "-1", "startsWith": "eu"}}}, "ad"),
    ({"spec": {"version": {"lt": "2"}}}, "c"),
    ({"spec": {"replicas": {"gt": 2}}}, "ace"),
    ({"spec": {"replicas": {"lte": 3, "gt": 1}}}, "ae"),
    ({"spec": {"version": {"exists": False}}}, "df"),
    ({"spec": {"artifact": {"name": {"eq": "api"}, "appId": {"eq": "other"}}}}, "c"),
    ({"spec": {"configs": {"any": {"name": {"eq": "flags"}}}}}, "a"),
    ({"spec": {"configs": {"any": {"name": {"eq": "settings"}, "appId": {"eq": "shared"}}}}}, ""),
    ({"spec": {"configs": {"all": {"name": {"eq": "settings"}}}}}, "bcdef"),
    ({"spec": {"configs": {"none": {"name": {"eq": "settings"}}, "exists": True}}}, "ce"),
    ({"labels": {"team": {"eq": "x"}}}, "a"),
    ({"labels": {"team": {"startsWith": "x"}, "example.com/tier": {"exists": True}}}, "a"),
    ({"labels": {"team": {"ne": "x"}}}, "bcdef"),
    ({"annotations": {"example.com/note": {"eq": "n e"}}}, "e"),
    ({"raw": {"path": "/spec/x.y/$z", "eq": BIG}}, "e"),
    ({"raw": {"path": "/spec/x.y/$z", "gt": BIG - 1, "lt": BIG + 1}}, "e"),
    ({"raw": {"path": "/spec/replicas", "eq": "many"}}, "d"),
    ({"raw": [{"path": "/spec/replicas", "eq": 2.5}, {"path": "/spec/version", "eq": 2.1}]}, "e"),
    ({"raw": {"path": "/spec/configs", "any": {"path": "/appId", "eq": "shared"}}}, "a"),
    ({"raw": {"path": "/metadata~1x", "exists": False}}, "abcdef"),
    ({"name": {"in": ["a", "f"]}, "appId": {"eq": "fleet"}}, "af"),
    ({"changedSince": write(later(99)), "changedUntil": write(later(101))}, "cd"),
    ({"lastActor": {"id": {"eq": "scanner"}}}, "b"),
    ({"lastActor": {"type": {"in": ["HUMAN"]}, "id": {"ne": "scanner"}}}, "acdef"),
    ({"lastEvent": {"action": {"eq": "Scanned"}, "phase": "OUTCOME", "since": write(later(200))}}, "b"),
    ({"lastEvent": {"actor": {"id": {"startsWith": "a"}}, "until": write(later(98))}}, "a"),
    ({"or": [{"spec": {"version": {"eq": "2.1"}}}, {"name": {"eq": "f"}}]}, "af"),
    ({"or": []}, ""),
    ({"and": [{"spec": {"replicas": {"gte": 1}}}, {"not": {"labels": {"team": {"exists": True}}}}]}, "e"),
]


@pytest.mark.parametrize(("where", "found"), CONDITIONS)
async def test_a_condition_selects_now_as_it_does_as_of_a_moment(api: Api, fleet: str, where: Json, found: str) -> None:
    assert await names(api, fleet, where) == found
    assert await names(api, fleet, where, at=write(later(250))) == found


async def test_a_condition_as_of_a_moment_is_asked_of_the_states_and_events_of_then(api: Api, fleet: str) -> None:
    async def then(milliseconds: float, where: Json) -> str:
        return await names(api, fleet, where, at=write(later(milliseconds)))

    assert await then(40, {"spec": {"version": {"eq": "2.1"}}}) == "g"
    assert await then(60, {"spec": {"version": {"eq": "2.1"}}}) == ""
    assert await then(199, {"lastActor": {"id": {"eq": "scanner"}}}) == ""
    query = """query($at: Instant!) { at(time: $at) { deployments(where: {spec: {version: {eq: "2.1"}}}) {
        nodes { name current { spec { version } } } } } }"""
    answer = await api.ask(query, at=write(later(40)))
    assert answer["at"]["deployments"]["nodes"] == [{"name": "g", "current": {"spec": {"version": "2.1"}}}]


ORDERS: list[tuple[Any, str]] = [
    ({"spec": {"replicas": "ASC"}}, "beacdf"),  # 1, 2.5, 3, 7, a text, nothing
    ({"spec": {"replicas": "DESC"}}, "dcaebf"),
    ({"spec": {"version": "ASC"}}, "ecbadf"),
    ({"spec": {"version": "DESC"}}, "abcefd"),
    ([{"spec": {"region": "DESC"}}, {"name": "DESC"}], "adfecb"),
    ({"spec": {"artifact": {"appId": "ASC"}}}, "cabdef"),
    ({"changed": "DESC"}, "fedcba"),
    ({"name": "DESC"}, "fedcba"),
    ({"raw": {"path": "/spec/x.y/$z", "direction": "ASC"}}, "eabcdf"),
    ({"raw": {"path": "/spec/configs", "direction": "ASC"}}, "abcedf"),
]


@pytest.mark.parametrize(("order", "found"), ORDERS)
async def test_an_order_is_the_same_now_as_of_a_moment_and_page_by_page(
    api: Api, fleet: str, order: Any, found: str
) -> None:
    for at in (None, write(later(250))):
        assert await names(api, fleet, None, order, at=at) == found
        walked, after = "", None
        while True:
            page = await listed(api, fleet, None, order, first=2, after=after, at=at)
            walked += "".join(each["name"] for each in page["nodes"])
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        assert walked == found


async def test_a_page_in_an_order_stays_right_while_others_write(api: Api, app_id: str) -> None:
    async def put(name: str, replicas: int) -> None:
        api.clock.move(1)
        state = deployment(app_id, name, replicas=replicas)
        await api.bring(told("DeploymentAppliedEvent", app_id, name, at=api.clock.at, state=state))

    for name, replicas in (("a", 10), ("b", 20), ("c", 30), ("d", 40)):
        await put(name, replicas)
    order = {"spec": {"replicas": "ASC"}}
    page = await listed(api, app_id, None, order, first=2)
    assert [each["name"] for each in page["nodes"]] == ["a", "b"]
    await put("new-before", 15)
    await put("new-after", 35)
    await put("a", 50)  # it moves on, and is told again where it stands now
    rest = await names(api, app_id, None, order, after=page["pageInfo"]["endCursor"])
    assert rest == "cnew-afterda"


async def test_a_cursor_of_another_condition_or_order_is_refused(api: Api, fleet: str) -> None:
    page = await listed(api, fleet, {"spec": {"replicas": {"gte": 1}}}, {"name": "ASC"}, first=1)
    cursor = page["pageInfo"]["endCursor"]
    for where, order in (
        ({"spec": {"replicas": {"gte": 2}}}, {"name": "ASC"}),
        ({"spec": {"replicas": {"gte": 1}}}, {"name": "DESC"}),
        (None, None),
    ):
        error = await api.fault(LIST, appId=fleet, where=where, order=order, after=cursor)
        assert error["extensions"]["code"] == "INVALID_CURSOR"


async def test_types_that_nobody_registered_are_filtered_and_ordered_by_paths(api: Api, app_id: str) -> None:
    for index, size in enumerate((3, 1, 2)):
        state = {"kind": "Widget", "metadata": {"name": f"w{index}"}, "spec": {"size": size}}
        await api.bring(told("WidgetAppliedEvent", app_id, f"w{index}", at=later(index), state=state))
    query = """query($appId: String!) { entities(type: "Widget", appId: $appId,
        where: {spec: {path: "/size", gt: 1}}, orderBy: {raw: {path: "/spec/size", direction: DESC}}) {
        nodes { name current { raw } } } }"""
    answer = await api.ask(query, appId=app_id)
    assert [each["name"] for each in answer["entities"]["nodes"]] == ["w0", "w2"]


REFUSED: list[tuple[str, str, str]] = [
    ("{spec: {version: {eq: null}}}", "INVALID_ARGUMENT", "'eq' is null"),
    ("{spec: {version: null}}", "INVALID_ARGUMENT", "'version' is null"),
    ("{not: null}", "INVALID_ARGUMENT", "'not' is null"),
    ('{labels: {team: "x"}}', "INVALID_ARGUMENT", "'team' is 'x'"),
    ('{labels: "team=x"}', "INVALID_ARGUMENT", "'team=x' names no key"),
    ('{labels: {team: {equals: "x"}}}', "INVALID_ARGUMENT", "'equals' is no comparison"),
    ("{labels: {team: {startsWith: 1}}}", "INVALID_ARGUMENT", "startsWith needs a text, not 1"),
    ('{labels: {team: {in: "x"}}}', "INVALID_ARGUMENT", "in needs a list"),
    ("{labels: {team: {exists: 1}}}", "INVALID_ARGUMENT", "exists is 1"),
    ('{raw: {path: "spec", eq: 1}}', "INVALID_ARGUMENT", "'spec' is no JSON Pointer"),
    ('{raw: {path: "/spec", eq: {a: 1}}}', "INVALID_ARGUMENT", "eq compares with a text, a number or a boolean"),
    ('{spec: {version: {eq: "%s"}}}' % ("x" * 1001), "INVALID_ARGUMENT", "1,001 characters, the limit is 1,000"),
    ("{raw: {eq: 1%s}}" % ("0" * 40), "INVALID_ARGUMENT", "more than 34 digits"),
]


@pytest.mark.parametrize(("where", "code", "message"), REFUSED)
async def test_a_condition_that_is_none_is_refused_with_what_is_wrong(
    api: Api, where: str, code: str, message: str
) -> None:
    error = await api.fault(f"{{ deployments(where: {where}) {{ nodes {{ name }} }} }}")
    assert error["extensions"]["code"] == code
    assert message in error["message"]
    assert error["extensions"]["hint"]


@pytest.mark.parametrize("order", ["{}", "{name: ASC, changed: ASC}", "{spec: {version: ASC, region: ASC}}"])
async def test_a_member_of_an_order_names_one_field(api: Api, order: str) -> None:
    error = await api.fault(f"{{ deployments(orderBy: {order}) {{ nodes {{ name }} }} }}")
    assert error["extensions"]["code"] == "INVALID_ARGUMENT"
    assert "a member of orderBy names" in error["message"]


async def test_conditions_are_bounded_in_number_and_depth(api: Api, app_id: str) -> None:
    many = {"name": {"in": [str(number) for number in range(501)]}}
    deep: Json = {"name": {"eq": "a"}}
    for _ in range(190):
        deep = {"not": deep}
    for where, message in ((many, "makes 501 comparisons"), (deep, "levels deep")):
        error = await api.fault(LIST, appId=app_id, where=where)
        assert error["extensions"]["code"] == "QUERY_TOO_LARGE", error
        assert message in error["message"]


async def test_a_type_that_is_applied_gets_the_indexes_that_it_declares(mongodb_uri: str) -> None:
    made = manifests.manifest("Machine", region="string")
    made["spec"]["indexes"] = ["/spec/region"]
    async with running(mongodb_uri, types=Registry([])) as api:
        assert await manifests.applied(api, made) == ["CREATED"]
        await api.service.log.declared.make()
        assert api.service.log.declared.made("Machine") == {("spec", "region")}
        for name, region in (("a", "eu"), ("b", "us"), ("c", "eu")):
            state = {
                "apiVersion": "v1",
                "kind": "Machine",
                "meta": {"name": name, "appId": "x"},
                "spec": {"region": region},
            }
            await api.bring(told("MachineAppliedEvent", "x", name, state=state))
        query = """{ machines(where: {spec: {region: {eq: "eu"}}}, orderBy: {spec: {region: DESC}}) {
            nodes { name } } }"""
        assert (await api.ask(query))["machines"]["nodes"] == [{"name": "c"}, {"name": "a"}]

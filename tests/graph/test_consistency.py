"""An answer may be old only where the request says so, and then it says how old."""

import time
from typing import Any

import pytest

from api import Api
from domain.errors import InvalidArgument
from graph.consistency import Recent, RecentAnswers, max_age
from told import applied

EVENTUAL = {"dsel": {"consistency": "EVENTUAL", "maxAgeMs": 60_000}}
QUERY = 'query($appId: String!) { artifact(name: "vpc", appId: $appId) { current { version } } }'


def recent(data: bytes = b"{}", age: float = 0.0) -> Recent:
    return Recent(b"", data, {}, {}, time.monotonic() - age)


async def version(api: Api, app_id: str, extensions: dict[str, Any] | None = None, **headers: str) -> tuple[Any, Any]:
    """The version of the artifact, and what the answer says of its age."""
    body = {"query": QUERY, "variables": {"appId": app_id}, "extensions": extensions}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = (await api.http.post("/graphql", json=body, headers=sent)).json()
    return answer["data"]["artifact"]["current"]["version"], answer["extensions"]["dsel"].get("ageMs")


async def test_what_may_be_old_is_given_again_with_its_age_and_nothing_else_is(api: Api, app_id: str) -> None:
    await api.bring(applied(app_id))
    assert await version(api, app_id) == (1, None)
    first, age = await version(api, app_id, EVENTUAL)
    assert first == 1
    assert 0 <= age < 60_000
    await api.bring(applied(app_id))
    assert (await version(api, app_id, EVENTUAL))[0] == 1
    assert await version(api, app_id) == (2, None)
    assert await version(api, app_id, {"dsel": {"consistency": "STRONG"}}) == (2, None)


async def test_an_answer_that_is_too_old_is_made_anew(api: Api, app_id: str) -> None:
    await api.bring(applied(app_id))
    await version(api, app_id)
    limited = {"dsel": {"consistency": "EVENTUAL", "maxAgeMs": 1}}
    await version(api, app_id, limited)
    await api.bring(applied(app_id))
    assert (await version(api, app_id, limited))[0] == 2


async def test_an_answer_is_given_again_to_its_own_caller_alone(api: Api, app_id: str) -> None:
    await api.bring(applied(app_id))
    await version(api, app_id)
    await version(api, app_id, EVENTUAL)
    await api.bring(applied(app_id))
    assert (await version(api, app_id, EVENTUAL, x_dsel_actor="somebody"))[0] == 2


async def test_an_answer_with_errors_is_not_given_again(api: Api) -> None:
    query = '{ artifacts(after: "no cursor") { nodes { name } } }'
    for _ in range(3):
        body = {"query": query, "extensions": EVENTUAL}
        answer = (await api.http.post("/graphql", json=body)).json()
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"
        assert "ageMs" not in answer["extensions"]["dsel"]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("EVENTUAL", "`extensions.dsel` is no object"),
        ({"consistency": "eventually"}, "`extensions.dsel.consistency` is 'eventually'"),
        ({"consistency": ["EVENTUAL"]}, r"`extensions.dsel.consistency` is \['EVENTUAL'\]"),
        ({"consistency": "EVENTUAL", "maxAgeMs": -1}, "`extensions.dsel.maxAgeMs` is -1"),
        ({"consistency": "EVENTUAL", "maxAgeMs": 60_001}, "`extensions.dsel.maxAgeMs` is 60001"),
        ({"consistency": "EVENTUAL", "maxAgeMs": True}, "`extensions.dsel.maxAgeMs` is True"),
        ({"maxAgeMs": "1s"}, "`extensions.dsel.maxAgeMs` is '1s'"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_to_send(asked: Any, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem) as refused:
        max_age({"dsel": asked})
    assert refused.value.hint


async def test_a_refusal_reaches_the_client(api: Api) -> None:
    body = {"query": "{ __typename }", "extensions": {"dsel": {"consistency": "SOON"}}}
    answer = await api.http.post("/graphql", json=body)
    assert answer.status_code == 400
    assert "Send one of STRONG, EVENTUAL" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("extensions", "age"),
    [
        (None, None),
        ({"trace": 1}, None),
        ({"dsel": {}}, None),
        ({"dsel": {"consistency": "STRONG", "maxAgeMs": 5}}, None),
        ({"dsel": {"consistency": "EVENTUAL"}}, 1_000),
        ({"dsel": {"consistency": "EVENTUAL", "maxAgeMs": 5}}, 5),
    ],
)
def test_only_eventual_answers_may_be_old(extensions: dict[str, Any] | None, age: int | None) -> None:
    assert max_age(extensions) == age


def test_answers_are_found_while_they_are_young_enough() -> None:
    answers = RecentAnswers()
    answers.put("a", recent(age=2.0))
    assert answers.get("a", 1_999) is None
    found = answers.get("a", 3_000)
    assert found is not None
    assert 2_000 <= found.age < 3_000
    assert answers.get("b", 60_000) is None


def test_the_oldest_make_room_and_the_largest_are_not_kept() -> None:
    answers = RecentAnswers(most_bytes=100_000)
    for number in range(15):
        answers.put(number, recent(b"0" * 8_000))
    answers.put(14, recent(b"0" * 1_000))
    answers.put("large", recent(b"0" * 9_000))
    kept = [key for key in (*range(15), "large") if answers.get(key, 60_000)]
    assert kept == list(range(5, 15))

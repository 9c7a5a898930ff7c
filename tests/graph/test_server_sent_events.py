"""GraphQL over server-sent events, distinct connections mode, on the real server."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from api import APPLY
from examples import artifact, envelope
from patience import PATIENCE
from serving import serving
from subscriber import Json, event_stream

EVENTS = "subscription($from: Position) { events(from: $from) { cursor node { id kind } } }"


@pytest.fixture(scope="module")
def address(mongodb_uri: str) -> Iterator[str]:
    with serving(mongodb_uri, heartbeat=0.2) as made:
        yield made


async def _write(address: str, event_id: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        line = {**envelope(eventId=event_id), "spec": {"artifact": artifact(id=event_id)}}
        answer = await http.post(f"{address}/events", json=line, headers={"content-type": "application/json"})
        assert answer.json()["done"] if answer.text.count("\n") < 2 else answer.status_code == 200


async def _next(events: AsyncIterator[tuple[str, Json | None, str | None]]) -> tuple[Any, str | None]:
    name, data, id_ = await anext(events)
    assert name == "next"
    assert data is not None
    return data, id_


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_query_is_one_event_and_complete(address: str, method: str) -> None:
    async with event_stream(address, "{ __typename }", method=method) as events:
        data, id_ = await _next(events)
        assert (data["data"], id_) == ({"__typename": "Query"}, None)
        assert await anext(events) == ("complete", None, None)
        assert [each async for each in events] == []


async def test_a_mutation_is_refused_by_get_and_runs_by_post(address: str) -> None:
    async with event_stream(address, APPLY, {"object": artifact()}) as events:
        assert (await _next(events))[0]["data"]["written"]["__typename"] == "ArtifactWritten"
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        query = {"query": "mutation { __typename }"}
        answer = await http.get(f"{address}/graphql", params=query, headers={"accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/json; charset=utf-8")


async def test_a_query_that_cannot_run_is_told_in_an_event(address: str) -> None:
    async with event_stream(address, "subscription { nothing }") as events:
        data, _ = await _next(events)
        assert [each["extensions"]["code"] for each in data["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
        assert "data" not in data
        assert (await anext(events))[0] == "complete"


async def test_each_event_has_its_cursor_as_id_from_which_a_browser_goes_on(address: str) -> None:
    async with event_stream(address, EVENTS, {"from": "2020-01-01T00:00:00Z"}) as events:
        for number in range(3):
            await _write(address, f"sse-{number}")
        seen: list[tuple[Any, str | None]] = []
        while not seen or seen[-1][0]["data"]["events"]["node"]["id"] != "sse-2":
            seen.append(await _next(events))
    ids = [data["data"]["events"]["node"]["id"] for data, _ in seen]
    assert all(id_ == data["data"]["events"]["cursor"] for data, id_ in seen)
    assert ids[-3:] == ["sse-0", "sse-1", "sse-2"]
    async with event_stream(
        address, EVENTS, {"from": "2020-01-01T00:00:00Z"}, last_event_id=seen[-3][1] or ""
    ) as events:
        rest = [(await _next(events))[0]["data"]["events"]["node"]["id"] for _ in range(2)]
    assert rest == ["sse-1", "sse-2"]


async def test_an_idle_stream_shows_signs_of_life(address: str) -> None:
    async with (
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http,
        http.stream(
            "GET",
            f"{address}/graphql",
            params={"query": "subscription { events { cursor } }"},
            headers={"accept": "text/event-stream"},
        ) as response,
    ):
        lines = response.aiter_lines()
        assert [await anext(lines) for _ in range(4)] == [":", "", ":", ""]


async def test_json_is_still_what_a_client_gets_who_takes_anything(address: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        answer = await http.post(f"{address}/graphql", json={"query": "{ __typename }"}, headers={"accept": "*/*"})
        assert answer.json()["data"] == {"__typename": "Query"}
        answer = await http.post(f"{address}/graphql", json={"query": "subscription { events { cursor } }"})
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
        assert "text/event-stream" in answer.json()["errors"][0]["message"]

"""The protocol graphql-transport-ws on the real server, message by message."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api import APPLY
from examples import artifact
from serving import serving
from subscriber import Json, Socket, socket

TYPENAME = "{ __typename }"
EVENTS = "subscription { events { node { kind } } }"
TOKENS = """
- {token: 0d5f6c2be19a4f77, actor: anna@example.com, type: HUMAN}
"""


@pytest.fixture(scope="module")
def address(mongodb_uri: str) -> Iterator[str]:
    with serving(mongodb_uri, max_subscriptions=120) as made:
        yield made


@pytest.fixture(scope="module")
def guarded(mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    tokens: Path = tmp_path_factory.mktemp("tokens") / "tokens.yaml"
    tokens.write_text(TOKENS)
    with serving(mongodb_uri, tokens=tokens) as made:
        yield made


@pytest.fixture(scope="module")
def narrow(mongodb_uri: str) -> Iterator[str]:
    with serving(mongodb_uri, max_subscriptions=1, heartbeat=0.2) as made:
        yield made


async def test_a_query_has_one_result_and_is_complete(address: str) -> None:
    async with socket(address) as made:
        await (await made.begin()).subscribe(TYPENAME)
        assert await made.data() == {"__typename": "Query"}
        assert await made.next() == {"id": "1", "type": "complete"}


async def test_a_mutation_writes(address: str) -> None:
    async with socket(address) as made:
        await (await made.begin()).subscribe(APPLY, object=artifact())
        assert (await made.data())["written"]["__typename"] == "ArtifactWritten"
        assert await made.next() == {"id": "1", "type": "complete"}


async def test_a_result_tells_its_instant_and_its_cursor(address: str) -> None:
    async with socket(address) as made:
        await (await made.begin()).subscribe(TYPENAME, id_="0")
        since = (await made.next())["payload"]["extensions"]["dsel"]["instant"]
        assert (await made.next())["type"] == "complete"
        await made.subscribe(f'subscription {{ events(from: "{since}") {{ node {{ kind }} }} }}')
        await made.subscribe(f'subscription {{ events(from: "{since}") {{ cursor }} }}', id_="2")
        await made.subscribe(APPLY, id_="3", object=artifact(version="1.1.0"))
        results: dict[str, Json] = {}
        while len(results) < 3:
            message = await made.next()
            results.setdefault(message["id"], message)
        told = [results[id_]["payload"]["extensions"]["dsel"] for id_ in ("1", "2")]
        assert told[0] == told[1]
        assert told[1]["cursor"] == results["2"]["payload"]["data"]["events"]["cursor"]


async def test_a_completed_operation_sends_nothing_more_and_frees_its_id(address: str) -> None:
    async with socket(address) as made:
        await (await made.begin()).subscribe(EVENTS)
        await made.send({"id": "1", "type": "complete"})
        await made.send({"id": "1", "type": "complete"})  # one that is not known is no fault: both may end at once
        await made.subscribe(APPLY, object=artifact(version="1.2.0"))
        assert (await made.data())["written"]["deduplicated"] is False
        assert await made.next() == {"id": "1", "type": "complete"}


@pytest.mark.parametrize("payload", [None, {"any": 1}])
async def test_a_ping_is_answered_with_its_payload_even_before_the_introduction(address: str, payload: Any) -> None:
    async with socket(address) as made:
        await made.send({"type": "ping"} | ({"payload": payload} if payload else {}))
        assert await made.next() == {"type": "pong"} | ({"payload": payload} if payload else {})
        await made.send({"type": "pong"})
        await made.begin()


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        "null",
        b"\x00",
        {"type": "start"},
        {"type": 1},
        {"id": "1"},
        {"type": "connection_init", "payload": "text"},
        {"type": "complete"},
        {"type": "connection_ack"},
    ],
)
async def test_a_message_that_is_none_closes_with_4400(address: str, message: Any) -> None:
    async with socket(address) as made:
        await made.send(message)
        assert (await made.closed())[0] == 4400


@pytest.mark.parametrize(
    "message",
    [
        {"payload": {"query": TYPENAME}},
        {"id": "", "payload": {"query": TYPENAME}},
        {"id": 1, "payload": {"query": TYPENAME}},
        {"id": "1"},
        {"id": "1", "payload": {}},
        {"id": "1", "payload": {"query": 1}},
        {"id": "1", "payload": {"query": TYPENAME, "variables": []}},
        {"id": "1", "payload": {"query": TYPENAME, "operationName": 1}},
    ],
)
async def test_a_subscribe_that_is_none_closes_with_4400(address: str, message: Any) -> None:
    async with socket(address) as made:
        await (await made.begin()).send({"type": "subscribe", **message})
        assert (await made.closed())[0] == 4400


async def test_an_operation_before_the_introduction_closes_with_4401(address: str) -> None:
    async with socket(address) as made:
        await made.subscribe(TYPENAME)
        assert await made.closed() == (4401, "Unauthorized")


async def test_a_second_introduction_closes_with_4429(address: str) -> None:
    async with socket(address) as made:
        await (await made.begin()).send({"type": "connection_init"})
        assert await made.closed() == (4429, "Too many initialisation requests")


async def test_an_id_that_is_in_use_closes_with_4409(address: str) -> None:
    async with socket(address) as made:
        await (await (await made.begin()).subscribe(EVENTS, id_="x")).subscribe(EVENTS, id_="x")
        assert await made.closed() == (4409, "Subscriber for x already exists")


@pytest.mark.parametrize("subprotocol", ["graphql-ws", "anything"])
async def test_another_subprotocol_closes_with_4406(address: str, subprotocol: str) -> None:
    async with socket(address, subprotocol) as made:
        assert await made.closed() == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { events {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { a: events { cursor } b: events { cursor } }", "GRAPHQL_VALIDATION_FAILED"),
        (
            f"subscription {{ events {{ node {'{ entity { lastEvent ' * 20} {{ id }} {'} }' * 20} }} }}",
            "QUERY_TOO_DEEP",
        ),
        ('subscription { events(from: "2999-01-01T00:00:00Z") { cursor } }', "ASOF_IN_FUTURE"),
        ('subscription { events(from: "2025-01-01T00:00") { cursor } }', "INVALID_INSTANT"),
        ('subscription { events(from: "nothing") { cursor } }', "INVALID_CURSOR"),
        ("subscription { events(where: {kinds: []}) { cursor } }", "INVALID_ARGUMENT"),
        ('subscription { artifact(name: "", appId: "1") { name } }', "INVALID_ARGUMENT"),
        ("subscription($id: ID!) { events { cursor } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_an_operation_that_cannot_run_ends_with_its_error_and_the_connection_stays(
    address: str, query: str, code: str
) -> None:
    async with socket(address) as made:
        await (await made.begin()).subscribe(query)
        assert (await made.error())["extensions"]["code"] == code
        await made.subscribe(TYPENAME)
        assert await made.data() == {"__typename": "Query"}


async def test_a_connection_runs_a_hundred_operations_at_once(address: str) -> None:
    async with socket(address) as made:
        await made.begin()
        for number in range(101):
            await made.subscribe(EVENTS, id_=str(number))
        message = await made.next()
        assert (message["id"], message["payload"][0]["extensions"]["code"]) == ("100", "TOO_MANY_SUBSCRIPTIONS")


async def test_who_asks_is_said_in_the_introduction_or_in_a_header(guarded: str) -> None:
    credentials = {"Authorization": "Bearer 0d5f6c2be19a4f77"}
    async with socket(guarded) as made:
        await (await made.begin(**credentials)).subscribe(APPLY, object=artifact())
        assert (await made.data())["written"]["event"]["actor"]["id"] == "anna@example.com"
    async with socket(guarded, **credentials) as made:
        await (await made.begin()).subscribe(TYPENAME)
        assert await made.data() == {"__typename": "Query"}


@pytest.mark.parametrize("payload", [{}, {"authorization": "Bearer wrong"}, {"authorization": 1}])
async def test_who_is_not_known_is_closed_with_4403(guarded: str, payload: Any) -> None:
    async with socket(guarded) as made:
        await made.send({"type": "connection_init", "payload": payload})
        code, reason = await made.closed()
        assert (code, reason[:10]) == (4403, "Forbidden:")


async def test_more_subscriptions_or_connections_than_the_limit_are_refused_until_one_ends(narrow: str) -> None:
    """And an idle connection shows signs of life."""
    async with socket(narrow) as made:
        await (await (await made.begin()).subscribe(EVENTS, id_="1")).subscribe(EVENTS, id_="2")
        assert (await made.error())["extensions"] == {
            "code": "TOO_MANY_SUBSCRIPTIONS",
            "hint": "Close some, or try again in a while.",
            "retryable": True,
        }
        async with socket(narrow) as other:
            assert (await other.closed())[0] == 1013
        await made.send({"id": "1", "type": "complete"})
        await made.subscribe(TYPENAME, id_="3")
        assert await made.data() == {"__typename": "Query"}
        assert await made.next() == {"id": "3", "type": "complete"}
        assert await made.connection.recv() == '{"type":"ping"}'


@pytest.mark.parametrize(("origin", "is_welcome"), [("https://elsewhere.example", False), (None, True)])
async def test_a_page_of_another_site_may_not_connect(address: str, origin: str | None, is_welcome: bool) -> None:
    headers = {"Origin": origin or address}
    if is_welcome:
        async with socket(address, **headers) as made:
            await made.begin()
    else:
        with pytest.raises(InvalidStatus) as refusal:
            await _connected(address, headers)
        assert refusal.value.response.status_code == 403


async def test_who_says_nothing_is_closed_with_4408(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with socket(address) as made:
        with pytest.raises(ConnectionClosed) as closed:
            await made.connection.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4408, "Connection initialisation timeout")


async def _connected(address: str, headers: dict[str, str]) -> Socket:
    async with socket(address, **headers) as made:
        return made

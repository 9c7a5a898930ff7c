"""`GET /export`: the file holds what the search finds, says what it is, and shows when it is not whole."""

import asyncio
import csv
import io
import json
from dataclasses import replace
from typing import Any

import httpx
import pyarrow.parquet
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from api import Api, Json
from domain.entity import Entity
from domain.instants import write
from examples import artifact, envelope, later
from graph.export import endpoint
from graph.export_formats import COLUMNS
from meddling import Meddled, away
from repository.mongo_event_log import MongoEventLog
from resolvers.context import Context
from resolvers.exports import Pace


def brought(app_id: str, number: int, **meta: Any) -> Json:
    made = envelope(eventId=f"{app_id}-{number}", timestamp=write(later(number)), appId=app_id, **meta)
    state = artifact(Entity("Artifact", app_id, "vpc"), note='Größe, "quoted"\n# second line', number=number)
    made["spec"] = {"artifact": state, "comment": "=1+1"}
    return made | {"meta": made["meta"] | {"name": "vpc"}}


@pytest.fixture
async def filled(api: Api, app_id: str) -> str:
    await api.bring(*(brought(app_id, number) for number in range(60)))
    return app_id


async def export(api: Api, app_id: str | None = None, **parameters: Any) -> httpx.Response:
    where = {"appIds": [app_id]} if app_id else {}
    asked = {"where": json.dumps(where | parameters.pop("where", {})), **parameters}
    return await api.http.get("/export", params=asked)


def lines(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_ndjson_holds_each_event_between_the_query_and_the_end(api: Api, filled: str) -> None:
    answer = await export(api, filled)
    head, *events, end = lines(answer)
    assert answer.headers["content-type"] == "application/x-ndjson"
    settled = write(later(-12_000, api.clock()))
    complete = head["export"].pop("complete")
    assert head == {
        "export": {
            "where": {"appIds": [filled]},
            "order": "OLDEST",
            "time": write(api.clock()),
            "knownAt": write(api.clock()),
            "settled": settled,
        }
    }
    assert complete.startswith(f"All events that meet the query and were recorded by {settled}.")
    assert f"knownAt={settled}" in complete
    assert end == {"end": {"events": 60, "settled": settled}}
    assert [each["id"] for each in events] == [f"{filled}-{number}" for number in range(60)]
    assert list(events[0]) == list(COLUMNS)
    assert events[0]["envelope"]["spec"] == brought(filled, 0)["spec"]
    assert (events[0]["version"], events[0]["comment"], events[0]["actorType"]) == (1, "=1+1", "HUMAN")


async def test_csv_has_the_same_columns_and_every_character(api: Api, filled: str) -> None:
    answer = await export(api, filled, format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    head, rest = answer.content.decode().split("\r\n", 1)
    assert json.loads(head.removeprefix("# "))["export"]["where"] == {"appIds": [filled]}
    header, *rows, end = csv.reader(io.StringIO(rest, newline=""))
    assert header == list(COLUMNS)
    assert end[0].startswith("# ")
    last = rest.rstrip("\r\n").rpartition("\r\n")[2]
    assert json.loads(last.removeprefix("# "))["end"]["events"] == 60
    assert len(rows) == 60
    first = dict(zip(header, rows[0], strict=True))
    assert first["id"] == f"{filled}-0"
    assert json.loads(first["envelope"])["spec"] == brought(filled, 0)["spec"]


async def test_parquet_has_types_and_the_query_in_its_metadata(api: Api, filled: str) -> None:
    answer = await export(api, filled, format="parquet")
    assert answer.status_code == 200, answer.text
    file = pyarrow.parquet.ParquetFile(io.BytesIO(answer.content))
    table = file.read()
    assert table.column_names == list(COLUMNS)
    assert str(table.schema.field("timestamp").type) == "timestamp[ms, tz=UTC]"
    assert table["timestamp"].to_pylist() == [later(number) for number in range(60)]
    assert table["version"].to_pylist() == list(range(1, 61))
    told = file.metadata.metadata
    assert json.loads(told[b"dsel.export"])["where"] == {"appIds": [filled]}
    assert json.loads(told[b"dsel.end"])["events"] == 60
    with pytest.raises(pyarrow.ArrowInvalid):
        pyarrow.parquet.ParquetFile(io.BytesIO(answer.content[:-100]))


async def test_an_export_of_what_is_settled_is_the_same_whenever_it_is_made(api: Api, filled: str) -> None:
    """Also what is imported into its past later is not in it."""
    api.clock.move(20_000)
    settled = write(later(-12_000, api.clock()))
    first = await export(api, filled, time=settled, knownAt=settled)
    told = lines(first)[0]["export"]
    assert (told["settled"], told["complete"].split(". ")[0]) == (
        settled,
        f"All events that meet the query and were recorded by {settled}",
    )
    assert len(lines(first)) == 62
    await api.bring(brought(filled, 1_000) | {"meta": brought(filled, 7)["meta"] | {"eventId": f"{filled}-late"}})
    api.clock.move(20_000)
    assert (await export(api, filled, time=settled, knownAt=settled)).content == first.content


@pytest.mark.parametrize("format_", ["ndjson", "csv", "parquet"])
async def test_an_export_of_nothing_is_whole(api: Api, app_id: str, format_: str) -> None:
    answer = await export(api, app_id, format=format_)
    assert answer.status_code == 200
    assert b'"events":0' in answer.content


async def test_an_export_takes_the_conditions_the_order_and_the_moment_of_a_search(api: Api, filled: str) -> None:
    where = {"since": write(later(10)), "phases": ["OUTCOME"], "actorTypes": ["HUMAN"]}
    _, *events, _ = lines(await export(api, filled, where=where, order="NEWEST", time=write(later(12))))
    assert [each["id"] for each in events] == [f"{filled}-{number}" for number in (12, 11, 10)]
    api.clock.move(20_000)
    _, *events, _ = lines(await export(api, order="RECORDED", where={"recordedUntil": write(api.clock())}))
    assert {f"{filled}-{number}" for number in range(60)} <= {each["id"] for each in events}
    early = write(later(-1_000_000))
    assert len(lines(await export(api, filled, knownAt=early))) == 2


@pytest.mark.parametrize(
    ("parameters", "code", "says"),
    [
        ({"format": "xlsx"}, "INVALID_ARGUMENT", "ndjson, csv, parquet"),
        ({"order": "oldest"}, "INVALID_ARGUMENT", "NEWEST, OLDEST, RECORDED"),
        ({"where": "{"}, "INVALID_ARGUMENT", "no JSON"),
        ({"where": "[]"}, "INVALID_ARGUMENT", "not an object"),
        ({"where": '{"app": "x"}'}, "INVALID_ARGUMENT", "appIds"),
        ({"where": '{"phases": ["MAYBE"]}'}, "INVALID_ARGUMENT", "INTENT, OUTCOME"),
        ({"where": '{"kinds": []}'}, "INVALID_ARGUMENT", "empty list"),
        ({"where": '{"since": "yesterday"}'}, "INVALID_INSTANT", "RFC 3339"),
        ({"where": '{"executionId": 4}'}, "INVALID_ARGUMENT", "not a text"),
        ({"time": "2999-01-01T00:00:00Z"}, "ASOF_IN_FUTURE", "later"),
        ({"limit": "5"}, "INVALID_ARGUMENT", "knownAt"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_before_anything_is_sent(
    api: Api, parameters: dict[str, str], code: str, says: str
) -> None:
    answer = await api.http.get("/export", params=parameters)
    assert answer.status_code == 400
    told = answer.json()
    assert told["code"] == code
    assert says in f"{told['message']} {told.get('hint')}" or code == "ASOF_IN_FUTURE"


async def test_an_export_shows_one_instant_and_loses_nothing_while_others_write(api: Api, filled: str) -> None:
    """Backdated events come between the batches; none of them is in a file that was begun before."""
    api.clock.move(1)
    answering = asyncio.create_task(export(api, filled))
    for number in range(100, 110):
        late = brought(filled, number)
        late["meta"]["timestamp"] = write(later(number - 100))
        await api.bring(late)
        api.clock.move(1)
    _, *events, end = lines(await answering)
    assert len(events) == len({each["id"] for each in events}) == end["end"]["events"]
    assert {f"{filled}-{number}" for number in range(60)} <= {each["id"] for each in events}


async def nothing() -> None:
    """Happens."""


@pytest.mark.parametrize("format_", ["ndjson", "csv", "parquet"])
async def test_an_export_that_breaks_off_has_no_end(api: Api, filled: str, format_: str) -> None:
    """The first batch is sent; then MongoDB is away."""
    meddled = Meddled(api.service.database)
    meddled.before[("find", "events")] = [nothing, away]

    async def context(request: Request) -> Context:
        return replace(await api.service.context(request), log=MongoEventLog(meddled, api.clock))

    app = Starlette(routes=[Route("/export", endpoint(context))])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://dsel") as http:
        where = json.dumps({"appIds": [filled]})
        answer = await http.get("/export", params={"format": format_, "where": where})
    assert filled.encode() in answer.content
    assert b'"events":' not in answer.content
    assert not answer.content.endswith(b"PAR1")


async def test_a_store_that_is_away_from_the_start_is_said_as_such(api: Api) -> None:
    meddled = Meddled(api.service.database)
    meddled.before[("find", "events")] = [away]

    async def context(request: Request) -> Context:
        return replace(await api.service.context(request), log=MongoEventLog(meddled, api.clock))

    transport = httpx.ASGITransport(Starlette(routes=[Route("/export", endpoint(context))]))
    async with httpx.AsyncClient(transport=transport, base_url="http://dsel") as http:
        answer = await http.get("/export")
    assert answer.status_code == 503
    assert answer.json()["code"] == "STORE_UNAVAILABLE"


def test_batches_grow_up_to_some_megabytes_and_shrink_where_events_are_large() -> None:
    pace = Pace()
    sizes = []
    for size in (1_000, 1_000, 1_000, 1_000, 2 * 2**20):
        pace.note(pace.events, pace.events * size)
        sizes.append(pace.events)
    assert sizes == [80, 320, 1_000, 1_000, 2]
    pace.note(2, 32 * 2**20)
    assert pace.events == 1

"""MongoDB away, and failures that are nobody's business: clear, retryable, without a secret, and over by themselves."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from api import APPLY, RECORD, Api, running
from graph.app import create_app
from graph.settings import Settings
from patience import PATIENCE
from repository.driver import Driver
from repository.embedded import EmbeddedMongod
from told import applied

Json = dict[str, Any]
TIMEOUT = 4.0  # seconds; long enough for a MongoDB that answers on a busy machine
READ = """query($appId: String!) { artifact(name: "vpc", appId: $appId) { name } artifacts { nodes { name } }
  events(first: 1) { nodes { id } } domainTypes { name } }"""


@pytest.fixture
async def mongod(tmp_path: Path) -> AsyncIterator[EmbeddedMongod]:
    """A MongoDB that may be stopped."""
    async with EmbeddedMongod(tmp_path) as made:
        yield made


async def ready(api: Api) -> int:
    return (await api.http.get("/readyz")).status_code


async def back(api: Api) -> None:
    """Until the service is ready again."""
    async with asyncio.timeout(PATIENCE):
        while await ready(api) != 200:  # noqa: ASYNC110 - the service is asked as an operator's probe asks it
            await asyncio.sleep(0.05)


async def test_without_mongodb_every_answer_is_a_retryable_error_in_time_and_it_recovers_by_itself(
    mongod: EmbeddedMongod, caplog: pytest.LogCaptureFixture
) -> None:
    """With either driver."""
    async with AsyncExitStack() as services:
        started = [
            await services.enter_async_context(running(mongod.uri, mongo_driver=driver, mongo_timeout=TIMEOUT))
            for driver in Driver
        ]
        for api in started:
            assert (await api.record(applied("a")))["event"]["version"] == 1
        await mongod.stop()
        await asyncio.gather(*map(answers_without_mongodb, started))
        await mongod.start()
        await asyncio.gather(*map(recovers, started))
    assert errors(caplog) == []


def errors(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Not the driver's own: it says at this level that it could not tell a MongoDB that is away to forget a cursor."""
    return [each for each in caplog.records if each.levelno >= logging.ERROR and not each.name.startswith("pymongo.")]


def identified() -> Json:
    envelope = applied("a")
    envelope["meta"]["eventId"] = "once"
    return envelope


async def answers_without_mongodb(api: Api) -> None:
    async with asyncio.timeout(PATIENCE):
        answer = await api.post(READ, {"appId": "a"})
        written = await api.post(RECORD, {"envelope": identified()})
        probe = await api.http.get("/readyz")

    assert answer["data"] is None
    for error in (*answer["errors"], *written["errors"]):
        assert error["extensions"]["code"] == "STORE_UNAVAILABLE"
        assert error["extensions"]["retryable"] is True
        assert error["extensions"]["hint"]
        assert "127.0.0.1" not in str(error)
        assert "Timeout" not in str(error)
    assert (probe.status_code, probe.json()["status"]) == (503, "unavailable")
    assert (await api.http.get("/healthz")).status_code == 200
    assert (await api.ask("{ domainTypes { name } }"))["domainTypes"]


async def recovers(api: Api) -> None:
    await back(api)
    again = await api.record(identified())
    assert (again["__typename"], again["event"]["version"]) == ("EventRecorded", 2)
    assert (await api.record(identified()))["deduplicated"] is True
    assert (await api.ask(READ, appId="a"))["artifact"] == {"name": "vpc"}


class Broken:
    """A log of which one read fails in a way that nobody foresaw."""

    def __init__(self, log: Any, read: str, error: Exception) -> None:
        self._log, self._read, self._error = log, read, error

    def __getattr__(self, name: str) -> Any:
        if name != self._read:
            return getattr(self._log, name)

        async def fail(*_: Any, **__: Any) -> Any:
            raise self._error

        return fail


SECRET = "mongodb://admin:hunter2@db.internal/?tls=true"


@pytest.fixture
async def broken(api: Api) -> AsyncIterator[Any]:
    log = api.service.log

    def break_(read: str, error: Exception) -> None:
        api.service.log = Broken(log, read, error)  # type: ignore[assignment]

    yield break_
    api.service.log = log


async def test_an_unforeseen_failure_is_masked_and_logged_under_the_correlation_of_its_answer(
    api: Api, app_id: str, broken: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await api.record(applied(app_id))
    broken("events", RuntimeError(SECRET))
    query = "query($appId: String!) { artifacts(appId: $appId) { nodes { name events { nodes { id } } } } }"
    response = await api.http.post(
        "/graphql", json={"query": query, "variables": {"appId": app_id}}, headers={"X-Correlation-Id": "req-99"}
    )
    [error] = response.json()["errors"]
    assert error["message"] == "Internal error"
    assert error["extensions"] == {"code": "INTERNAL", "correlationId": "req-99"}
    assert response.headers["x-correlation-id"] == "req-99"
    assert response.status_code == 200
    assert "hunter2" not in response.text
    assert "Traceback" not in response.text
    [record] = errors(caplog)
    assert "req-99" in record.getMessage()
    assert record.exc_info is not None
    assert SECRET in str(record.exc_info[1])


@pytest.mark.parametrize(("mutation", "read"), [(RECORD, "append"), (APPLY, "append")])
async def test_a_write_that_fails_unforeseen_is_masked_too(
    api: Api, app_id: str, broken: Any, mutation: str, read: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken(read, RuntimeError(SECRET))
    object_ = {"meta": {"name": "x", "appId": app_id}, "spec": {"version": "1"}}
    variables = {"envelope": applied(app_id), "object": object_}
    answer = await api.post(mutation, {name: value for name, value in variables.items() if f"${name}" in mutation})
    assert answer["data"] is None
    assert [error["message"] for error in answer["errors"]] == ["Internal error"]
    assert "hunter2" not in str(answer)
    assert len(errors(caplog)) == 1


async def test_the_failure_of_one_field_leaves_the_others(api: Api, app_id: str, broken: Any) -> None:
    await api.record(applied(app_id))
    broken("first_events", RuntimeError(SECRET))
    query = """query($appId: String!) { artifact(name: "vpc", appId: $appId) {
        firstEvent { id } current { version } lastActor { id } } }"""
    answer = await api.post(query, {"appId": app_id})
    assert answer["data"]["artifact"] == {
        "firstEvent": None,
        "current": {"version": 1},
        "lastActor": {"id": "anonymous"},
    }
    assert len(answer["errors"]) == 1


async def test_every_answer_has_a_correlation_id_and_is_not_to_be_kept(api: Api) -> None:
    for query in ("{ domainTypes { name } }", "{ nope }", "{"):
        response = await api.http.post("/graphql", json={"query": query})
        assert len(response.headers["x-correlation-id"]) == 16
        assert response.headers["cache-control"] == "no-store"


async def test_home_leads_to_the_endpoint_and_unknown_paths_are_404(api: Api) -> None:
    home = await api.http.get("/")
    assert (home.status_code, home.headers["location"]) == (307, "/graphql")
    assert (await api.http.get("/nope")).status_code == 404
    assert (await api.http.get("/healthz")).json() == {"status": "ok"}
    assert (await api.http.get("/readyz")).json() == {"status": "ok"}


def test_a_service_without_a_mongodb_to_use_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    given: Json = {"mongodb_uri": None, "data": tmp_path}
    with pytest.raises(ValueError, match="mongodb_uri"):
        create_app(Settings(**given))

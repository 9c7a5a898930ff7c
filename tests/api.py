"""The real application over HTTP: on a database of its own, without a socket."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from asgi_lifespan import LifespanManager
from pymongo import AsyncMongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from domain.instants import Clock
from domain.registry import Registry
from examples import Hands, later
from graph.app import Service, create_app
from graph.settings import Settings
from patience import PATIENCE

Json = dict[str, Any]

REFUSAL = """
  ... on WriteError { code message hint path }
  ... on ValidationFailure { violations { path message rule } }
  ... on VersionConflict { expected actual }
  ... on WriteRefused { retryable }
"""
WRITTEN = """
  deduplicated
  entity { id type appId name }
  event { id kind phase version timestamp timestampText recordedAt correlationId executionId actor { id type } meta }
"""
APPLY = f"""mutation($object: ArtifactInput!, $id: String, $version: Int, $comment: String, $metadata: JSON,
    $execution: String, $correlation: String) {{
  written: applyArtifact(object: $object, eventId: $id, expectedVersion: $version, comment: $comment,
    metadata: $metadata, executionId: $execution, correlationId: $correlation) {{
    __typename ... on ArtifactWritten {{ {WRITTEN} }} {REFUSAL} }} }}"""
BRING = f"""mutation($envelopes: [JSON!]!) {{ written: recordEvents(envelopes: $envelopes, import: true) {{
    __typename ... on EventRecorded {{ {WRITTEN} }} {REFUSAL} }} }}"""
DELETE = f"""mutation($name: String!, $appId: String!, $id: String, $version: Int, $comment: String) {{
  written: deleteArtifact(name: $name, appId: $appId, eventId: $id, expectedVersion: $version, comment: $comment) {{
    __typename ... on ArtifactWritten {{ {WRITTEN} }} {REFUSAL} }} }}"""
RECORD = f"""mutation($envelope: JSON!, $version: Int, $import: Boolean! = false) {{
  written: recordEvent(envelope: $envelope, expectedVersion: $version, import: $import) {{
    __typename ... on EventRecorded {{ {WRITTEN} }} {REFUSAL} }} }}"""


@dataclass
class Api:
    """A client of one running service. `headers` go with every request."""

    http: httpx.AsyncClient
    service: Service
    clock: Hands

    async def post(self, query: str, /, variables: Mapping[str, Any] | None = None, **headers: str) -> Json:
        """The whole answer to a query."""
        body = {"query": query, "variables": variables}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: Json = json.loads((await self.http.post("/graphql", json=body, headers=sent)).content)
        return answer

    async def ask(self, query: str, /, **variables: Any) -> Any:
        """The data of a query that must not fail."""
        answer = await self.post(query, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def fault(self, query: str, /, **variables: Any) -> Json:
        """The only error of a query that must fail."""
        errors: list[Json] = (await self.post(query, variables)).get("errors", [])
        assert len(errors) == 1, errors
        return errors[0]

    async def apply(self, object_: Json, **options: Any) -> Any:
        return (await self.ask(APPLY, object=object_, **options))["written"]

    async def delete(self, name: str, app_id: str, **options: Any) -> Any:
        return (await self.ask(DELETE, name=name, appId=app_id, **options))["written"]

    async def record(self, envelope: Any, *, version: int | None = None, imported: bool = False) -> Any:
        return (await self.ask(RECORD, envelope=envelope, version=version, **{"import": imported}))["written"]

    async def bring(self, *envelopes: Json) -> list[Json]:
        """Imports what must be importable; the events."""
        written = (await self.ask(BRING, envelopes=envelopes))["written"]
        assert {each["__typename"] for each in written} == {"EventRecorded"}, written
        return [each["event"] for each in written]

    async def events(self, app_id: str | None = None) -> int:
        """How many events the log holds, asked of MongoDB itself."""
        condition = {} if app_id is None else {"appId": app_id}
        return len(await self.service.database.find("events", condition, projection={"_id": 1}))


@asynccontextmanager
async def running(
    uri: str, *, types: Registry | None = None, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[Api]:
    """A service from start to stop. Its clock stands still, a minute after T0, unless another is given.

    Two of them are replicas when they are given one `database`.
    """
    hands, database = Hands(later(60_000)), settings.pop("database", f"test_{uuid4().hex}")
    chosen = Settings(**{"mongodb_uri": uri, "database": database, "aggregates": False, **settings})
    app = create_app(chosen, types=types, clock=clock or hands, listeners=[_CALLS])
    async with (
        LifespanManager(app, startup_timeout=PATIENCE, shutdown_timeout=PATIENCE),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dsel", timeout=PATIENCE) as http,
    ):
        yield Api(http, app.state.service, hands)
    async with AsyncMongoClient[Json](uri) as client:
        await client.drop_database(database)


class _Calls(CommandListener):
    def started(self, event: CommandStartedEvent) -> None:
        recorder = _RECORDER.get()
        if recorder is not None:
            recorder.append({**event.command})

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to note."""


_CALLS = _Calls()
_RECORDER: ContextVar[list[Json] | None] = ContextVar("recorder", default=None)


@contextmanager
def calls() -> Iterator[list[Json]]:
    """The commands that MongoDB gets because of what happens inside; not those of the follower meanwhile."""
    made: list[Json] = []
    token = _RECORDER.set(made)
    yield made
    _RECORDER.reset(token)

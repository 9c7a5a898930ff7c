"""`dsel database-user` prepares a MongoDB with access control, and the service needs no more than its user may do."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from asgi_lifespan import LifespanManager
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure
from starlette.applications import Starlette

from domain.errors import StartupError
from graph.app import create_app
from graph.settings import Settings
from guarded import ROOT, guarded
from manifests import manifest
from patience import PATIENCE
from repository import indexes
from repository.documents import EVENTS, LATEST
from repository.driver import Driver, connect
from repository.role import create_service_user

DATABASE = "guarded"
ADMIN, SERVICE = "admin", "service"
SECRET = "s3cret/with:signs@and%"

Client = AsyncMongoClient[dict[str, Any]]


class Ended(NamedTuple):
    """How a command ended, and what it said."""

    code: int | None
    out: str
    err: str


@pytest.fixture(scope="module")
async def uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A replica set with access control, and in it an administrator of users and of one database."""
    async with guarded(tmp_path_factory.mktemp("guarded")) as address:
        async with Client(address, username=ROOT, password=ROOT) as root:
            roles = ["dbOwner", {"role": "userAdminAnyDatabase", "db": "admin"}]
            await root[DATABASE].command("createUser", ADMIN, pwd=ADMIN, roles=roles)
        yield address


@pytest.fixture(scope="module")
async def prepared(uri: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URI of the service's user, made by the command."""
    password = tmp_path_factory.mktemp("secrets") / "password"
    password.write_text(f"{SECRET}\n")
    ended = await database_user(as_admin(uri), "--password-file", str(password))
    assert (ended.code, ended.err) == (0, "")
    assert "its user service can run the service" in ended.out
    assert SECRET not in ended.out
    return as_user(uri, SERVICE, "s3cret%2Fwith%3Asigns%40and%25")


@pytest.fixture(scope="module", params=list(Driver), ids=str)
async def app(prepared: str, request: pytest.FixtureRequest) -> AsyncIterator[Starlette]:
    """The whole service as that user, through each driver."""
    settings = {"mongodb_uri": prepared, "database": DATABASE, "mongo_driver": request.param}
    made = create_app(Settings(**settings))
    async with LifespanManager(made):
        yield made


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dsel") as made:
        yield made


def as_user(uri: str, name: str, password: str) -> str:
    return f"{uri.replace('://', f'://{name}:{password}@')}&authSource={DATABASE}"


def as_admin(uri: str) -> str:
    return as_user(uri, ADMIN, ADMIN)


async def database_user(admin_uri: str, *arguments: str, stdin: str = "") -> Ended:
    return await dsel(admin_uri, "database-user", "--username", SERVICE, *arguments, stdin=stdin)


async def dsel(admin_uri: str, command: str, *arguments: str, stdin: str = "") -> Ended:
    """A command as a process of its own; the administrator's URI goes through the environment."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("dsel"),
        *(command, "--database", DATABASE, *arguments),
        env={**os.environ, "DSEL_ADMIN_URI": admin_uri},
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await process.communicate(stdin.encode())
    return Ended(process.returncode, out.decode(), err.decode())


async def ask(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    response = await client.post("/graphql", json={"query": query, "variables": variables})
    answer = response.json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


WRITE = """mutation($app: String!, $version: String!) {
  applyArtifact(object: {meta: {name: "vpc", appId: $app, labels: {team: "platform"}}, spec: {version: $version}}) {
    ... on ArtifactWritten { event { id version timestamp } entity { current { spec { version } } } }
    ... on WriteError { code message } } }"""
RECORD = """mutation($envelope: JSON!, $import: Boolean!) {
  recordEvent(envelope: $envelope, import: $import) {
    ... on EventRecorded { event { id version timestamp } } ... on WriteError { code message } } }"""
DELETE = """mutation($app: String!) {
  deleteArtifact(name: "vpc", appId: $app) {
    ... on ArtifactWritten { event { version } entity { current { version } } }
    ... on WriteError { code message } } }"""
TYPE = "mutation($manifest: JSON!) { applyDomainType(manifest: $manifest) { __typename } }"
RETIRE = "mutation($name: String!) { retireDomainType(name: $name) { __typename } }"
READ = """query($app: String!, $first: Instant!, $id: ID!) {
  artifact(name: "vpc", appId: $app) {
    current { spec { version } validFrom validTo }
    asOf(time: $first) { spec { version } validTo }
    knownThen: asOf(time: $first, knownAt: $first) { spec { version } }
    events(first: 5) { edges { node { kind changes { path } state { spec { version } } envelope } } }
    firstEvent { kind } lastEvent { kind } lastActor { id } }
  artifacts(appId: $app, labelSelector: "team=platform") { edges { node { name current { version } } } }
  then: artifacts(appId: $app, labelSelector: "team=platform", asOf: $first) { edges { node { name } } }
  at(time: $first) { artifact(name: "vpc", appId: $app) { lastEvent { kind } } }
  event(id: $id) { kind }
  events(first: 5, where: {appIds: [$app], types: ["Artifact"]}) { edges { node { kind } } }
  entity(type: "Artifact", appId: $app, name: "vpc") { current { raw } } }"""


async def test_the_service_writes_and_reads_everything_as_that_user(client: httpx.AsyncClient) -> None:
    app = f"app-{uuid4().hex}"
    first = (await ask(client, WRITE, app=app, version="1.0.0"))["applyArtifact"]
    assert first["entity"]["current"]["spec"]["version"] == "1.0.0"
    meta = {"name": "vpc", "appId": app}
    intent = {"kind": "ArtifactApplyEvent", "meta": meta}
    assert (await ask(client, RECORD, envelope=intent, **{"import": False}))["recordEvent"]["event"]["version"] == 2
    early = {"kind": "ArtifactScannedEvent", "meta": {**meta, "timestamp": "2020-01-01T00:00:00Z"}}
    assert (await ask(client, RECORD, envelope=early, **{"import": True}))["recordEvent"]["event"]["version"] == 3
    assert (await ask(client, WRITE, app=app, version="2.0.0"))["applyArtifact"]["event"]["version"] == 4

    read = await ask(client, READ, app=app, first=first["event"]["timestamp"], id=first["event"]["id"])
    assert read["artifact"]["current"]["spec"] == {"version": "2.0.0"}
    assert read["artifact"]["asOf"]["spec"] == read["artifact"]["knownThen"]["spec"] == {"version": "1.0.0"}
    assert read["artifact"]["firstEvent"]["kind"] == "ArtifactScannedEvent"
    assert [edge["node"]["kind"].removeprefix("Artifact") for edge in read["artifact"]["events"]["edges"]] == [
        "AppliedEvent",
        "ApplyEvent",
        "AppliedEvent",
        "ScannedEvent",
    ]
    assert [edge["node"]["name"] for edge in read["artifacts"]["edges"] + read["then"]["edges"]] == ["vpc", "vpc"]
    assert len(read["events"]["edges"]) == 4

    applied = (await ask(client, TYPE, manifest=manifest("Widget", size="integer")))["applyDomainType"]
    assert applied == {"__typename": "DomainTypesChanged"}
    assert await ask(client, "{ widgets { nodes { name } } }") == {"widgets": {"nodes": []}}

    deleted = (await ask(client, DELETE, app=app))["deleteArtifact"]
    assert deleted == {"event": {"version": 5}, "entity": {"current": None}}
    assert (await client.get("/readyz")).status_code == 200


async def test_the_service_follows_the_log_and_repairs_summaries_as_that_user(
    client: httpx.AsyncClient, uri: str
) -> None:
    app = f"app-{uuid4().hex}"
    await ask(client, WRITE, app=app, version="1.0.0")
    key = f"Artifact/{app}/vpc"
    async with Client(as_admin(uri)) as admin, asyncio.timeout(PATIENCE):
        # As after a crash between the two writes: an event that the summary does not know.
        last = await admin[DATABASE][EVENTS].find_one({"entity": key})
        assert last is not None
        repaired = [{"$match": {"documentKey._id": key, "fullDocument.version": 2}}]
        async with await admin[DATABASE][LATEST].watch(repaired, full_document="updateLookup") as changes:
            await admin[DATABASE][EVENTS].insert_one({**last, "_id": uuid4().hex, "version": 2})
            await anext(changes)


async def test_indexes_that_no_type_declares_any_more_are_told_and_dropped(client: httpx.AsyncClient, uri: str) -> None:
    """One of a type that was retired; those of built-in types and of the service itself stay."""
    kind = f"Indexed{uuid4().hex[:8]}"
    declared = manifest(kind, size="integer")
    declared["spec"]["indexes"] = ["/spec/size"]
    await ask(client, TYPE, manifest=declared)
    name = f"{kind}:state.spec.size"
    async with Client(as_admin(uri)) as admin, asyncio.timeout(PATIENCE):
        while name not in (before := await admin[DATABASE][LATEST].index_information()):  # noqa: ASYNC110 - MongoDB's
            await asyncio.sleep(0.05)
        assert name not in (await dsel(as_admin(uri), "database-indexes")).out
        await ask(client, RETIRE, name=kind)
        told = await dsel(as_admin(uri), "database-indexes")
        assert (told.code, told.out) == (0, f"{name} unused\n")
        assert "--prune drops them" in told.err
        assert (await dsel(as_admin(uri), "database-indexes", "--prune")).out == f"{name} dropped\n"
        after = await admin[DATABASE][LATEST].index_information()
    assert before.keys() - after.keys() == {name}
    assert (await dsel(as_admin(uri), "database-indexes")).out == ""


async def test_the_database_refuses_the_services_user_to_change_an_event(prepared: str) -> None:
    async with Client(prepared) as service:
        events = service[DATABASE][EVENTS]
        for forging in (events.update_many({}, {"$set": {"kind": "Forged"}}), events.delete_many({})):
            with pytest.raises(OperationFailure) as refusal:
                await forging
            assert refusal.value.code == 13


async def test_running_it_again_changes_the_password(uri: str, prepared: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    for each in ("another", SECRET):
        password.write_text(each)
        assert (await database_user(as_admin(uri), "--password-file", str(password))).code == 0
    async with Client(prepared) as service:
        assert await service[DATABASE][EVENTS].find_one({"_id": "nothing"}) is None


@pytest.mark.parametrize(
    ("admin", "content", "said"),
    [
        ("mongodb://", "secret", "host"),
        ("mongodb://127.0.0.1", "", "is empty"),
        ("mongodb://127.0.0.1", None, "No such file"),
    ],
)
async def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, admin: str, content: str | None, said: str) -> None:
    password = tmp_path / "password"
    if content is not None:
        password.write_text(content)
    ended = await database_user(admin, "--password-file", str(password))
    assert ended.code == 1
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("Error: ")


async def test_wrong_credentials_are_said_in_one_line(uri: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret")
    ended = await database_user(as_user(uri, ADMIN, "wrong"), "--password-file", str(password))
    assert (ended.code, ended.err) == (1, "Error: MongoDB refused: Authentication failed.\n")


async def test_the_password_is_read_from_standard_input_without_a_file(uri: str) -> None:
    ended = await database_user(as_admin(uri), stdin=f"{SECRET}\n")
    assert ended.code == 0
    assert SECRET not in ended.out + ended.err


async def test_where_the_command_was_not_run_the_service_says_so(uri: str) -> None:
    async with Client(uri, username="root", password="root") as root:
        await create_service_user(root, "bare", SERVICE, "secret")
    database = connect(as_user(uri, SERVICE, "secret").replace(DATABASE, "bare"), "bare")
    with pytest.raises(StartupError, match="the database lacks indexes") as refusal:
        await indexes.ensure(database)
    await database.close()
    assert "dsel database-user" in (refusal.value.hint or "")

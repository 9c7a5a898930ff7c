import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Message
from strawberry.scalars import JSON

from domain.errors import Forbidden, InvalidArgument, StoreUnavailable, Unauthenticated
from graph.execution import Engine, GraphQLRequest
from graph.http import GraphQLEndpoint
from graph.limits import Limits

GRAPHQL_JSON = "application/graphql-response+json"
AUDIT = Path(__file__).parent / "graphql_http_audit"


@dataclass
class Work:
    """What a slow field lets a test see and steer."""

    started: asyncio.Event = field(default_factory=asyncio.Event)
    finish: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def __call__(self) -> str:
        self.started.set()
        try:
            await self.finish.wait()
        except asyncio.CancelledError:
            self.outcome.set_result("cancelled")
            raise
        self.outcome.set_result("finished")
        return "done"


@dataclass
class Context:
    work: Work = field(default_factory=Work)
    correlation_id: str | None = None
    writes: list[str] = field(default_factory=list)

    def response_extensions(self) -> dict[str, Any]:
        return {"dsel": {"instant": "2025-01-15T10:30:00.000Z"}} if self.correlation_id else {}


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "you") -> str:
        return f"hello {name}"

    @strawberry.field
    def echo(self, value: JSON) -> JSON:
        return value

    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError("hunter2")

    @strawberry.field
    def unwritable(self) -> JSON:
        return JSON(object())

    @strawberry.field
    async def slow(self, info: strawberry.Info[Context]) -> str:
        return await info.context.work()


@strawberry.type
class Mutation:
    @strawberry.mutation
    def write(self, info: strawberry.Info[Context], text: str) -> str:
        info.context.writes.append(text)
        return text

    @strawberry.mutation
    async def slow(self, info: strawberry.Info[Context]) -> str:
        return await info.context.work()


@strawberry.type
class Other:
    @strawberry.field
    def hello(self) -> str:
        return "hello from the new schema"


def engine_for(query: type, mutation: type | None = None) -> Engine:
    return Engine(strawberry.Schema(query, mutation)._schema, Limits())


class Service:
    """The endpoint in a Starlette application, with the parts that tests change."""

    def __init__(self) -> None:
        self.engine = engine_for(Query, Mutation)
        self.context = Context()
        self.failure: Exception | None = None
        self.requests: list[GraphQLRequest] = []
        self.endpoint = GraphQLEndpoint(lambda: self.engine, self.make_context, self.page, max_body_bytes=100_000)
        cors = Middleware(CORSMiddleware, allow_origins=["https://dashboard.example"], allow_methods=["POST"])
        self.app = Starlette(routes=[Route("/graphql", self.endpoint)], middleware=[cors])

    async def make_context(self, headers: Mapping[str, str], request: GraphQLRequest, engine: Engine) -> Context:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        return self.context

    async def page(self, request: Request) -> Response:
        return HTMLResponse(f"<h1>GraphiQL at {request.url.path}</h1>")


@pytest.fixture
async def service() -> Service:
    return Service()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def post(client: httpx.AsyncClient, content: Any, **headers: str) -> httpx.Response:
    sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(content, dict):
        content = json.dumps(content)
    return await client.post("/graphql", content=content, headers=sent)


def error(response: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of a response that has one error and no data."""
    body = response.json()
    assert list(body) == ["errors"]
    (only,) = body["errors"]
    return response.status_code, only["extensions"]["code"], only["message"]


# Answers


async def test_a_posted_query_is_answered(client: httpx.AsyncClient, service: Service) -> None:
    body = {
        "query": "query Q($n: String!) { hello(name: $n) }",
        "variables": {"n": "Ann"},
        "operationName": "Q",
        "extensions": {"trace": 1},
    }
    response = await post(client, body)
    assert (response.status_code, response.json()) == (200, {"data": {"hello": "hello Ann"}})
    assert service.requests == [GraphQLRequest(body["query"], {"n": "Ann"}, "Q", {"trace": 1})]  # type: ignore[arg-type]


async def test_a_query_in_the_address_is_answered(client: httpx.AsyncClient) -> None:
    query = {"query": "query Q($n: String) { hello(name: $n) }", "variables": '{"n": "Zoë"}', "operationName": "Q"}
    assert (await client.get("/graphql", params=query)).json() == {"data": {"hello": "hello Zoë"}}
    empty = {"query": "{ hello }", "variables": "", "operationName": "", "extensions": "null"}
    assert (await client.get("/graphql", params=empty)).json() == {"data": {"hello": "hello you"}}


async def test_a_mutation_is_answered_over_post_alone(client: httpx.AsyncClient, service: Service) -> None:
    query = 'mutation { write(text: "a") }'
    response = await client.get("/graphql", params={"query": query})
    assert error(response) == (405, "METHOD_NOT_ALLOWED", "A mutation changes data: send it with POST.")
    assert response.headers["allow"] == "POST"
    assert service.context.writes == []
    assert (await post(client, {"query": query})).json() == {"data": {"write": "a"}}
    assert service.context.writes == ["a"]


@pytest.mark.parametrize(
    "number",
    [
        "9007199254740993",
        "18446744073709551616",
        "-123456789012345678901234567890",
        "0.1234567890123456789",
        "1e400",
        "1.5",
    ],
)
async def test_numbers_go_through_unchanged(client: httpx.AsyncClient, number: str) -> None:
    body = f'{{"query": "query($v: JSON!) {{ echo(value: $v) }}", "variables": {{"v": [{number}]}}}}'
    response = await post(client, body)
    assert response.text.lower().replace("e+", "e") == f'{{"data":{{"echo":[{number}]}}}}'


async def test_extensions_and_the_correlation_id_of_the_context_go_out(
    client: httpx.AsyncClient, service: Service
) -> None:
    service.context.correlation_id = "req-5678"
    for query in ("{ hello }", "{ nothing }"):
        response = await post(client, {"query": query})
        assert response.json()["extensions"] == {"dsel": {"instant": "2025-01-15T10:30:00.000Z"}}
        assert response.headers["x-correlation-id"] == "req-5678"
        assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("text", ["a\r\nset-cookie: b", "ключ"])
async def test_a_correlation_id_that_is_no_header_value_is_left_out(
    client: httpx.AsyncClient, service: Service, text: str
) -> None:
    service.context.correlation_id = text
    response = await post(client, {"query": "{ hello }"})
    assert response.status_code == 200
    assert "x-correlation-id" not in response.headers


async def test_the_engine_can_be_replaced_while_the_service_runs(client: httpx.AsyncClient, service: Service) -> None:
    service.engine = engine_for(Other)
    assert (await post(client, {"query": "{ hello }"})).json() == {"data": {"hello": "hello from the new schema"}}


# Media types of the answer


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        ("*/*", "application/json"),
        ("application/*;q=0.1", "application/json"),
        (f"{GRAPHQL_JSON}, application/json;q=0.9", GRAPHQL_JSON),
        (f"application/json;q=0.8, {GRAPHQL_JSON};q=0.9, */*;q=0.1", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0, application/json", "application/json"),
        ("application/json, multipart/mixed", "application/json"),
        ("APPLICATION/GraphQL-Response+JSON; charset=utf-8", GRAPHQL_JSON),
        ("text/html, application/json;q=0.9", "application/json"),
        ("image/png;q=high, application/json;q=0.1", "application/json"),
    ],
)
async def test_the_answer_has_the_type_that_the_client_weighs_most(
    client: httpx.AsyncClient, accept: str, media_type: str
) -> None:
    response = await post(client, {"query": "{ hello }"}, accept=accept)
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


async def test_a_client_that_takes_neither_type_is_told_both(client: httpx.AsyncClient) -> None:
    status, code, message = error(await post(client, {"query": "{ hello }"}, accept="image/png, text/html"))
    assert (status, code) == (406, "NOT_ACCEPTABLE")
    assert f"{GRAPHQL_JSON} or application/json" in message


async def test_a_browser_gets_the_page_and_everyone_else_gets_json(client: httpx.AsyncClient) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    response = await client.get("/graphql", headers=browser)
    assert response.text == "<h1>GraphiQL at /graphql</h1>"
    response = await client.get("/graphql", params={"query": "{hello}"}, headers={"accept": "*/*"})
    assert response.json() == {"data": {"hello": "hello you"}}


async def test_without_a_page_a_browser_gets_json(service: Service) -> None:
    endpoint = GraphQLEndpoint(lambda: service.engine, service.make_context)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(endpoint), base_url="http://localhost") as client:
        response = await client.get("/graphql?query={hello}", headers={"accept": "text/html,*/*;q=0.8"})
    assert response.json() == {"data": {"hello": "hello you"}}


@pytest.mark.parametrize(
    ("query", "variables", "status"),
    [
        ("{ hello", None, 400),
        ("{ nothing }", None, 400),
        ("query($n: String!) { hello(name: $n) }", {}, 400),
        ("{ hello broken }", None, 200),
    ],
)
async def test_a_request_that_was_not_executed_is_400_in_the_new_type_and_200_in_the_old(
    client: httpx.AsyncClient, query: str, variables: dict[str, Any] | None, status: int
) -> None:
    body = {"query": query, "variables": variables}
    new, old = await post(client, body, accept=GRAPHQL_JSON), await post(client, body, accept="application/json")
    assert (new.status_code, old.status_code) == (status, 200)
    assert ("data" in new.json(), "data" in old.json()) == (status == 200, status == 200)


async def test_a_body_that_comes_again_makes_the_same_request_as_before(
    client: httpx.AsyncClient, service: Service
) -> None:
    flat = {"query": "query Q($n: String) { hello(name: $n) }", "variables": {"n": "a"}}
    deep = {"query": "query Q($v: JSON!) { echo(value: $v) }", "variables": {"v": {"list": [1, 2]}}}
    for body, answer in ((flat, {"hello": "hello a"}), (deep, {"echo": {"list": [1, 2]}})):
        answers = [(await post(client, body)).json() for _ in range(3)]
        assert [each["data"] for each in answers] == [answer] * 3
    first, *others = service.requests[:3]
    assert all(each is first for each in others)
    one, other, _ = service.requests[3:]
    assert one == other
    assert one.variables is not other.variables  # a resolver may change what it was given


# Equal queries at the same time


async def test_equal_queries_that_come_together_are_executed_once(client: httpx.AsyncClient, service: Service) -> None:
    body = {"query": "{ hello }"}
    await post(client, body)
    service.requests.clear()
    answers = await asyncio.gather(*(post(client, body) for _ in range(5)))
    assert [each.json() for each in answers] == [{"data": {"hello": "hello you"}}] * 5
    assert len(service.requests) == 1


async def test_queries_that_differ_in_what_tells_on_their_answer_are_executed_each(
    client: httpx.AsyncClient, service: Service
) -> None:
    query = "query Q($n: String) { hello(name: $n) }"
    await post(client, {"query": query, "variables": {"n": "a"}})
    service.requests.clear()
    await asyncio.gather(
        post(client, {"query": query, "variables": {"n": "a"}}),
        post(client, {"query": query, "variables": {"n": "b"}}),
        post(client, {"query": query, "variables": {"n": "a"}}, authorization="Bearer other"),
        post(client, {"query": query, "variables": {"n": "a"}}, accept=GRAPHQL_JSON),
        client.get("/graphql", params={"query": query, "variables": '{"n": "a"}'}),
    )
    assert len(service.requests) == 5


async def test_equal_mutations_that_come_together_are_executed_each(
    client: httpx.AsyncClient, service: Service
) -> None:
    body = {"query": 'mutation { write(text: "x") }'}
    await post(client, body)
    await asyncio.gather(*(post(client, body) for _ in range(3)))
    assert service.context.writes == ["x"] * 4


async def test_equal_queries_that_are_refused_are_refused_each(client: httpx.AsyncClient, service: Service) -> None:
    body = {"query": "{ hello }"}
    await post(client, body)
    service.failure = Unauthenticated("the token is not known")
    answers = await asyncio.gather(*(post(client, body) for _ in range(2)))
    assert [error(each)[:2] for each in answers] == [(401, "UNAUTHENTICATED")] * 2


# Requests that cannot be read


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "malformed JSON"),
        (b'{"query": "{ hello }"', "malformed JSON: unexpected end of data at byte 21"),
        (b'{"query": "\xff"}', "invalid UTF-8 at byte 11"),
        ('{"query": "{ hello }"}'.encode("utf-16"), "malformed JSON|invalid UTF-8"),
        (b'{"query": "{ hello }\\u0000"}', "NUL character"),
        (b'{"query": "{ hello }\x00"}', "malformed JSON"),
        (b'{"query": "\\ud800"}', "half of a surrogate pair"),
        (b"[" * 20_000, "nested deeper than 200 levels"),
        (b'{"a":' * 15_000 + b"1" + b"}" * 15_000, "nested deeper than 200 levels"),
        (b'"{ hello }"', "The request is a string, not an object"),
        (b"42", "The request is a number, not an object"),
        (b"null", "The request is missing or null, not an object"),
        (b'[{"query": "{ hello }"}]', "Batching is not supported"),
        (b"{}", "`query` is missing or null; it must be a string"),
        (b'{"query": null}', "`query` is missing or null; it must be a string"),
        (b'{"query": ["{ hello }"]}', "`query` is an array; it must be a string"),
        (b'{"query": "{ hello }", "variables": "{}"}', "`variables` is a string; it must be an object or null"),
        (b'{"query": "{ hello }", "variables": []}', "`variables` is an array; it must be an object or null"),
        (b'{"query": "{ hello }", "operationName": 1}', "`operationName` is a number; it must be a string or null"),
        (b'{"query": "{ hello }", "extensions": false}', "`extensions` is a boolean; it must be an object or null"),
    ],
)
async def test_a_body_that_is_no_request_is_refused_with_what_to_send(
    client: httpx.AsyncClient, service: Service, body: bytes, message: str
) -> None:
    for accept in ("application/json", GRAPHQL_JSON):
        response = await post(client, body, accept=accept)
        status, code, text = error(response)
        assert (status, code) == (400, "BAD_REQUEST")
        assert any(part in text for part in message.split("|"))
        assert 'Send a JSON object like {"query": "{ __typename }"' in text
        assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert service.requests == []


@pytest.mark.parametrize(
    ("query_string", "message"),
    [
        ("", "`query` is missing or null"),
        ("query=%ff", "cannot be read"),
        ("query={hello}&variables={", "malformed JSON"),
        ("query={hello}&variables=[1]", "`variables` is an array"),
        ("query={hello}&query={hello}", "one of them is repeated"),
        ("query={hello}&operationName=%00", "contains a NUL"),
        ("query={hello}&variables=%22%5Cu0000%22", "NUL character"),
    ],
)
async def test_query_parameters_that_are_no_request_are_refused(
    client: httpx.AsyncClient, query_string: str, message: str
) -> None:
    status, code, text = error(await client.get(f"/graphql?{query_string}"))
    assert (status, code) == (400, "BAD_REQUEST")
    assert message in text


@pytest.mark.parametrize(
    ("content_type", "status", "message"),
    [
        ("", 415, "The Content-Type is missing."),
        ("text/plain", 415, "The Content-Type is text/plain."),
        ("application/x-www-form-urlencoded", 415, "application/x-www-form-urlencoded"),
        ("multipart/form-data; boundary=x", 415, "multipart/form-data"),
        ("application/graphql", 415, "application/graphql"),
        ("application/json; charset=utf-16", 415, "The charset is utf-16. Send JSON in UTF-8."),
        ("application/json; charset=ISO-8859-1", 415, "The charset is iso-8859-1."),
        ("application/json, text/plain", 400, "more than one Content-Type"),
    ],
)
async def test_only_json_in_utf_8_is_taken_so_no_other_site_can_make_a_browser_send_it(
    client: httpx.AsyncClient, service: Service, content_type: str, status: int, message: str
) -> None:
    response = await post(client, {"query": 'mutation { write(text: "a") }'}, content_type=content_type)
    assert error(response)[0] == status
    assert message in error(response)[2]
    assert service.context.writes == []


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", 'Application/JSON;charset="utf-8"'])
async def test_utf_8_may_be_named(client: httpx.AsyncClient, content_type: str) -> None:
    assert (await post(client, {"query": "{ hello }"}, content_type=content_type)).status_code == 200


async def test_two_content_types_are_refused(client: httpx.AsyncClient) -> None:
    headers = [("content-type", "application/json"), ("content-type", "application/json")]
    response = await client.post("/graphql", content='{"query": "{ hello }"}', headers=headers)
    assert error(response)[:2] == (400, "BAD_REQUEST")


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    response = await post(client, {"query": "{ hello }"}, content_encoding="gzip")
    assert error(response)[0] == 415


async def test_a_body_beyond_the_limit_is_refused_while_it_is_read(client: httpx.AsyncClient) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 10_000

    response = await client.post("/graphql", content=chunks(), headers={"content-type": "application/json"})
    status, code, message = error(response)
    assert (status, code) == (413, "BODY_TOO_LARGE")
    assert "larger than 100,000 bytes" in message
    assert sent == 11


async def test_a_body_that_announces_too_many_bytes_is_refused_unread(service: Service) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    await service.app(scope("POST", (b"content-length", b"100001")), receive, send)
    assert sent[0]["status"] == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
async def test_other_methods_are_refused_with_what_is_allowed(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


async def test_a_preflight_request_is_answered_by_the_middleware(client: httpx.AsyncClient) -> None:
    headers = {
        "origin": "https://dashboard.example",
        "access-control-request-method": "POST",
    }
    response = await client.options("/graphql", headers=headers)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "https://dashboard.example"


# Failures of the server


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Unauthenticated("the token has expired", hint="Log in again."), 401, "UNAUTHENTICATED"),
        (Forbidden("john may not read 09287"), 403, "FORBIDDEN"),
        (StoreUnavailable("MongoDB did not answer"), 503, "STORE_UNAVAILABLE"),
        (InvalidArgument("X-Consistency is FAST"), 400, "INVALID_ARGUMENT"),
    ],
)
async def test_a_context_that_is_refused_gives_its_error_and_status(
    client: httpx.AsyncClient, service: Service, failure: Exception, status: int, code: str
) -> None:
    service.failure = failure
    response = await post(client, {"query": "{ hello }"})
    assert error(response) == (status, code, str(failure))
    assert ("www-authenticate" in response.headers) == (status == 401)


async def test_a_failure_of_ours_is_masked_and_logged(
    client: httpx.AsyncClient, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    assert error(await post(client, {"query": "{ unwritable }"})) == (500, "INTERNAL", "Internal error")
    service.failure = RuntimeError("hunter2")
    assert error(await post(client, {"query": "{ hello }"})) == (500, "INTERNAL", "Internal error")
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "hunter2" in caplog.text


# Clients that leave


def scope(method: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), *headers],
    }


class Connection:
    """A client at the level of ASGI, which can leave in the middle."""

    def __init__(self, service: Service, query: str) -> None:
        self.body = json.dumps({"query": query}).encode()
        self.left = asyncio.Event()
        self.sent: list[Message] = []
        self.was_read = False
        self.task = asyncio.create_task(service.app(scope("POST"), self.receive, self.send))

    async def receive(self) -> Message:
        if not self.was_read:
            self.was_read = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)


async def test_a_query_is_cancelled_when_its_client_leaves(service: Service) -> None:
    work = service.context.work
    connection = Connection(service, "{ slow }")
    await work.started.wait()
    connection.left.set()
    await connection.task
    assert work.outcome.result() == "cancelled"
    assert connection.sent == []


async def test_a_mutation_completes_when_its_client_leaves(service: Service) -> None:
    work = service.context.work
    connection = Connection(service, "mutation { slow }")
    await work.started.wait()
    connection.left.set()
    work.finish.set()
    await connection.task
    assert work.outcome.result() == "finished"


async def test_a_mutation_completes_when_the_server_cancels_the_request(service: Service) -> None:
    work = service.context.work
    connection = Connection(service, "mutation { slow }")
    await work.started.wait()
    connection.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connection.task
    work.finish.set()
    assert await work.outcome == "finished"


async def test_a_query_that_the_server_cancels_is_cancelled(service: Service) -> None:
    work = service.context.work
    connection = Connection(service, "{ slow }")
    await work.started.wait()
    connection.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connection.task
    assert work.outcome.result() == "cancelled"


async def test_a_client_that_leaves_before_its_body_is_complete_gets_nothing_run(service: Service) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await service.app(scope("POST"), receive, send)
    assert (sent, service.requests) == ([], [])


# The specification, as its authors audit it


@pytest.fixture
async def address(service: Service) -> AsyncIterator[str]:
    """The address of the endpoint behind a real server."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(service.app, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
    server.should_exit = True
    await serving


IMPATIENT = ("--fetch-retries=1", "--fetch-timeout=30000")  # milliseconds; without a network npm tries for minutes


async def output_of(*command: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=AUDIT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@pytest.mark.skipif(not (shutil.which("npm") and shutil.which("node")), reason="the audit needs node and npm")
async def test_all_61_audits_of_graphql_over_http_pass(address: str) -> None:
    if not (AUDIT / "node_modules" / "graphql-http").is_dir():
        code, output = await output_of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", *IMPATIENT)
        if code:
            pytest.skip(f"the audit cannot be installed: {output.strip().splitlines()[-1]}")
    code, output = await output_of("node", "audit.js", address)
    assert code == 0, output
    audits = json.loads(output)
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == 61

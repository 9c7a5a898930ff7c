"""Who wrote it: by credentials, never by what a body says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from api import RECORD, Api, running
from domain.errors import StartupError
from domain.instants import write
from examples import T0, later
from graph.callers import Callers
from graph.settings import Settings
from told import applied, told

Json = dict[str, Any]
ANN, PIPELINE, IMPORTER = "ann-0123456789abcdef", "pipeline-0123456789abcdef", "importer-0123456789abcdef"
TOKENS: list[Json] = [
    {"token": ANN, "actor": "ann@example.com", "type": "HUMAN"},
    {"token": PIPELINE, "actor": "delivery", "type": "SERVICE", "rights": []},
    {"token": IMPORTER, "actor": "importer", "type": "CONTROLLER", "rights": ["import"]},
]


def tokens_file(folder: Path, text: str | None = None) -> Path:
    path = folder / "tokens.yaml"
    path.write_text(yaml.safe_dump(TOKENS) if text is None else text, encoding="utf-8")
    return path


def with_tokens(path: Path) -> Settings:
    given: dict[str, Any] = {"tokens": path}
    return Settings(**given)


async def record(api: Api, envelope: Any, *, imported: bool = False, **headers: str) -> Json:
    answer = await api.post(RECORD, {"envelope": envelope, "import": imported}, **headers)
    assert "errors" not in answer, answer
    written: Json = answer["data"]["written"]
    return written


# Open: while there are no tokens


async def test_an_open_service_takes_the_actor_from_a_header_and_else_calls_it_anonymous(api: Api, app_id: str) -> None:
    cases: list[tuple[dict[str, Any], Json]] = [
        ({}, {"id": "anonymous", "type": "HUMAN"}),
        ({"x_dsel_actor": "ann"}, {"id": "ann", "type": "HUMAN"}),
        ({"x_dsel_actor": "bot", "x_dsel_actor_type": "service"}, {"id": "bot", "type": "SERVICE"}),
        ({"x_dsel_actor_type": "SERVICE"}, {"id": "anonymous", "type": "HUMAN"}),
    ]
    for headers, actor in cases:
        assert (await record(api, applied(app_id), **headers))["event"]["actor"] == actor


async def test_the_actor_that_a_body_claims_is_noted_and_not_believed(api: Api, app_id: str) -> None:
    event = (await record(api, applied(app_id, by="ceo@example.com"), x_dsel_actor="ann"))["event"]
    assert event["actor"] == {"id": "ann", "type": "HUMAN"}
    assert event["meta"]["userId"] == "ann"
    assert event["meta"]["claimedUserId"] == "ceo@example.com"
    own = (await record(api, applied(app_id, by="ann"), x_dsel_actor="ann"))["event"]
    assert "claimedUserId" not in own["meta"]


async def test_an_actor_type_that_is_none_is_refused(api: Api, app_id: str) -> None:
    response = await api.http.post(
        "/graphql",
        json={"query": "{ __typename }"},
        headers={"X-Dsel-Actor": "ann", "X-Dsel-Actor-Type": "ROBOT", "Accept": "application/graphql-response+json"},
    )
    assert response.status_code == 401
    assert "ROBOT" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("name", ["x" * 513, " ", "a\u0007b"])
async def test_an_actor_that_no_log_can_hold_is_refused(api: Api, app_id: str, name: str) -> None:
    headers = {b"X-Dsel-Actor": name.encode()}
    response = await api.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_an_actor_outside_of_ascii_is_kept_as_it_is(api: Api, app_id: str) -> None:
    response = await api.http.post(
        "/graphql",
        json={"query": RECORD, "variables": {"envelope": applied(app_id)}},
        headers={b"X-Dsel-Actor": "zoë@example.com".encode()},
    )
    assert response.json()["data"]["written"]["event"]["actor"]["id"] == "zoë@example.com"


# With tokens


@pytest.fixture(scope="module")
async def closed(mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A service that knows three tokens."""
    async with running(mongodb_uri, tokens=tokens_file(tmp_path_factory.mktemp("tokens"))) as api:
        yield api


def bearing(token: str) -> dict[str, Any]:
    return {"authorization": f"Bearer {token}"}


async def test_the_actor_is_the_one_behind_the_token_whatever_headers_say(closed: Api, app_id: str) -> None:
    for token, actor in [
        (ANN, {"id": "ann@example.com", "type": "HUMAN"}),
        (PIPELINE, {"id": "delivery", "type": "SERVICE"}),
        (IMPORTER, {"id": "importer", "type": "CONTROLLER"}),
    ]:
        written = await record(closed, applied(app_id, by="x"), **bearing(token), x_dsel_actor="mallory")
        assert written["event"]["actor"] == actor


async def test_an_export_needs_a_token_too(closed: Api) -> None:
    assert (await closed.http.get("/export")).status_code == 401
    assert (await closed.http.get("/export", headers=bearing(ANN))).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        f"Basic {ANN}",
        ANN,
        f"Bearer {ANN}x",
        f"Bearer {ANN[:-1]}",
        "Bearer é",
    ],
)
async def test_without_a_known_token_nothing_is_read_or_written(closed: Api, app_id: str, header: str | None) -> None:
    before = await closed.events()
    for query, variables in ((RECORD, {"envelope": applied(app_id)}), ("{ artifacts { nodes { name } } }", {})):
        response = await closed.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={b"Authorization": header.encode()} if header is not None else None,
        )
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        error = response.json()["errors"][0]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert error["extensions"]["hint"]
        assert "data" not in response.json()
        assert ANN not in response.text
    assert await closed.events() == before


async def test_health_needs_no_token(closed: Api) -> None:
    assert (await closed.http.get("/healthz")).status_code == (await closed.http.get("/readyz")).status_code == 200


async def test_only_the_right_to_import_lets_time_and_actor_of_an_envelope_count(closed: Api, app_id: str) -> None:
    envelope = applied(app_id, at=T0, by="ann@example.com")
    refused = await record(closed, envelope, imported=True, **bearing(PIPELINE))
    assert (refused["__typename"], refused["code"]) == ("WriteRefused", "FORBIDDEN")
    assert "delivery" in refused["message"]
    assert "import" in refused["hint"]
    assert await closed.events(app_id) == 0

    event = (await record(closed, envelope, imported=True, **bearing(IMPORTER)))["event"]
    assert (event["timestamp"], event["actor"]) == (write(T0), {"id": "ann@example.com", "type": "HUMAN"})
    assert event["recordedAt"] == write(closed.clock.at)


async def test_a_time_that_a_live_writer_claims_is_noted_and_not_believed(closed: Api, app_id: str) -> None:
    event = (await record(closed, applied(app_id, at=T0), **bearing(PIPELINE)))["event"]
    assert event["timestamp"] == event["recordedAt"] == write(closed.clock.at)
    assert event["meta"]["claimedTimestamp"] == write(T0)


async def test_an_import_may_bring_what_breaks_the_schema_of_today_but_no_live_write_may(
    closed: Api, app_id: str
) -> None:
    broken = told("ArtifactAppliedEvent", app_id, state=applied(app_id)["spec"]["artifact"] | {"spec": {}})
    assert (await record(closed, broken, **bearing(IMPORTER)))["__typename"] == "ValidationFailure"
    assert (await record(closed, broken, imported=True, **bearing(IMPORTER)))["__typename"] == "EventRecorded"


async def test_an_import_from_the_future_is_refused(closed: Api, app_id: str) -> None:
    future = later(1, closed.clock.at)
    refused = await record(closed, applied(app_id, at=future), imported=True, **bearing(IMPORTER))
    assert (refused["__typename"], refused["code"]) == ("WriteRefused", "TIMESTAMP_IN_FUTURE")
    assert write(future) in refused["message"]
    assert await closed.events(app_id) == 0


async def test_an_imported_actor_of_an_unknown_type_is_refused_with_its_place(closed: Api, app_id: str) -> None:
    envelope = told("ArtifactValidatedEvent", app_id, by="x", actorType="ROBOT")
    refused = await record(closed, envelope, imported=True, **bearing(IMPORTER))
    assert (refused["code"], refused["path"]) == ("INVALID_ENVELOPE", "/meta/actorType")


@pytest.mark.parametrize(
    "text",
    [
        "- token: short\n  actor: a\n  type: HUMAN",
        "- token: 0123456789abcdef\n  actor: ''\n  type: HUMAN",
        "- token: 0123456789abcdef\n  actor: a\n  type: ROBOT",
        "- token: 0123456789abcdef\n  actor: a\n  type: HUMAN\n  rights: [everything]",
        "- token: 0123456789abcdef\n  actor: a",
        "token: x",
        "{",
        "\u0000",
        "just text",
        "- [1, 2]",
    ],
)
def test_a_tokens_file_that_is_wrong_stops_the_start_in_one_line_without_its_secrets(tmp_path: Path, text: str) -> None:
    path = tokens_file(tmp_path, text)
    with pytest.raises(StartupError) as caught:
        Callers(with_tokens(path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "0123456789abcdef" not in str(caught.value)


def test_a_tokens_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"- token: caf\xe9")
    for path in (tmp_path / "none.yaml", tmp_path, tmp_path / "latin"):
        with pytest.raises(StartupError, match=str(path)):
            Callers(with_tokens(path))


def test_two_actors_with_one_token_stop_the_start(tmp_path: Path) -> None:
    path = tokens_file(tmp_path, yaml.safe_dump([TOKENS[0], {**TOKENS[1], "token": ANN}]))
    with pytest.raises(StartupError, match="twice"):
        Callers(with_tokens(path))


def test_an_empty_tokens_file_closes_the_service(tmp_path: Path) -> None:
    """No token is known: nobody comes in. It must not mean that everybody does."""
    for text in ("[]", ""):
        try:
            callers = Callers(with_tokens(tokens_file(tmp_path, text)))
        except StartupError:
            continue
        with pytest.raises(Exception, match="no credentials"):
            callers.caller({})

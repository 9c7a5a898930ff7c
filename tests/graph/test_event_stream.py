"""`POST /events`."""

import json
from typing import Any

import pytest

from api import Api, running
from domain.entity import Entity
from examples import artifact

LINES = {"content-type": "application/x-ndjson"}


def applied_envelope(name: str, app_id: str, version: str = "1.0.0", **meta: Any) -> dict[str, Any]:
    state = artifact(Entity("Artifact", app_id, name)) | {"spec": {"version": version}}
    return {"kind": "ArtifactAppliedEvent", "meta": {"appId": app_id, **meta}, "spec": {"artifact": state}}


async def sent(api: Api, lines: list[Any] | bytes, *, imported: bool = True, **headers: str) -> tuple[int, list[Any]]:
    """The status, and the result lines with the summary last."""
    body = lines if isinstance(lines, bytes) else b"\n".join(json.dumps(each).encode() for each in lines)
    answer = await api.http.post(f"/events?import={str(imported).lower()}", content=body, headers=LINES | headers)
    return answer.status_code, [json.loads(line) for line in answer.content.splitlines()]


def numbered(count: int, app_id: str) -> list[dict[str, Any]]:
    return [
        applied_envelope(f"thing-{index % 7}", app_id, version=str(index), eventId=f"{app_id}-{index}")
        for index in range(count)
    ]


async def test_each_line_gets_a_result_and_the_last_line_sums_up(api: Api, app_id: str) -> None:
    status, results = await sent(api, [*numbered(3, app_id), {"kind": "Nonsense"}, "text"])
    assert status == 200
    assert [(each["line"], each["status"]) for each in results[:-1]] == [
        (1, "stored"),
        (2, "stored"),
        (3, "stored"),
        (4, "refused"),
        (5, "refused"),
    ]
    assert results[3]["code"] == "INVALID_ENVELOPE"
    assert results[-1] == {"done": True, "lines": 5, "stored": 3, "duplicate": 0, "refused": 2}


async def test_a_stream_sent_again_stores_nothing_twice(api: Api, app_id: str) -> None:
    lines = numbered(1200, app_id)
    assert (await sent(api, lines[:700]))[1][-1]["stored"] == 700
    assert (await sent(api, lines))[1][-1] == {
        "done": True,
        "lines": 1200,
        "stored": 500,
        "duplicate": 700,
        "refused": 0,
    }
    assert await api.events(app_id) == 1200


async def test_the_order_of_lines_is_the_order_of_versions(api: Api, app_id: str) -> None:
    await sent(api, numbered(1200, app_id))
    data = await api.ask(
        """query($app: String!) { artifact(name: "thing-3", appId: $app) {
             events(first: 500) { nodes { version state { spec { version } } } } } }""",
        app=app_id,
    )
    found = [(each["version"], int(each["state"]["spec"]["version"])) for each in data["artifact"]["events"]["nodes"]]
    assert sorted(found) == [(index + 1, 3 + 7 * index) for index in range(len(found))]
    assert len(found) == 171


async def test_an_event_with_a_time_but_no_id_is_recognised_by_its_content(api: Api, app_id: str) -> None:
    envelope = applied_envelope("nameless", app_id, timestamp="2025-01-01T00:00:00Z")
    (_, first), (_, second) = await sent(api, [envelope]), await sent(api, [envelope])
    assert first[0]["status"] == "stored"
    assert second[0] == {**first[0], "status": "duplicate"}


async def test_the_same_report_without_a_time_is_another_event_each_time(api: Api, app_id: str) -> None:
    envelope = applied_envelope("again", app_id)
    assert [(await sent(api, [envelope]))[1][0]["version"] for _ in range(2)] == [1, 2]


@pytest.mark.parametrize(
    ("line", "problem"),
    [(b"{", "JSON"), (b'{"a": "\xff"}', "UTF-8"), (b'{"a": "\\u0000"}', "NUL"), (b"[" * 300 + b"]" * 300, "deep")],
)
async def test_a_line_that_is_no_json_is_refused_and_the_others_are_stored(
    api: Api, app_id: str, line: bytes, problem: str
) -> None:
    good = json.dumps(applied_envelope("beside", app_id)).encode()
    _, results = await sent(api, b"\n".join([line, b"", good]))
    assert (results[0]["code"], results[1]["status"]) == ("INVALID_JSON", "stored")
    assert problem in results[0]["message"]
    assert results[1]["line"] == 3


async def test_a_line_that_is_too_long_is_passed_over(api: Api, app_id: str) -> None:
    good = json.dumps(applied_envelope("beside", app_id)).encode()
    _, results = await sent(api, b'{"a": "' + b"x" * (17 * 2**20) + b'"}\n' + good)
    assert [each.get("code") for each in results[:-1]] == ["INVALID_JSON", None]
    assert "17,825,792 are allowed" in results[0]["message"]


async def test_a_delete_without_the_object_ends_what_the_line_before_it_began(api: Api, app_id: str) -> None:
    gone = {
        "kind": "ArtifactDeletedEvent",
        "meta": {"name": "brief", "appId": app_id, "userId": "ann", "timestamp": "2025-01-02T00:00:00Z"},
    }
    _, results = await sent(api, [applied_envelope("brief", app_id, timestamp="2025-01-01T00:00:00Z"), gone])
    assert [each["status"] for each in results[:-1]] == ["stored", "stored"]
    data = await api.ask(
        """query($app: String!) { artifact(name: "brief", appId: $app) {
             current { version } was: asOf(time: "2025-01-01T12:00:00Z") { version } lastActor { id } } }""",
        app=app_id,
    )
    assert data["artifact"] == {"current": None, "was": {"version": 1}, "lastActor": {"id": "ann"}}


async def test_cloud_events_come_in_as_lines_as_documents_and_as_batches(api: Api, app_id: str) -> None:
    def event(number: int) -> dict[str, Any]:
        state = applied_envelope("from-the-cloud", app_id)["spec"]
        return {
            "specversion": "1.0",
            "id": str(number),
            "source": f"/builds/{app_id}",
            "type": "com.example.ArtifactAppliedEvent",
            "subject": f"{app_id}/from-the-cloud",
            "time": f"2025-01-0{number}T00:00:00Z",
            "actor": "builder",
            "actortype": "SERVICE",
            "data": state,
        }

    await sent(api, [event(1)])
    one = await api.http.post(
        "/events?import=true", content=json.dumps(event(2)), headers={"content-type": "application/cloudevents+json"}
    )
    many = await api.http.post(
        "/events?import=true",
        content=json.dumps([event(2), event(3)]),
        headers={"content-type": "application/cloudevents-batch+json"},
    )
    assert json.loads(one.content.splitlines()[0])["version"] == 2
    assert [json.loads(line).get("status") for line in many.content.splitlines()] == ["duplicate", "stored", None]
    data = await api.ask(
        """query($app: String!) { artifact(name: "from-the-cloud", appId: $app) {
             lastActor { id type } current { validFrom event { envelope } } } }""",
        app=app_id,
    )
    assert data["artifact"]["lastActor"] == {"id": "builder", "type": "SERVICE"}
    assert data["artifact"]["current"]["validFrom"] == "2025-01-03T00:00:00.000Z"
    kept = data["artifact"]["current"]["event"]["envelope"]["cloudEvent"]
    assert kept == {"source": f"/builds/{app_id}", "id": "3", "type": "com.example.ArtifactAppliedEvent"}


async def test_what_holds_no_events_is_refused_with_what_to_send(api: Api) -> None:
    answer = await api.http.post("/events", content=b"a,b", headers={"content-type": "text/csv"})
    assert answer.status_code == 415
    assert "application/x-ndjson" in answer.json()["hint"]


async def test_a_live_stream_takes_the_caller_as_actor_and_validates(api: Api, app_id: str) -> None:
    bad = applied_envelope("bad", app_id, version="")
    good = applied_envelope("good", app_id, userId="somebody else")
    _, results = await sent(api, [bad, good], imported=False, **{"x-dsel-actor": "pipeline"})
    assert results[0]["code"] == "VALIDATION_FAILED"
    assert results[0]["violations"][0]["path"] == "/spec/version"
    data = await api.ask(
        """query($app: String!) { artifact(name: "good", appId: $app) { lastActor { id event { meta } } } }""",
        app=app_id,
    )
    assert data["artifact"]["lastActor"]["id"] == "pipeline"
    assert data["artifact"]["lastActor"]["event"]["meta"]["claimedUserId"] == "somebody else"


async def test_importing_needs_the_right(mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    tokens = tmp_path_factory.mktemp("tokens") / "tokens.yaml"
    tokens.write_text("- {token: a-token-of-sixteen, actor: reader, type: SERVICE}")
    async with running(mongodb_uri, tokens=tokens) as guarded:
        refused = await sent(guarded, numbered(1, "x"), authorization="Bearer a-token-of-sixteen")
        assert (refused[0], refused[1][0]["code"]) == (403, "FORBIDDEN")
        assert (await sent(guarded, numbered(1, "x")))[0] == 401
        assert await guarded.events() == 0

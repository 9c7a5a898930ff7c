"""Bad input gets a clear error and changes nothing."""

import json
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from api import BRING, RECORD, Api
from told import applied, told

Json = dict[str, Any]


@pytest.fixture(autouse=True)
async def nothing_is_stored(api: Api) -> AsyncIterator[None]:
    """Each of these tests leaves the log as it was."""
    before = await api.events()
    yield
    assert await api.events() == before


async def sent(api: Api, body: bytes, **headers: str) -> tuple[int, Json]:
    """The status and the answer to a body as it is; in the new media type, whose status tells."""
    asked = {"content-type": "application/json", "accept": "application/graphql-response+json", **headers}
    response = await api.http.post("/graphql", content=body, headers=asked)
    return response.status_code, response.json()


def complaint(answer: Json) -> tuple[str, str]:
    [error] = answer["errors"]
    assert "data" not in answer
    assert "Traceback" not in json.dumps(answer)
    return error["extensions"]["code"], error["message"]


# Times

TIMES = ["2025-01-15T10:30:00", "2025-01-15", "2025-W03-3T10:30:00Z", "2025-01-15T10:30:60Z", "2025-01-15 10:30:00Z"]
TIMES += ["", "now", "1736937000", "2025-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "2025-01-15T10:30:00+25:00"]
AS_OF = "query($at: Instant!) { artifacts(asOf: $at) { nodes { name } } }"


@pytest.mark.parametrize("time", TIMES)
async def test_a_time_that_is_no_instant_is_refused_with_how_to_write_it(api: Api, time: str) -> None:
    """As a variable, as a literal, and wherever a condition takes one."""
    literal = json.dumps(time)
    for query, variables in [
        (AS_OF, {"at": time}),
        (f"{{ artifacts(asOf: {literal}) {{ nodes {{ name }} }} }}", {}),
        (f"{{ at(time: {literal}) {{ domainTypes {{ name }} }} }}", {}),
        (f"{{ events(where: {{since: {literal}}}) {{ nodes {{ id }} }} }}", {}),
    ]:
        error = await api.fault(query, **variables)
        assert error["extensions"]["code"] == "INVALID_INSTANT", error
        assert "2025-01-15T10:30:00.000Z" in error["message"] + error["extensions"].get("hint", "")


@pytest.mark.parametrize("value", [5, 1736937000.5, True, ["2025-01-15T10:30:00Z"], {"a": 1}])
async def test_a_time_that_is_no_text_is_refused(api: Api, value: Any) -> None:
    assert (await api.fault(AS_OF, at=value))["extensions"]["code"] == "INVALID_INSTANT"
    literal = "{a: 1}" if isinstance(value, dict) else json.dumps(value)
    error = await api.fault(f"{{ artifacts(asOf: {literal}) {{ nodes {{ name }} }} }}")
    assert error["extensions"]["code"] in ("INVALID_INSTANT", "GRAPHQL_VALIDATION_FAILED")


async def test_a_zoned_time_is_taken_with_any_offset_and_cut_to_milliseconds(api: Api) -> None:
    for time in ("2025-01-15T10:30:00Z", "2025-01-15T11:30:00.0009+01:00", "2025-01-15t05:00:00.000999999-05:30"):
        assert (await api.ask(AS_OF, at=time))["artifacts"]["nodes"] == []


async def test_a_time_in_an_envelope_must_be_an_instant_too(api: Api, app_id: str) -> None:
    for time in (*TIMES, 5):
        refused = await api.record(told("ArtifactAppliedEvent", app_id, timestamp=time), imported=True)
        assert refused["__typename"] == "WriteRefused"
        assert (refused["code"], refused["path"]) == ("INVALID_ENVELOPE", "/meta/timestamp"), time


# Envelopes


def without(envelope: Json, *path: str) -> Json:
    *parents, last = path
    inside = envelope = json.loads(json.dumps(envelope))
    for each in parents:
        inside = inside[each]
    del inside[last]
    return envelope


def with_(envelope: Json, value: Any, *path: str) -> Json:
    *parents, last = path
    inside = envelope = json.loads(json.dumps(envelope))
    for each in parents:
        inside = inside[each]
    inside[last] = value
    return envelope


WHOLE = applied("app", "vpc")
BAD_ENVELOPES: list[tuple[Any, str]] = [
    (None, ""),
    (5, ""),
    ("text", ""),
    ([], ""),
    ({}, "/meta"),
    (without(WHOLE, "kind"), "/kind"),
    (without(WHOLE, "meta"), "/meta"),
    (with_(WHOLE, [], "meta"), "/meta"),
    (with_(WHOLE, "x", "spec"), "/spec"),
    (with_(WHOLE, 5, "kind"), "/kind"),
    (with_(WHOLE, "", "kind"), "/kind"),
    (with_(WHOLE, "Event", "kind"), "/kind"),
    (with_(WHOLE, "ArtifactApplied", "kind"), "/kind"),
    (with_(WHOLE, "x" * 600 + "Event", "kind"), "/kind"),
    (with_(WHOLE, "other", "meta", "name"), "/meta/name"),
    (with_(WHOLE, "other", "meta", "appId"), "/meta/appId"),
    (with_(WHOLE, 5, "meta", "appId"), "/meta/appId"),
    (with_(WHOLE, "", "meta", "eventId"), "/meta/eventId"),
    (with_(WHOLE, ["x"], "meta", "correlationId"), "/meta/correlationId"),
    (with_(WHOLE, "x" * 513, "meta", "executionId"), "/meta/executionId"),
    (with_(WHOLE, "Config", "spec", "artifact", "kind"), "/spec/artifact/kind"),
    (with_(WHOLE, "ConfigAppliedEvent", "kind"), "/spec/artifact/kind"),
    (with_(WHOLE, "text", "spec", "artifact"), "/spec/artifact"),
    (with_(WHOLE, None, "spec", "artifact"), "/spec/artifact"),
    (without(told("ArtifactValidatedEvent", "app", "vpc"), "meta", "name"), "/meta/name"),
    (without(told("ArtifactValidatedEvent", "app", "vpc"), "meta", "appId"), "/meta/appId"),
    (told("ArtifactValidatedEvent", "app", " vpc"), "/meta"),
]


@pytest.mark.parametrize("imported", [False, True])
@pytest.mark.parametrize(("envelope", "path"), BAD_ENVELOPES)
async def test_an_envelope_that_is_wrong_or_contradicts_its_object_is_refused_with_the_place(
    api: Api, envelope: Any, path: str, imported: bool
) -> None:
    query = RECORD.replace("JSON!", "JSON") if envelope is None else RECORD
    answer = await api.post(query, {"envelope": envelope, "import": imported})
    if envelope is None:
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        return
    refused = answer["data"]["written"]
    assert (refused["__typename"], refused["code"], refused["retryable"]) == ("WriteRefused", "INVALID_ENVELOPE", False)
    assert refused["path"] == path
    assert refused["message"].startswith(path or "/")
    assert len(refused["message"]) < 300


async def test_an_apply_whose_object_contradicts_its_mutation_is_refused(api: Api, app_id: str) -> None:
    meta = {"name": "vpc", "appId": app_id}
    contradictions: list[tuple[Json, tuple[str, str]]] = [
        ({"kind": "Config"}, ("WriteRefused", "INVALID_ENVELOPE")),
        ({"apiVersion": "v2"}, ("ValidationFailure", "VALIDATION_FAILED")),
        ({"apiVersion": "example.com/v1alpha1"}, ("WriteRefused", "INVALID_ENVELOPE")),
        ({"meta": {"name": " x", "appId": app_id}}, ("WriteRefused", "INVALID_ENVELOPE")),
        ({"meta": {"name": "", "appId": app_id}}, ("WriteRefused", "INVALID_ENVELOPE")),
    ]
    for changed, code in contradictions:
        refused = await api.apply({"meta": meta, "spec": {"version": "1"}, **changed})
        assert (refused["__typename"], refused["code"]) == code, changed
    refused = await api.apply({"meta": meta, "spec": {"version": "1"}}, metadata=["x"])
    assert (refused["code"], refused["path"]) == ("INVALID_ENVELOPE", "/spec/metadata")


async def test_an_unknown_type_has_no_mutation(api: Api) -> None:
    error = await api.fault("mutation { applyNope(object: {}) { __typename } }")
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    "object_",
    [
        None,
        5,
        "x",
        {},
        {"meta": {}},
        {"meta": {"name": 5, "appId": "a"}, "spec": {"version": "1"}},
        {"spec": {}, "x": 1},
    ],
)
async def test_an_input_of_the_wrong_shape_is_bad_input(api: Api, object_: Any) -> None:
    query = "mutation($o: ArtifactInput!) { applyArtifact(object: $o) { __typename } }"
    answer = await api.post(query, {"o": object_})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}


# Documents that no store can keep


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("a\u0000b", "NUL"),
        ({"a\u0000": 1}, "NUL"),
        (10**34, "34 digits"),
        (-(10**40), "34 digits"),
    ],
)
async def test_what_cannot_be_kept_exactly_is_refused(api: Api, app_id: str, value: Any, says: str) -> None:
    status, answer = await sent(api, posted(with_(applied(app_id), value, "spec", "artifact", "spec", "odd")))
    if "errors" in answer:
        assert status == 400
        assert says in complaint(answer)[1]
    else:
        refused = answer["data"]["written"]
        assert (refused["code"], says in refused["message"]) == ("INVALID_DOCUMENT", True)
        assert refused["path"].startswith("/spec/artifact/spec/odd")


def posted(envelope: Any) -> bytes:
    return json.dumps({"query": RECORD, "variables": {"envelope": envelope, "import": True}}).encode()


@pytest.mark.parametrize("number", ["1" * 35, "0." + "1" * 35, "1e7000", "-1e-7000"])
async def test_a_number_beyond_34_digits_or_the_exponents_of_decimals_is_refused(
    api: Api, app_id: str, number: str
) -> None:
    body = posted(with_(applied(app_id), "NUMBER", "spec", "artifact", "spec", "odd")).replace(
        b'"NUMBER"', number.encode()
    )
    _, answer = await sent(api, body)
    refused = answer["data"]["written"]
    assert (refused["code"], refused["path"]) == ("INVALID_DOCUMENT", "/spec/artifact/spec/odd")
    assert refused["hint"] == "Send it as a text."


@pytest.mark.parametrize("number", ["1" * 5000, "1e10000", "NaN", "Infinity", "-Infinity", "01", "+1", "1.", "0x10"])
async def test_a_number_that_is_none_is_refused_with_its_place(api: Api, app_id: str, number: str) -> None:
    body = posted(with_(applied(app_id), "NUMBER", "spec", "x")).replace(b'"NUMBER"', number.encode())
    status, answer = await sent(api, body)
    code, message = complaint(answer)
    assert (status, code) == (400, "BAD_REQUEST")
    assert "at byte" in message


async def test_an_event_of_17_megabytes_and_a_body_of_21_are_refused(api: Api, app_id: str) -> None:
    written = await api.record(applied(app_id, description="x" * (17 * 2**20)))
    assert (written["__typename"], written["code"]) == ("WriteRefused", "EVENT_TOO_LARGE")
    assert written["hint"]
    assert len(written["message"]) < 300
    status, answer = await sent(api, posted(applied(app_id, description="x" * (21 * 2**20))))
    assert (status, complaint(answer)[0]) == (413, "BODY_TOO_LARGE")


async def test_a_document_nested_beyond_80_levels_is_refused_and_20_000_deep_json_too(api: Api, app_id: str) -> None:
    def nested(depth: int) -> bytes:
        body = posted(with_(applied(app_id), "DEEP", "spec", "deep"))
        return body.replace(b'"DEEP"', b"[" * depth + b"]" * depth)

    _, answer = await sent(api, nested(90))
    assert answer["data"]["written"]["code"] == "INVALID_DOCUMENT"
    for depth in (250, 20_000, 1_000_000):
        status, answer = await sent(api, nested(depth))
        assert (status, complaint(answer)[0]) == (400, "BAD_REQUEST")
    literal = f"mutation {{ recordEvent(envelope: {'[' * 900}{']' * 900}) {{ __typename }} }}"
    errors = await api.post(literal)
    assert "errors" in errors or errors["data"]["recordEvent"]["__typename"] == "WriteRefused"


@pytest.mark.parametrize(
    "body", [b"\xff", b'{"query": "\xc3\x28"}', b'{"query": "{ a(x: \\"\\ud800\\") }"}', b"", b"null", b'"x"']
)
async def test_a_body_that_is_no_request_is_refused_with_status_400(api: Api, body: bytes) -> None:
    status, answer = await sent(api, body)
    assert (status, complaint(answer)[0]) == (400, "BAD_REQUEST")


async def test_a_text_of_half_a_surrogate_pair_is_refused(api: Api, app_id: str) -> None:
    body = posted(with_(applied(app_id), "HALF", "spec", "x")).replace(b"HALF", b"\\ud83d")
    status, answer = await sent(api, body)
    assert (status, "surrogate" in complaint(answer)[1]) == (400, True)


# Queries that cost too much

LETTERS = "BCDEFGHIJKLMNOPQRSTUVWXY"
BOMBS = {
    "depth": "{ artifacts { nodes " + "{ lastEvent { entity " * 10 + "{ name" + " } }" * 10 + " } } }",
    "alias": "{ " + " ".join(f"a{index}: domainTypes {{ name }}" for index in range(200)) + " }",
    "width": "{ artifacts { nodes { " + " ".join(f"n{index}: name" for index in range(600)) + " } } }",
    "tokens": "{ " + "domainTypes { name } " * 1000 + "}",
    "fragment": "{ ...B } fragment Y on Query { domainTypes { name } } "
    + " ".join(f"fragment {a} on Query {{ ...{b} ...{b} }}" for a, b in pairwise(LETTERS)),
    "cycle": "{ ...A } fragment A on Query { ...A }",
    "directives": "{ domainTypes " + "@skip(if: false) " * 700 + "{ name } }",
    "braces": "{" * 50_000,
    "list": "{ artifacts(labelSelector: " + "[" * 5000 + " }",
}
CODES = {
    "depth": "QUERY_TOO_DEEP",
    "alias": "TOO_MANY_ROOT_FIELDS",
    "width": "TOO_MANY_ALIASES",
    "tokens": "QUERY_TOO_LARGE",
    "fragment": "QUERY_TOO_LARGE",
    "cycle": "GRAPHQL_VALIDATION_FAILED",
    "directives": "QUERY_TOO_LARGE",
    "braces": "GRAPHQL_PARSE_FAILED",
    "list": "QUERY_TOO_DEEP",
}


@pytest.mark.parametrize("name", BOMBS)
async def test_a_query_that_would_cost_too_much_is_refused_before_it_runs(api: Api, name: str) -> None:
    answer = await api.post(BOMBS[name])
    assert "data" not in answer
    assert CODES[name] in {each["extensions"]["code"] for each in answer["errors"]}
    assert len(json.dumps(answer)) < 20_000


async def test_a_mutation_repeated_under_aliases_is_bounded_too(api: Api, app_id: str) -> None:
    fields = " ".join(f'a{index}: deleteArtifact(name: "n", appId: "a") {{ __typename }}' for index in range(150))
    answer = await api.post(f"mutation {{ {fields} }}")
    assert "data" not in answer


async def test_more_than_a_thousand_events_at_once_are_refused(api: Api, app_id: str) -> None:
    error = await api.fault(BRING, envelopes=[{}] * 1001)
    assert error["extensions"]["code"] == "INVALID_ARGUMENT"


async def test_a_mutation_by_get_changes_nothing(api: Api, app_id: str) -> None:
    query = 'mutation { deleteArtifact(name: "n", appId: "a") { __typename } }'
    response = await api.http.get("/graphql", params={"query": query})
    assert response.status_code == 405

"""An envelope comes out as it came in, and its digest tells contents apart."""

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import envelope as envelopes
from domain import instants
from domain.errors import InvalidEnvelope
from domain.event import Document, Draft
from domain.registry import builtin
from envelopes_edited import changed, without
from examples import JOHN, T0, artifact, envelope, recorded
from json_values import exact, objects

REGISTRY = builtin()


def read(one: Any) -> Draft:
    return envelopes.read(one, REGISTRY, JOHN)


SERVER_SET = {"eventId", "timestamp", "timestampText", "userId", "actorType"}


def written_back(sent: Document) -> Document:
    """What a reader gets of a sent envelope, without the fields that the server sets."""
    written = envelopes.write(recorded(read(sent), 1, T0, T0))
    assert written["meta"]["eventId"] == "event-1"
    assert written["meta"]["timestamp"] == instants.write(T0)
    assert written["meta"]["userId"] == JOHN.id
    return {**written, "meta": {key: value for key, value in written["meta"].items() if key not in SERVER_SET}}


@settings(max_examples=50)
@given(objects(), objects(), objects(), objects())
def test_what_came_in_comes_out(rest: Document, meta: Document, spec: Document, state: Document) -> None:
    """Unknown keys anywhere, in the envelope, its meta, its spec and the object."""
    sent = envelope()
    sent = {**rest, **sent, "meta": meta | sent["meta"], "spec": spec | sent["spec"]}
    sent["spec"]["artifact"] = state | artifact()
    sent["meta"] = {key: value for key, value in sent["meta"].items() if key not in SERVER_SET}
    assert exact(written_back(sent)) == exact(sent)


def test_a_key_without_a_value_comes_out_too() -> None:
    sent = {**envelope(correlationId=None, executionId=None, note=None), "rest": None}
    assert written_back(sent) == sent


@pytest.mark.parametrize("kind", ["ArtifactAppliedEvent", "ArtifactApplyEvent"])
def test_an_event_without_an_object_comes_out_without_one(kind: str) -> None:
    sent = without("spec/artifact", envelope(kind))
    assert written_back(sent) == sent


def test_a_finer_timestamp_is_kept_as_text() -> None:
    draft = read(envelope(timestamp="2025-01-15T11:30:00.000123456+01:00"))
    assert (draft.timestamp, draft.timestamp_text) == (T0, "2025-01-15T11:30:00.000123456+01:00")
    assert read(envelope(timestamp="2025-01-15T10:30:00.000000Z")).timestamp_text is None


def test_a_written_envelope_reads_as_the_same_draft() -> None:
    """An export can be imported: time, finer text and content are the same."""
    first = read(envelope(eventId="e", timestamp="2025-01-15T10:30:00.000123456Z", note=1))
    assert first.timestamp is not None
    written = envelopes.write(recorded(first, 1, first.timestamp, T0))
    again = read(written)
    assert {**vars_of(again), "digest": ""} == {**vars_of(first), "digest": ""}


def test_a_finer_text_that_names_another_instant_is_refused() -> None:
    sent = envelope(timestamp="2025-01-15T10:30:00.000Z", timestampText="2025-01-15T10:30:00.0019Z")
    with pytest.raises(InvalidEnvelope) as refusal:
        read(sent)
    assert refusal.value.details["path"] == "/meta/timestampText"


def vars_of(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in Draft.__slots__}


def test_the_digest_does_not_know_the_event_id_nor_the_order_of_keys() -> None:
    one, other = envelope(eventId="1"), envelope(eventId="2")
    assert envelopes.digest(one) == envelopes.digest({key: other[key] for key in reversed(other)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (1, "1"),
        (0, None),
        (Decimal("1.10"), "1.10"),
        (Decimal("1.10"), Decimal("1.1")),
        (Decimal("1.10"), ["1.10"]),
        ({"a": 1}, {"a": 1, "b": None}),
        ([], {}),
        ("é", "e\u0301"),
    ],
)
def test_the_digest_tells_different_values_apart(one: Any, other: Any) -> None:
    assert envelopes.digest(changed("spec/value", one)) != envelopes.digest(changed("spec/value", other))


@given(objects(), st.randoms(use_true_random=False))
def test_the_digest_of_equal_content_is_equal(content: Document, shuffle: Any) -> None:
    keys = list(content)
    shuffle.shuffle(keys)
    shuffled = {key: copy.deepcopy(content[key]) for key in keys}
    assert envelopes.digest({**envelope(), "spec": content}) == envelopes.digest({**envelope(), "spec": shuffled})

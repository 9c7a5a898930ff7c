from typing import Any

import pytest

from domain import cloud_events
from domain.errors import InvalidEnvelope

EVENT = {"specversion": "1.0", "id": "7", "source": "/ci", "type": "com.example.ArtifactAppliedEvent"}


def test_the_attributes_name_the_event_and_data_is_its_spec() -> None:
    envelope = cloud_events.envelope(
        {**EVENT, "subject": "vpc", "appid": "09287", "time": "2025-01-15T10:30:00Z", "data": {"cost": 1}}
    )
    assert envelope["kind"] == "ArtifactAppliedEvent"
    assert envelope["spec"] == {"cost": 1}
    assert {key: envelope["meta"][key] for key in ("name", "appId", "timestamp")} == {
        "name": "vpc",
        "appId": "09287",
        "timestamp": "2025-01-15T10:30:00Z",
    }


def test_data_may_be_a_whole_envelope_whose_own_words_count() -> None:
    data = {"kind": "ConfigAppliedEvent", "meta": {"name": "own"}, "spec": {"x": 1}}
    envelope = cloud_events.envelope({**EVENT, "subject": "other", "data": data})
    assert (envelope["kind"], envelope["meta"]["name"], envelope["spec"]) == ("ConfigAppliedEvent", "own", {"x": 1})


def test_source_and_id_together_are_the_identity() -> None:
    ids = [cloud_events.envelope(each)["meta"]["eventId"] for each in (EVENT, EVENT, {**EVENT, "source": "/cd"})]
    assert ids[0] == ids[1] != ids[2]


def test_a_subject_may_hold_the_app() -> None:
    meta = cloud_events.envelope({**EVENT, "subject": "09287/shop/web"})["meta"]
    assert (meta["appId"], meta["name"]) == ("09287", "shop/web")


def test_what_has_no_place_is_kept() -> None:
    kept = cloud_events.envelope({**EVENT, "traceparent": "00-1"})["cloudEvent"]
    assert kept == {"source": "/ci", "id": "7", "type": "com.example.ArtifactAppliedEvent", "traceparent": "00-1"}


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"id": ""}, "/id"),
        ({"source": 1}, "/source"),
        ({"type": None}, "/type"),
        ({"specversion": "0.3"}, "/specversion"),
        ({"data": [1]}, "/data"),
        ({"data_base64": "AA=="}, "/data_base64"),
    ],
)
def test_a_wrong_attribute_is_named(changed: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidEnvelope) as refusal:
        cloud_events.envelope({**EVENT, **changed})
    assert refusal.value.details["path"] == path

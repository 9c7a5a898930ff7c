"""Histories break the schema of today. What does not fit costs its own field, and its error says why."""

import logging
from decimal import Decimal
from typing import Any

import pytest

from api import Api
from examples import T0
from graph.definitions import list_of, nullable
from graph.fitting import fit
from graph.scalars import JSON, Long
from told import applied, config, deployment, told

BIG = 2**53 + 1


@pytest.mark.parametrize(
    ("type_", "value", "fits"),
    [
        (str, "x", True),
        (str, 5, False),
        (str, True, False),
        (str, {}, False),
        (bool, False, True),
        (bool, 0, False),
        (bool, "yes", False),
        (int, 2**31 - 1, True),
        (int, 2**31, False),
        (int, 5.0, True),
        (int, 5.5, False),
        (int, True, False),
        (int, "5", False),
        (Long, 2**70, True),
        (Long, Decimal("1E+20"), True),
        (Long, Decimal("0.5"), False),
        (Long, [], False),
        (float, 5, True),
        (float, Decimal("0.1234567890123456789"), True),
        (float, Decimal("1E+400"), False),
        (float, "0.5", False),
        (JSON, {"a": [1]}, True),
        (object, {"a": 1}, True),
        (object, [], False),
        (object, "x", False),
    ],
)
def test_a_value_stays_or_an_error_stands_in_its_place(type_: Any, value: Any, fits: bool) -> None:
    for given in (type_, nullable(type_)):
        answer = fit(given)(value)
        assert answer == (float(value) if type_ is float else value) if fits else answer.code == "VALUE_MISMATCH"
        assert fit(given)(None) is None
    listed = fit(list_of(nullable(type_)))([value, None])
    assert listed[1] is None
    assert isinstance(listed[0], Exception) is not fits
    assert fit(list_of(type_))("x").code == "VALUE_MISMATCH"


async def faults(api: Api, query: str, app_id: str) -> tuple[Any, dict[str, str]]:
    """The data, and the message of each error by its path."""
    answer = await api.post(f"query($appId: String!) {{ {query} }}", {"appId": app_id})
    errors = answer.get("errors", [])
    assert {each["extensions"]["code"] for each in errors} <= {"VALUE_MISMATCH"}
    return answer["data"], {"/".join(map(str, each["path"])): each["message"] for each in errors}


async def test_a_value_of_another_type_costs_its_own_field_and_no_log_entry(
    api: Api, app_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "graph")
    spec: Any = {
        "version": 2.5,
        "description": ["a"],
        "regions": ["eu", 5, None, {"x": 1}],
        "source": "github.com/x",
        "bundles": [{"name": "a", "sizeBytes": BIG}, 7, {"name": True, "sizeBytes": "big", "location": "s3"}],
    }
    state = applied(app_id)["spec"]["artifact"] | {"spec": spec, "status": "fine"}
    await api.bring(told("ArtifactAppliedEvent", app_id, at=T0, state=state))
    query = """artifact(name: "vpc", appId: $appId) { current { raw kind version status { phase }
        spec { version description regions source { commit } bundles { name sizeBytes location } } } }"""
    data, errors = await faults(api, query, app_id)
    assert data["artifact"]["current"] == {
        "raw": state,
        "kind": "Artifact",
        "version": 1,
        "spec": {
            "version": None,
            "description": None,
            "regions": ["eu", None, None, None],
            "source": None,
            "bundles": [
                {"name": "a", "sizeBytes": str(BIG), "location": None},
                None,
                {"name": None, "sizeBytes": None, "location": "s3"},
            ],
        },
        "status": None,
    }
    here = "artifact/current"
    assert errors == {
        f"{here}/spec/version": "a number stands here, where the schema has a text",
        f"{here}/spec/description": "a list stands here, where the schema has a text",
        f"{here}/spec/regions/1": "a number stands here, where the schema has a text",
        f"{here}/spec/regions/3": "an object stands here, where the schema has a text",
        f"{here}/spec/source": "a text stands here, where the schema has an object",
        f"{here}/spec/bundles/1": "a number stands here, where the schema has an object",
        f"{here}/spec/bundles/2/name": "a boolean stands here, where the schema has a text",
        f"{here}/spec/bundles/2/sizeBytes": "a text stands here, where the schema has a whole number",
        f"{here}/status": "a text stands here, where the schema has an object",
    }
    assert caplog.records == []


async def test_numbers_and_truths_of_another_type_cost_their_own_field(api: Api, app_id: str) -> None:
    limits = {"requestsPerSecond": 2**31, "timeoutSeconds": "2s", "maxBytes": 1.5}
    await api.bring(
        told("ConfigAppliedEvent", app_id, "c", at=T0, state=config(app_id, "c", limits=limits, immutable="yes")),
        told("DeploymentAppliedEvent", app_id, "d", at=T0, state=deployment(app_id, "d", replicas="3", region="eu")),
    )
    query = """config(name: "c", appId: $appId) { current { raw
          spec { immutable limits { requestsPerSecond timeoutSeconds maxBytes } } } }
        deployment(name: "d", appId: $appId) { current { raw spec { replicas region } } }"""
    data, errors = await faults(api, query, app_id)
    assert data["config"]["current"]["spec"] == {
        "immutable": None,
        "limits": {"requestsPerSecond": None, "timeoutSeconds": None, "maxBytes": None},
    }
    assert data["config"]["current"]["raw"]["spec"] == {"limits": limits, "immutable": "yes"}
    assert data["deployment"]["current"]["spec"] == {"replicas": None, "region": "eu"}
    assert sorted(path.rpartition("/")[2] for path in errors) == [
        *("immutable", "maxBytes", "replicas", "requestsPerSecond", "timeoutSeconds")
    ]


@pytest.mark.parametrize(
    ("reference", "shown", "wrong"),
    [
        (None, None, False),
        ("vpc", {"name": "vpc"}, False),
        ({"name": "other", "appId": "b", "more": 1}, {"name": "other"}, False),
        ({}, None, False),
        ({"name": ""}, None, False),
        ({"name": "x" * 600}, None, False),
        (5, None, False),
        ([], None, True),
        (["vpc"], None, True),
    ],
)
async def test_a_reference_of_another_shape_spoils_nothing_else(
    api: Api, app_id: str, reference: Any, shown: Any, wrong: bool
) -> None:
    state = deployment(app_id, "odd", artifact=reference, configs={"name": "c"}, version="7")
    await api.bring(told("DeploymentAppliedEvent", app_id, "odd", at=T0, state=state))
    query = """deployment(name: "odd", appId: $appId) {
        current { raw spec { version artifact { name } configs { name } } } }"""
    data, errors = await faults(api, query, app_id)
    found = data["deployment"]["current"]
    assert found["raw"]["spec"]["artifact"] == reference
    assert found["spec"] == {"version": "7", "artifact": shown, "configs": None}
    expected = {"deployment/current/spec/configs": "a reference stands here, where the schema has a list"}
    if wrong:
        expected["deployment/current/spec/artifact"] = "a list stands here, where the schema has an object"
    assert errors == expected

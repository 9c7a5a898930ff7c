"""The ten questions of the README, word for word, on the demo data that they are about."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api import Api

README = Path(__file__).parents[2] / "README.md"
QUESTION = re.compile(r"<summary><b>(\d+)\. ([^<]+)</b>[^<]*</summary>\n\n```graphql\n(.*?)```", re.DOTALL)
SECTION = README.read_text("utf-8").partition("## Ten questions of an audit")[2].partition("\n## ")[0]
QUESTIONS = {int(number): (title, query) for number, title, query in QUESTION.findall(SECTION)}

Json = dict[str, Any]


def ids(actors: list[Json], type_: str = "HUMAN") -> list[str]:
    return [each["id"].partition("@")[0] for each in actors if each["type"] == type_]


def settings_in_use(data: Json) -> None:
    spec = data["at"]["deployment"]["current"]["spec"]
    assert spec["artifact"]["current"]["spec"]["version"] == "4.2.0"
    assert spec["configs"][0]["current"]["spec"]["data"]["PAYMENT_TIMEOUT_MS"] == "300"
    assert data["at"]["deployment"]["current"]["status"]["phase"] == "FAILED"


def changed_set(data: Json) -> None:
    release, setting = data["changes"]["nodes"]
    assert (release["entity"]["name"], setting["entity"]["name"]) == (
        *("checkout-production", "checkout-production-settings"),
    )
    assert {"path": "/spec/version", "from": "4.1.0", "to": "4.2.0"} in release["changes"]
    assert {"path": "/spec/data/PAYMENT_TIMEOUT_MS", "from": "3000", "to": "300"} in setting["changes"]
    assert ids(setting["actors"]) == ["marco.bianchi", "lena.fischer"]
    assert [each["type"] for each in release["actors"][:3]] == ["HUMAN"] * 3


def asked_for(data: Json) -> None:
    (field,) = data["config"]["asOf"]["blame"]
    assert (field["value"], field["actor"]["id"]) == ("300", "policy-engine")
    assert field["request"]["actor"]["id"] == "lena.fischer@example.com"
    assert "fails fast" in field["request"]["spec"]["metadata"]["comment"]


def request(data: Json) -> None:
    found = data["correlation"]
    assert (len(ids(found["actors"])), len(found["actors"])) == (2, 6)
    assert (len(found["entities"]["nodes"]), found["outcome"]) == (4, "COMPLETED")


def rolled_back(data: Json) -> None:
    comparison = data["deployment"]["compare"]
    assert (comparison["difference"], comparison["changes"]) == ("UNCHANGED", [])
    assert comparison["events"]["nodes"][0]["kind"] == "DeploymentRolledBackEvent"


def last_actors(data: Json) -> None:
    assert data["deployment"]["lastActor"]["type"] == "CONTROLLER"
    assert data["deployment"]["lastHuman"]["id"] == "lena.fischer@example.com"


def person(data: Json) -> None:
    kinds = {each["name"]: each["count"] for each in data["actor"]["counts"]["kinds"]}
    assert data["actor"]["counts"]["events"] == sum(kinds.values()) == 10
    assert (kinds["ConfigApprovedEvent"], kinds["DeploymentApprovedEvent"]) == (3, 2)
    assert kinds["DeploymentRolledBackEvent"] == kinds["ConfigAppliedEvent"] == 1
    assert "checkout-production" in {each["entity"]["name"] for each in data["actor"]["entities"]["nodes"]}


def deleted(data: Json) -> None:
    nodes = data["events"]["nodes"]
    assert {each["type"] for each in nodes} == {"Artifact", "Config", "Deployment"}
    assert all(each["state"]["raw"]["meta"]["name"] == each["name"] for each in nodes)


def releases(data: Json) -> None:
    nodes = {each["name"]: each["compare"] for each in data["deployments"]["nodes"]}
    released = [name for name, each in nodes.items() if "/spec/version" in {one["path"] for one in each["changes"]}]
    assert (len(released), len(nodes)) == (11, 17)
    assert {"path": "/spec/version", "from": "4.1.0", "to": "4.2.1"} in nodes["checkout-production"]["changes"]
    assert "priya.raman" in ids(nodes["checkout-production"]["actors"])


def days(data: Json) -> None:
    assert len(data["timeline"]) == 7
    incident = data["timeline"][3]
    assert (incident["start"], incident["events"]) == ("2026-09-17T00:00:00.000Z", 19)
    assert {each["type"]: each["count"] for each in incident["actorTypes"]}["HUMAN"] == 8


ANSWERS: dict[int, Callable[[Json], None]] = {
    1: settings_in_use,
    2: changed_set,
    3: asked_for,
    4: request,
    5: rolled_back,
    6: last_actors,
    7: person,
    8: deleted,
    9: releases,
    10: days,
}


def test_the_readme_asks_ten_questions() -> None:
    assert list(QUESTIONS) == list(ANSWERS)
    assert SECTION.count("```graphql") == len(ANSWERS)


@pytest.mark.parametrize("number", ANSWERS)
async def test_a_question_of_the_readme_has_its_answer(demo: Api, number: int) -> None:
    _, query = QUESTIONS[number]
    ANSWERS[number](await demo.ask(query))

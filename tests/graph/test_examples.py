"""The example queries, on the demo data that they are about."""

from typing import Any

import pytest

from api import Api
from graph.examples import Example, load_examples

EXAMPLES = [each for each in load_examples() if "subscription " not in each.query]
LIVE = [each for each in load_examples() if "subscription " in each.query]
# What may be null in an answer to an example, because that is what it shows.
MAY_BE_NULL = {"validTo", "executionId", "endCursor", "from", "to", "message", "hint", "path", "state"}


def nulls(value: Any, path: str = "") -> list[str]:
    if value is None:
        return [path]
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in nulls(item, f"{path}/{key}")]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in nulls(item, f"{path}/{index}")]
    return []


def lists(value: Any) -> list[list[Any]]:
    if isinstance(value, dict):
        return [found for item in value.values() for found in lists(item)]
    return [value, *(found for item in value for found in lists(item))] if isinstance(value, list) else []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
async def test_an_example_is_answered_in_full(demo: Api, example: Example) -> None:
    answer = await demo.post(example.query)
    assert "errors" not in answer, answer
    assert [path for path in nulls(answer["data"]) if path.rpartition("/")[2] not in MAY_BE_NULL] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
async def test_a_list_in_the_answer_to_an_example_is_not_empty(demo: Api, example: Example) -> None:
    answer = await demo.post(example.query)
    found = lists(answer["data"])
    assert not found or max(map(len, found)) > 1 or found == [["eu-west-1"]]
    assert all(found[:1])


@pytest.mark.parametrize("example", LIVE, ids=lambda example: example.title)
def test_a_live_example_is_valid(demo: Api, example: Example) -> None:
    assert not isinstance(demo.service.engine.prepare(example.query, None), list)


async def test_the_first_example_shows_that_the_past_differs_from_today(demo: Api) -> None:
    artifact = (await demo.ask(EXAMPLES[0].query))["artifact"]
    assert artifact["current"]["spec"] != artifact["asOf"]["spec"]
    assert artifact["asOf"]["validTo"] is not None
    assert artifact["asOf"]["validFrom"] <= "2026-08-01T00:00:00.000Z" < artifact["asOf"]["validTo"]


async def test_the_example_of_the_incident_shows_a_failure(demo: Api) -> None:
    query = next(each.query for each in EXAMPLES if "DeploymentsAsOf" in each.query)
    nodes = [edge["node"]["asOf"] for edge in (await demo.ask(query))["deployments"]["edges"]]
    assert "FAILED" in {node["status"]["phase"] for node in nodes}


async def test_the_next_page_of_the_history_goes_on_where_the_first_one_ended(demo: Api) -> None:
    query = next(each.query for each in EXAMPLES if "History(" in each.query)
    first = (await demo.ask(query))["deployment"]["events"]
    second = (await demo.ask(query, after=first["pageInfo"]["endCursor"]))["deployment"]["events"]
    times = [edge["node"]["timestamp"] for edge in first["edges"] + second["edges"]]
    assert len(times) == 20
    assert times == sorted(times, reverse=True)


async def test_the_example_of_a_write_stores_another_version_each_time(demo: Api) -> None:
    query = next(each.query for each in EXAMPLES if each.query.split("\n", 2)[2].startswith("mutation"))
    versions = [next(iter((await demo.ask(query)).values()))["event"]["version"] for _ in range(2)]
    assert versions[0] < versions[1]


async def test_the_demo_is_dense_and_every_state_can_be_shown_by_its_type(demo: Api) -> None:
    """Every typed field of every state in six months of history: no value that does not fit."""
    query = """query($after: String) { events(first: 500, after: $after) { pageInfo { hasNextPage endCursor } nodes {
        ... on ArtifactEvent { state { spec { version description regions source { repository path commit }
          bundles { name type location checksum sizeBytes } } status { phase message } } }
        ... on DeploymentEvent { state { spec { version environment region replicas strategy artifact { name }
          configs { name } resources { cpu memory } } status { phase readyReplicas message } } }
        ... on ConfigEvent { state { spec { environment format data immutable
          limits { requestsPerSecond timeoutSeconds maxBytes } } status { phase message } } } } } }"""
    after, seen = None, 0
    while True:
        page = (await demo.ask(query, after=after))["events"]
        seen += len(page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen >= 3000

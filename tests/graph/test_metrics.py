"""What an operator can count."""

import asyncio

from prometheus_client.parser import text_string_to_metric_families

from api import Api, running
from manifests import applied, manifest


async def counted(api: Api) -> dict[str, float]:
    answer = await api.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_every_query_is_counted_by_who_executed_it(api: Api) -> None:
    names = "abcde"
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    query = f"query({declared}) {{ {' '.join(f'{name}: __typename @include(if: ${name})' for name in names)} }}"
    before = await counted(api)
    for choice in range(32):
        await api.ask(query, **{name: bool(choice >> place & 1) for place, name in enumerate(names)})
    after = await counted(api)
    grown = {name: after[name] - before[name] for name in after if name.startswith("dsel_queries_executed_total")}
    assert grown == {
        "dsel_queries_executed_total planned": 16,
        "dsel_queries_executed_total unplanned": 16,
        "dsel_queries_executed_total unusual": 0,
    }


async def test_the_counts_go_on_when_a_type_is_applied(mongodb_uri: str) -> None:
    async with running(mongodb_uri) as api:
        await api.ask("{ domainTypes { name } }")
        assert await applied(api, manifest("Gauge", level="integer")) == ["CREATED"]
        await api.ask("{ gauges { nodes { name } } }")
        assert (await counted(api))["dsel_queries_executed_total planned"] == 2


async def test_answers_that_were_shared_are_counted(api: Api) -> None:
    query = "{ artifacts(first: 1) { nodes { name } } }"
    await api.ask(query)
    before = await counted(api)
    await asyncio.gather(*(api.ask(query) for _ in range(4)))
    after = await counted(api)
    executed, shared = (
        after[name] - before[name] for name in ("dsel_queries_executed_total planned", "dsel_queries_shared_total")
    )
    assert (executed + shared, executed) == (4, 1)


async def test_open_connections_and_the_process_are_measured(api: Api) -> None:
    found = await counted(api)
    assert found["dsel_subscriptions_open"] == found["dsel_websockets_open"] == 0
    assert found["process_resident_memory_bytes"] > 10_000_000

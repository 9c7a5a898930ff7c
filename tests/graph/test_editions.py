"""A changed schema takes the place of the old one as one reference, on every replica, while requests go on."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api import APPLY as ARTIFACT
from api import Api, calls, running
from domain.entity import Entity
from domain.registry import Registry
from examples import artifact
from manifests import APPLY, applied, apply, manifest, retire, types
from patience import PATIENCE
from serving import drop, serving
from subscriber import socket


@pytest.fixture
async def replicas(mongodb_uri: str) -> AsyncIterator[tuple[Api, Api]]:
    name = f"test_{uuid4().hex}"
    async with (
        running(mongodb_uri, types=Registry([]), database=name) as one,
        running(mongodb_uri, types=Registry([]), database=name) as other,
    ):
        yield one, other


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - what it waits for happens in the service
            await asyncio.sleep(0.01)


def serves(api: Api, name: str) -> bool:
    return name in api.service.registry


async def test_a_replica_learns_a_type_that_another_one_applied(replicas: tuple[Api, Api]) -> None:
    one, other = replicas
    await applied(one, manifest("Widget", size="integer"))
    await until(lambda: "Widget" in other.service.registry)
    assert (await other.ask("{ widgets { nodes { name } } }"))["widgets"] == {"nodes": []}
    await retire(other, "Widget")
    await until(lambda: "Widget" not in one.service.registry)
    assert (await types(one, everything=True))["Widget"]["retired"]


async def test_a_query_of_a_type_is_answered_by_every_replica_as_soon_as_its_writer_knows(
    replicas: tuple[Api, Api],
) -> None:
    """Whoever sends the next query to another replica need not wait until that has heard of it."""
    one, other = replicas
    for number in range(3):
        await applied(one, manifest(f"Soon{number}", size="integer"))
        assert await other.ask(f"{{ soon{number}s {{ nodes {{ name }} }} }}") == {f"soon{number}s": {"nodes": []}}


async def test_an_invalid_query_costs_one_look_at_the_log_whoever_sends_it_meanwhile(mongodb_uri: str) -> None:
    async with running(mongodb_uri, types=Registry([])) as api:
        with calls() as commands:
            faults = await asyncio.gather(*(api.fault(f"{{ nothing{number} }}") for number in range(10)))
        assert {each["extensions"]["code"] for each in faults} == {"GRAPHQL_VALIDATION_FAILED"}
        assert len(commands) <= 2
        with calls() as commands:
            assert "errors" in await api.post("{ unfinished")
        assert commands == []


async def test_what_an_import_brings_and_cannot_be_served_is_left_out_and_its_fault_told(
    replicas: tuple[Api, Api],
) -> None:
    def told(name: str, **spec: Any) -> Any:
        meta = {"name": name, "appId": "dsel"}
        object_ = {"apiVersion": "dsel/v1alpha1", "kind": "DomainType", "meta": meta, "spec": spec}
        return {"kind": "DomainTypeAppliedEvent", "meta": meta, "spec": {"domainType": object_}}

    one, other = replicas
    broken = manifest("Broken", size={"type": "nonsense"})
    clashing = manifest("Clashing", plural="events", size="integer")
    brought = [
        told("Fine", manifest=manifest("Fine", size="integer")),
        told("Broken", manifest=broken),
        told("Empty"),
        told("Other", manifest=manifest("Another")),
        told("Clashing", manifest=clashing),
    ]
    await one.bring(*brought)
    for api in (one, other):
        await until(partial(serves, api, "Fine"))
        assert (await api.ask("{ fines { nodes { name } } }"))["fines"] == {"nodes": []}
        found = await types(api, everything=True)
        assert [found[name]["fault"] is not None for name in ("Fine", "Broken", "Empty", "Other")] == [
            False,
            True,
            True,
            True,
        ]
        assert "nonsense" in found["Broken"]["fault"]
    assert await applied(one, manifest("Broken", size="integer")) == ["CHANGED"]


async def test_a_type_can_be_subscribed_to_on_another_replica_as_soon_as_its_writer_knows(mongodb_uri: str) -> None:
    name = f"test_{uuid4().hex}"
    with serving(mongodb_uri, database=name) as one, serving(mongodb_uri, database=name) as other:
        async with socket(other) as made, httpx.AsyncClient(timeout=PATIENCE) as http:
            await made.begin()
            variables = {"manifest": manifest("Widget", size="integer")}
            await http.post(f"{one}/graphql", json={"query": APPLY, "variables": variables})
            await made.subscribe('subscription { widget(name: "w", appId: "a") { current { kind } } }')
            assert await made.data() == {"widget": None}
    drop(mongodb_uri, name)


async def test_an_open_subscription_goes_on_after_a_swap(mongodb_uri: str) -> None:
    with serving(mongodb_uri) as address:
        async with socket(address) as made, httpx.AsyncClient(timeout=PATIENCE) as http:
            await (await made.begin()).subscribe(
                'subscription { events(from: "2020-01-01T00:00:00Z", where: {types: ["Artifact"]}) { node { kind } } }'
            )
            for name in ("Widget", "Gadget"):
                variables = {"manifest": manifest(name, size="integer")}
                answer = await http.post(f"{address}/graphql", json={"query": APPLY, "variables": variables})
                assert answer.json()["data"]["done"]["__typename"] == "DomainTypesChanged"
                gc.collect()
                object_ = artifact(Entity("Artifact", "swap", name.lower()))
                await http.post(f"{address}/graphql", json={"query": ARTIFACT, "variables": {"object": object_}})
                assert await made.data() == {"events": {"node": {"kind": "ArtifactAppliedEvent"}}}


async def test_a_replica_that_starts_late_has_what_was_applied_before(mongodb_uri: str) -> None:
    name = f"test_{uuid4().hex}"
    async with running(mongodb_uri, types=Registry([]), database=name) as one:
        await applied(one, manifest("Widget", size="integer"), manifest("Gadget", size="integer"))
        await retire(one, "Gadget")
        async with running(mongodb_uri, types=Registry([]), database=name) as late:
            assert await types(late, everything=True) == await types(one, everything=True)
            assert (await late.ask("{ widgets { nodes { name } } }"))["widgets"] == {"nodes": []}


async def test_a_bound_of_more_than_32_bits_is_read_by_every_replica(mongodb_uri: str) -> None:
    """BSON gives such integers a type of their own."""
    name, bounded = (
        f"test_{uuid4().hex}",
        {"type": "integer", "minimum": -(2**40), "maximum": 2**32 - 1, "default": 2**33},
    )
    async with running(mongodb_uri, types=Registry([]), database=name) as one:
        await applied(one, manifest("Peer", asn=bounded))
        async with running(mongodb_uri, types=Registry([]), database=name) as late:
            assert late.service.edition.registry.declarations["Peer"].fault is None
            assert await late.ask("{ peers { nodes { current { spec { asn } } } } }") == {"peers": {"nodes": []}}


async def test_types_that_two_replicas_apply_at_once_are_served_by_both(replicas: tuple[Api, Api]) -> None:
    one, other = replicas
    done = await asyncio.gather(
        *(
            applied(each, manifest(f"{word}{number}", size="integer"))
            for number in range(3)
            for each, word in ((one, "Left"), (other, "Right"))
        )
    )
    assert done == [["CREATED"]] * 6
    await until(lambda: len([*one.service.registry]) == len([*other.service.registry]) == 6)


async def test_of_two_who_change_one_type_at_once_nobody_is_overwritten_unseen(replicas: tuple[Api, Api]) -> None:
    """Both may succeed one after the other; but who read version 0 is refused."""
    manifests = [manifest("Widget", size=each) for each in ("integer", "string")]
    done = await asyncio.gather(*(apply(api, each, version=0) for api, each in zip(replicas, manifests, strict=True)))
    assert sorted(each["__typename"] for each in done) == ["DomainTypesChanged", "VersionConflict"]


async def test_a_request_ends_on_the_edition_that_it_began_on(mongodb_uri: str) -> None:
    async with running(mongodb_uri) as api:
        edition = api.service.edition
        await applied(api, manifest("Widget", size="integer"))
        assert "Widget" not in edition.registry
        assert "Widget" in api.service.registry
        assert (edition.schema.get_type("Widget"), edition is api.service.edition) == (None, False)


LIST = "{ artifacts { nodes { name current { spec { version } } } } }"


async def test_a_replaced_edition_is_freed_at_once_with_its_schema_and_its_types(mongodb_uri: str) -> None:
    async with running(mongodb_uri) as api:
        await applied(api, manifest("Widget", size="integer"))
        await api.ask("{ widgets { nodes { name current { spec { size } } } } }")
        await api.ask(LIST)
        edition = api.service.edition
        part = next(each for each in edition.schema.extensions["parts"] if each.members[0].name == "Widget")
        artifacts = next(each for each in edition.schema.extensions["parts"] if each is not part)
        freed, kept = [weakref.ref(each) for each in (edition, part)], weakref.ref(artifacts)
        del edition, part, artifacts
        gc.collect()
        gc.disable()
        try:
            await applied(api, manifest("Widget", size="integer", colour="string"))
            await api.ask(LIST)
            assert [each() for each in freed] == [None, None]
            assert kept() in api.service.edition.schema.extensions["parts"]
        finally:
            gc.enable()


async def test_queries_that_are_known_are_not_read_again_after_a_swap(mongodb_uri: str) -> None:
    async with running(mongodb_uri) as api:
        await api.ask(LIST)
        await applied(api, manifest("Widget", size="integer"))
        await api.ask(LIST)
        documents = api.service.edition.documents
        assert (documents.hits, documents.misses) == (1, 0)


async def test_a_query_that_a_swap_made_invalid_is_refused_and_the_others_stay_known(mongodb_uri: str) -> None:
    async with running(mongodb_uri, types=Registry([])) as api:
        sized = "{ widgets { nodes { current { spec { size } } } } }"
        named = "{ widgets { nodes { name } } }"
        await applied(api, manifest("Widget", size="integer"))
        for query in (sized, named):
            await api.ask(query)
        size = {"type": "object", "properties": {"gib": {"type": "integer"}}}
        await applied(api, manifest("Widget", size=size), force=True)
        before = api.service.edition.documents.misses
        await api.ask(named)
        assert api.service.edition.documents.misses == before
        assert (await api.fault(sized))["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_no_query_fails_and_hardly_any_is_read_again_while_types_are_applied(
    replicas: tuple[Api, Api],
) -> None:
    """In short what bench/swap.py does for half a minute."""
    done, asked, documents = asyncio.Event(), 0, []

    async def ask(api: Api, number: int) -> None:
        nonlocal asked
        while not done.is_set():
            await api.ask(f"query Q{number} {{ events(first: {number}) {{ nodes {{ kind }} }} }}")
            asked += 1

    asking = [asyncio.create_task(ask(each, number + 1)) for number in range(3) for each in replicas]
    for number in range(6):
        one, other = (replicas[number % 2], replicas[1 - number % 2])
        await applied(one, manifest(f"Busy{number}", size="integer"))
        documents.append(one.service.edition.documents)
        await until(partial(serves, other, f"Busy{number}"))
        documents.append(other.service.edition.documents)
    done.set()
    await asyncio.gather(*asking)
    misses = sum(each.misses for each in documents)
    assert misses < asked / 20 + 2 * 6, (misses, asked)  # and the mutations of this test, each new to its replica


async def test_a_query_answers_the_same_bytes_before_and_after_a_swap(mongodb_uri: str, app_id: str) -> None:
    query = """query($app: String!) { artifacts(appId: $app) { nodes { name current { spec { version } } } }
        entities(type: "Artifact", appId: $app) { nodes { name current { raw __typename } } }
        events(where: {appIds: [$app]}) { nodes { __typename kind } } domainType(name: "Artifact") { name origin } }"""
    body = {"query": query, "variables": {"app": app_id}}
    async with running(mongodb_uri) as api:
        await api.apply(artifact(Entity("Artifact", app_id, "vpc")))
        before = (await api.http.post("/graphql", json=body)).content
        await applied(api, manifest("Widget", size="integer"))
        await applied(api, manifest("Gadget", size="integer"))
        await retire(api, "Gadget")
        assert (await api.http.post("/graphql", json=body)).content == before

"""What subscriptions send: the events of the log, and the states of an entity."""

from collections.abc import Iterator

import httpx
import pytest

from api import APPLY, DELETE, RECORD
from domain.event import Document
from examples import VPC, artifact, envelope
from patience import PATIENCE
from serving import serving
from subscriber import Socket, socket

STATES = """subscription($app: String!) { artifact(name: "terraform-vpc-module", appId: $app) {
  appId current { version spec { version } event { kind } } gone: current(includeDeleted: true) { deleted }
  lastEvent { version } } }"""
ANY_STATES = """subscription($app: String!) { entity(type: "Widget", appId: $app, name: "a") {
  __typename current { raw } } }"""
# From a past time on: what is written right after would else be a race with the begin.
EVENTS = """subscription($app: [String!]) { events(from: "2020-01-01T00:00:00Z", where: {appIds: $app}) { cursor node {
  version kind entity { current { version } } changes { path } state { spec { version } } } } }""".replace(
    "state { spec { version } }", "state { raw }"
)


GADGET = {
    "apiVersion": "dsel/v1alpha1",
    "kind": "DomainType",
    "meta": {"name": "Gadget"},
    "spec": {
        "actions": [{"name": "apply", "intent": "GadgetApplyEvent", "outcome": "GadgetAppliedEvent"}],
        "versions": [
            {
                "name": "v1",
                "schema": {
                    "type": "object",
                    "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
                },
            }
        ],
    },
}


@pytest.fixture(scope="module")
def address(mongodb_uri: str) -> Iterator[str]:
    with serving(mongodb_uri) as made:
        yield made


async def ask(address: str, query: str, **variables: object) -> Document:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        answer: Document = (await http.post(f"{address}/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in answer, answer
    return answer["data"]  # type: ignore[no-any-return]


def vpc(app_id: str, version: str) -> Document:
    made = artifact(VPC._replace(app_id=app_id))
    return {**made, "spec": {"version": version}}


async def states(socket: Socket, app_id: str) -> None:
    await (await socket.begin()).subscribe(STATES, app=app_id)


async def test_a_state_is_sent_now_and_again_with_each_change(address: str, app_id: str) -> None:
    """An act of its own and an intent are no new state; what is sent at a time is what was true at that time."""
    async with socket(address) as made:
        await states(made, app_id)
        assert await made.data() == {"artifact": None}
        await ask(address, APPLY, object=vpc(app_id, "1.0.0"))
        await ask(address, RECORD, envelope=_scanned(app_id))
        await ask(address, APPLY, object=vpc(app_id, "1.1.0"), comment="an intent stands before it")
        await ask(address, DELETE, name=VPC.name, appId=app_id)
        await ask(address, APPLY, object=vpc(app_id, "2.0.0"))
        seen = [(await made.data())["artifact"] for _ in range(4)]
    assert [each["current"] and each["current"]["spec"]["version"] for each in seen] == [
        "1.0.0",
        "1.1.0",
        None,
        "2.0.0",
    ]
    assert [each["gone"]["deleted"] for each in seen] == [False, False, True, False]
    assert [each["lastEvent"]["version"] for each in seen] == [1, 4, 5, 6]
    async with socket(address) as made:
        await states(made, app_id)
        assert (await made.data())["artifact"] == seen[-1]


async def test_an_import_into_the_past_changes_nothing_of_what_is_seen_now(address: str, app_id: str) -> None:
    await ask(address, APPLY, object=vpc(app_id, "1.0.0"))
    async with socket(address) as made:
        await states(made, app_id)
        assert (await made.data())["artifact"]["current"]["version"] == 1
        late = envelope(appId=app_id, timestamp="2020-01-01T00:00:00Z")
        late["spec"]["artifact"] = vpc(app_id, "0.1.0")
        await ask(address, RECORD, envelope=late, **{"import": True})
        await ask(address, APPLY, object=vpc(app_id, "1.1.0"))
        assert (await made.data())["artifact"]["current"]["version"] == 3


async def test_a_type_that_nobody_registered_is_followed_too(address: str, app_id: str) -> None:
    widget = {"kind": "Widget", "meta": {"name": "a", "appId": app_id}, "spec": {"size": 1}}
    async with socket(address) as made:
        await (await made.begin()).subscribe(ANY_STATES, app=app_id)
        assert await made.data() == {"entity": None}
        await ask(address, RECORD, envelope={"kind": "WidgetAppliedEvent", "meta": {}, "spec": {"widget": widget}})
        assert await made.data() == {"entity": {"__typename": "GenericEntity", "current": {"raw": widget}}}


async def test_each_event_is_seen_from_its_own_instant(address: str, app_id: str) -> None:
    """With loaders of its own: what an event before it has read is not shown again."""
    async with socket(address) as made:
        await (await made.begin()).subscribe(EVENTS, app=[app_id])
        await made.subscribe("{ __typename }", id_="2")
        assert (await made.next())["id"] == "2"
        assert (await made.next())["type"] == "complete"
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            await ask(address, APPLY, object=vpc(app_id, version))
        seen = [(await made.data())["events"]["node"] for _ in range(3)]
    assert [each["version"] for each in seen] == [1, 2, 3]
    assert [each["entity"]["current"]["version"] for each in seen] == [1, 2, 3]
    assert [each["changes"] for each in seen] == [
        [{"path": ""}],
        [{"path": "/spec/version"}],
        [{"path": "/spec/version"}],
    ]
    assert [each["state"]["raw"]["spec"]["version"] for each in seen] == ["1.0.0", "1.1.0", "1.2.0"]


async def test_a_subscription_goes_on_when_domain_types_change(address: str, app_id: str) -> None:
    """With the schema that it began with, in which a new type is one that nobody registered."""
    async with socket(address) as made:
        query = """subscription($app: [String!]) { events(from: "2020-01-01T00:00:00Z", where: {appIds: $app}) {
          node { __typename state { __typename raw } } } }"""
        await (await made.begin()).subscribe(query, app=[app_id])
        await ask(address, "mutation($m: JSON!) { applyDomainType(manifest: $m) { __typename } }", m=GADGET)
        gadget = {"kind": "Gadget", "meta": {"name": "a", "appId": app_id}, "spec": {"size": 1}}
        typed = "mutation($object: GadgetInput!) { applyGadget(object: $object) { __typename } }"
        written = await ask(address, typed, object={"meta": gadget["meta"], "spec": gadget["spec"]})
        assert written == {"applyGadget": {"__typename": "GadgetWritten"}}
        node = (await made.data())["events"]["node"]
    assert (node["__typename"], node["state"]["__typename"]) == ("GenericEvent", "GenericState")
    assert node["state"]["raw"]["spec"] == {"size": 1}


def _scanned(app_id: str) -> Document:
    return {"kind": "ArtifactScannedEvent", "meta": {"name": VPC.name, "appId": app_id}, "spec": {"findings": 2}}

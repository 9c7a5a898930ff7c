"""What a query costs: the calls to MongoDB, counted, and what they fetch."""

from typing import Any

import pytest

from api import Api, calls
from domain.instants import write
from examples import T0, later
from told import applied, config, deployment, told

Json = dict[str, Any]
WIDTH = 50


@pytest.fixture(scope="module")
async def wide(api: Api) -> str:
    """An app with 50 artifacts of 6 states each, and 50 deployments of them that all read the same 3 configs."""
    app_id = "wide"
    for step in range(6):
        states = (applied(app_id, f"a{index:02}", at=later(step), version=f"{step}.0.0") for index in range(WIDTH))
        await api.bring(*states)
    await api.bring(
        *(told("ConfigAppliedEvent", app_id, each, at=T0, state=config(app_id, each)) for each in ("x", "y", "z"))
    )
    configs = [{"name": each} for each in ("x", "y", "z")]
    await api.bring(
        *(
            told(
                "DeploymentAppliedEvent",
                app_id,
                f"d{index:02}",
                at=later(1),
                state=deployment(app_id, f"d{index:02}", artifact={"name": f"a{index:02}"}, configs=configs),
            )
            for index in range(WIDTH)
        )
    )
    return app_id


LIST = """query($appId: String!, $at: Instant, $first: Int! = 50) { artifacts(appId: $appId, first: $first, asOf: $at) {
    nodes { %s } } }"""


LISTED = ["find latest", "find events"]
"""A list is read, and then whether somebody wrote meanwhile."""


async def made(api: Api, query: str, **variables: Any) -> tuple[Any, list[Json]]:
    """The data of a query and the commands that it took."""
    with calls() as commands:
        data = await api.ask(query, **variables)
    return data, commands


def names(commands: list[Json]) -> list[str]:
    """Each command with its collection; a look-up by a list of keys has none of its own."""
    return [f"{next(iter(each))} {each[next(iter(each))]}" for each in commands]


async def test_a_list_of_50_with_current_as_of_and_five_events_each_costs_four_calls(api: Api, wide: str) -> None:
    fields = """name current { spec { version } } asOf(time: "2025-01-15T10:30:00.002Z") { spec { version } }
        events(first: 5) { nodes { kind version } pageInfo { hasNextPage } }"""
    data, commands = await made(api, LIST % fields, appId=wide)
    nodes = data["artifacts"]["nodes"]
    assert len(nodes) == WIDTH
    assert {each["current"]["spec"]["version"] for each in nodes} == {"5.0.0"}
    assert {each["asOf"]["spec"]["version"] for each in nodes} == {"2.0.0"}
    assert {len(each["events"]["nodes"]) for each in nodes} == {5}
    assert names(commands)[:2] == LISTED
    assert sorted(names(commands)[2:]) == ["aggregate 1", "aggregate events"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("name", 1),
        ("current { raw meta { labels } event { kind actor { id } } validFrom version }", 1),
        ("lastActor { id event { kind } } lastEvent { kind actor { id } }", 1),
        ("lastActor { id } current { version spec { version } }", 1),
        ("lastActor(type: HUMAN) { id event { kind } }", 2),
        ("current { validTo }", 2),
        ("firstEvent { kind }", 2),
        ("events(first: 3) { nodes { kind } }", 2),
        ("events(first: 3) { nodes { state { spec { version } } } }", 2),
        ("events(first: 3) { nodes { envelope meta spec state { raw } } }", 2),
        ("events(first: 3) { nodes { changes { path } } }", 3),
        ("events(first: 3) { nodes { changes { path } state { validTo } entity { name } actor { id } } }", 4),
        ("lastEvent { state { spec { version } } }", 2),
        ("current { event { envelope } }", 2),
        ("current { blame { path since actor { id } event { kind } } }", 2),
        ("current { blame { path request { kind actor { id } } } }", 2),
        ('current { blame(paths: ["/spec"]) { path since actor { id } } }', 2),
        ('compare(from: "2025-01-15T10:30:00.002Z") { before { version } changes { path } entity { name } }', 3),
        ('compare(from: "2025-01-15T10:30:00.002Z") { changes { path } actors { id } events { nodes { kind } } }', 5),
        ('lastActor(kinds: ["ArtifactAppliedEvent"]) { id event { kind } }', 3),
        ('firstActor(kinds: ["ArtifactAppliedEvent"], type: HUMAN) { id event { kind } }', 3),
        ("events(first: 3) { nodes { entity { current { version } lastActor { id } } } }", 4),
    ],
)
@pytest.mark.parametrize("width", [1, WIDTH])
async def test_a_list_costs_the_same_calls_whatever_its_width(
    api: Api, wide: str, width: int, fields: str, expected: int
) -> None:
    data, commands = await made(api, LIST % fields, appId=wide, first=width)
    assert len(data["artifacts"]["nodes"]) == width
    assert names(commands)[:2] == LISTED
    assert len(commands) == 1 + expected, names(commands)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("current { spec { version } } name", 2),
        ("current { spec { version } validTo } events(first: 2) { nodes { kind } } lastActor { id }", 5),
        ('asOf(time: "2025-01-15T10:30:00.001Z") { spec { version } }', 3),
    ],
)
async def test_a_list_as_of_a_moment_reads_the_keys_and_then_the_states(
    api: Api, wide: str, fields: str, expected: int
) -> None:
    data, commands = await made(api, LIST % fields, appId=wide, at=write(later(2)))
    assert len(data["artifacts"]["nodes"]) == WIDTH
    assert len(commands) == expected, names(commands)


async def test_one_entity_costs_a_call_for_each_kind_of_read(api: Api, wide: str) -> None:
    query = 'query($appId: String!) { artifact(name: "a00", appId: $appId) { %s } }'
    for fields, expected in [
        ("name", ["find latest"]),
        ("current { raw } lastActor { id } lastEvent { kind }", ["find latest"]),
        ('asOf(time: "2025-01-15T10:30:00.002Z") { spec { version } }', ["find latest", "aggregate events"]),
        ("current { raw } events { nodes { kind } }", ["find latest", "aggregate 1"]),
    ]:
        _, commands = await made(api, query % fields, appId=wide)
        assert names(commands) == expected, fields


async def test_references_cost_one_call_for_each_of_their_selections_whatever_the_width(api: Api, wide: str) -> None:
    query = """query($appId: String!) { deployments(appId: $appId, first: 50) { nodes { current { spec {
        artifact { name current { spec { version } } }
        configs { current { spec { format } } } } } } } }"""
    data, commands = await made(api, query, appId=wide)
    assert len(data["deployments"]["nodes"]) == WIDTH
    assert names(commands) == [*LISTED, "find latest", "find latest"]
    assert [len(each["filter"]["_id"]["$in"]) for each in commands[2:]] == [WIDTH, 3]


async def test_a_name_alone_of_a_reference_costs_nothing(api: Api, wide: str) -> None:
    query = """query($appId: String!) { deployments(appId: $appId, first: 50) { nodes {
        current { spec { artifact { name id } } } } } }"""
    _, commands = await made(api, query, appId=wide)
    assert names(commands) == LISTED


async def test_the_same_entity_asked_for_in_many_ways_is_read_once(api: Api, wide: str) -> None:
    query = """query($appId: String!) {
        a: artifact(name: "a00", appId: $appId) { current { version } }
        b: artifact(name: "a00", appId: $appId) { current { version } }
        c: artifact(name: "a01", appId: $appId) { current { version } }
        d: entity(type: "Artifact", name: "a02", appId: $appId) { current { version } } }"""
    _, commands = await made(api, query, appId=wide)
    assert names(commands) == ["find latest"]
    assert len(commands[0]["filter"]["_id"]["$in"]) == 3


async def test_fields_that_ask_for_the_same_of_many_entities_are_read_together(api: Api, wide: str) -> None:
    fields = """{ one: asOf(time: "2025-01-15T10:30:00.002Z") { version } events(first: 2) { nodes { kind } }
        two: asOf(time: "2025-01-15T10:30:00.002Z") { version } }"""
    aliases = " ".join(f'a{index}: artifact(name: "a{index:02}", appId: $appId) {fields}' for index in range(20))
    _, commands = await made(api, f"query($appId: String!) {{ {aliases} }}", appId=wide)
    assert sorted(names(commands)) == ["aggregate 1", "aggregate events", "find latest"]


async def test_the_registered_types_and_the_schema_cost_nothing(api: Api) -> None:
    _, commands = await made(api, "{ domainTypes { name versions { schema } } __schema { types { name } } }")
    assert commands == []


SPREAD, INLINE = {"state.spec.regions"}, {"state.apiVersion", "state.kind"}


def bulk(projection: Json) -> set[str]:
    """The parts of the object and of the envelope's body in a projection."""
    paths = {path.removeprefix("event.") for path in projection}
    return {path for path in paths if path.split(".")[0] in ("state", "spec", "meta", "rest")}


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ("name", set()),
        ("current { version validFrom event { kind } }", set()),
        ("current { spec { version } }", {"state.spec.version"}),
        ("current { spec { version source { commit } } }", {"state.spec.version", "state.spec.source.commit"}),
        ("current { spec { bundles { name type } } }", {"state.spec.bundles.name", "state.spec.bundles.type"}),
        ("current { meta { labels } }", {"state.meta.labels", "state.metadata.labels"}),
        ("current { meta { labels } raw }", {"state"}),
        (
            "a: current { spec { version } } b: current { status { phase } }",
            {"state.spec.version", "state.status.phase"},
        ),
        (
            "...F } } } fragment F on Artifact { current { ...G } } fragment G on ArtifactState { spec { regions } ",
            SPREAD,
        ),
        ("... on Artifact { current { ... on State { apiVersion } ... @include(if: true) { kind } } }", INLINE),
    ],
)
async def test_a_read_fetches_the_selected_paths_alone(api: Api, wide: str, fields: str, paths: set[str]) -> None:
    query = f"query($appId: String!) {{ artifacts(appId: $appId) {{ nodes {{ {fields}" + " }" * (
        3 - 2 * ("fragment" in fields)
    )
    _, commands = await made(api, query, appId=wide)
    assert bulk(commands[0]["projection"]) == paths


PLACE = {"_id", "version", "timestamp", "recordedAt", "stateful", "deletes"}


@pytest.mark.parametrize(
    ("fields", "header", "summary"),
    [
        ("name", set(), set()),
        ("current { version validFrom deleted }", set(), set()),
        ("current { version event { kind actor { id } entity { name } } }", {"kind", "actor"}, set()),
        ("current { version } lastActor { id }", set(), {"last"}),
        ("current { version } asOf(time: $at) { event { kind } } events(first: 1) { nodes { kind } }", set(), set()),
    ],
)
async def test_a_list_fetches_of_the_headers_what_is_shown(
    api: Api, wide: str, fields: str, header: set[str], summary: set[str]
) -> None:
    query = "query($appId: String!, $at: Instant!) { artifacts(appId: $appId) { nodes { %s } } }"
    _, (command, *_) = await made(
        api, query % f"{fields} later: asOf(time: $at) {{ version }}", appId=wide, at=write(T0)
    )
    paths = set(command["projection"])
    assert {path.removeprefix("at.") for path in paths if path.startswith("at.")} == PLACE | header
    assert paths & {"at", "last", "first", "counts"} == summary


async def test_events_fetch_of_their_headers_what_is_shown(api: Api, wide: str) -> None:
    _, (_, _, command) = await made(api, LIST % "events(first: 2) { nodes { kind actor { type } } }", appId=wide)
    projected = command["pipeline"][1]["$lookup"]["pipeline"][-1]["$project"]
    assert set(projected) == {*PLACE, "entity", "encoded", "kind", "actor"}


async def test_as_of_and_events_fetch_the_selected_paths_alone(api: Api, wide: str) -> None:
    fields = """asOf(time: "2025-01-15T10:30:00.002Z") { spec { version } meta { name } }
        events(first: 2) { edges { node { kind state { spec { regions } } } } }"""
    _, commands = await made(api, LIST % fields, appId=wide)
    events, as_of = sorted(commands[2:], key=lambda each: str(each["aggregate"]))
    projected = as_of["pipeline"][-1]["$project"]
    assert bulk(projected) == {"state.spec.version", "state.meta.name", "state.metadata.name"}
    projected = events["pipeline"][1]["$lookup"]["pipeline"][-1]["$project"]
    assert bulk(projected) == {"state.spec.regions"}


async def test_the_body_of_an_envelope_is_fetched_only_when_it_is_asked_for(api: Api, wide: str) -> None:
    for fields, body in [("kind", set()), ("spec", {"spec", "meta", "rest"}), ("envelope", None)]:
        query = f"query($appId: String!) {{ events(where: {{appIds: [$appId]}}, first: 3) {{ nodes {{ {fields} }} }} }}"
        _, [command] = await made(api, query, appId=wide)
        assert body is None if "projection" not in command else bulk(command["projection"]) == body


@pytest.mark.parametrize("first", [200, 500])
async def test_a_long_page_comes_in_one_reply(api: Api, wide: str, first: int) -> None:
    query = "query($appId: String!, $first: Int!) { events(where: {appIds: [$appId]}, first: $first) { nodes { id } } }"
    data, commands = await made(api, query, appId=wide, first=first)
    assert len(data["events"]["nodes"]) == min(first, 6 * WIDTH + WIDTH + 3)
    assert names(commands) == ["find events"]


WRITE = """mutation($envelope: JSON!) { recordEvent(envelope: $envelope) { ... on EventRecorded {
    event { id version kind timestamp actor { id } } entity { name %s } } } }"""


async def test_a_write_costs_three_calls_and_the_next_one_to_the_same_entity_two(api: Api, app_id: str) -> None:
    _, commands = await made(api, WRITE % "", envelope=applied(app_id))
    assert names(commands) == ["aggregate events", "insert events", "insert latest"]
    _, commands = await made(api, WRITE % "", envelope=applied(app_id))
    assert names(commands) == ["insert events", "update latest"]
    _, commands = await made(api, WRITE % "", envelope=told("ArtifactValidatedEvent", app_id, eventId=app_id))
    assert names(commands) == ["find events", "insert events", "update latest"]


async def test_the_entity_after_a_write_costs_what_it_costs_in_any_query(api: Api, app_id: str) -> None:
    fields = "lastActor { id } current { version }"
    _, commands = await made(api, WRITE % fields, envelope=applied(app_id))
    assert names(commands) == ["aggregate events", "insert events", "insert latest", *["find latest"] * 2]

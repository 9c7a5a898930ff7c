"""Whatever JSON goes into the store comes out equal, whole or in selected parts."""

from typing import Any
from uuid import uuid4

import bson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain import envelope as envelopes
from domain import registry
from domain.entity import Entity
from domain.event import Document, Event
from domain.labels import parse
from domain.values import DEEPEST
from examples import JOHN, Hands, artifact, draft, envelope, later
from histories import ALWAYS, committed
from json_values import AWKWARD_KEYS, exact, objects, values
from repository.documents import decode, encode, label_terms, state_paths
from repository.driver import Database
from repository.event_log import Append, EntityFilter, EntityPage, Moment, TimelinePage
from repository.fields import HEADER, STATE, WHOLE, Fields
from repository.mongo_event_log import MongoEventLog

REGISTRY = registry.builtin()
AWKWARD: Document = {
    **dict.fromkeys(["", *AWKWARD_KEYS], 1),
    "ref": {"$ref": "other", "$id": 1, "$db": "x"},
    "extended": [{"$oid": "0" * 24}, {"$date": 0}, {"$numberDecimal": "1"}, {"$regex": "a", "$options": ""}],
    "empty": [{}, [], "", {"": {}}, [[]], None],
    "mixed": [1, 1.0, True, "1", [1], {"1": 1}],
}
KNOWN_LATELY = Moment(at=later(1), known_at=later(0))


def nested(levels: int) -> Any:
    value: Any = "deep"
    for level in range(levels):
        value = {"$a.b": value} if level % 2 else [value]
    return value


@given(values())
@example({"$\uff04x": 1, "\uff04x": 2, "\uff04\uff04x": 3, "$$x": 4})
def test_encoding_loses_nothing(value: Any) -> None:
    assert exact(decode(encode(value))) == exact(value)


@given(values())
def test_no_encoded_key_begins_with_a_dollar_sign(value: Any) -> None:
    """Of such keys the server and the drivers make operators and references."""

    def keys(node: Any) -> list[str]:
        if isinstance(node, dict):
            return [*node, *(key for item in node.values() for key in keys(item))]
        return [key for item in node for key in keys(item)] if isinstance(node, list) else []

    assert not [key for key in keys(encode(value)) if key.startswith("$")]


@given(st.dictionaries(st.text("ab", min_size=1), st.integers(0, 9)))
def test_what_needs_no_encoding_is_not_copied(plain: Document) -> None:
    assert encode(plain) is plain


@given(objects())
def test_bson_holds_what_is_encoded(state: Document) -> None:
    assert exact(decode(bson.decode(bson.encode({"state": encode(state)}))["state"])) == exact(state)


async def written(log: MongoEventLog, states: list[Document]) -> list[Event]:
    """Events with these states, each of an entity of its own."""
    app = f"app-{uuid4().hex}"
    drafts = [
        draft(Entity("Artifact", app, str(number)), "Applied", state, meta=state, spec=state, rest=state)
        for number, state in enumerate(states)
    ]
    return committed(await log.append([Append(each) for each in drafts]))


async def check_everywhere(log: MongoEventLog, event: Event, state: Document) -> None:
    """By every way to read an event."""
    key, wanted = event.entity.key, exact(state)
    latest = (await log.latest([key], STATE))[key]
    assert latest.state is not None
    assert exact(latest.state.state) == wanted
    wholes = [
        (await log.as_of([key], ALWAYS, WHOLE))[key],
        (await log.events([key], TimelinePage(1), ALWAYS, WHOLE))[key][0],
        (await log.events_by_id([event.id], WHOLE))[event.id],
    ]
    for whole in wholes:
        assert exact(whole.state) == exact(whole.meta) == exact(whole.spec) == exact(whole.rest) == wanted


@settings(max_examples=25)
@given(states=st.lists(objects(), min_size=1, max_size=4))
@example(states=[AWKWARD, {"deep": nested(DEEPEST - 3)}, {}])
async def test_what_goes_in_comes_out(database: Database, states: list[Document]) -> None:
    log = MongoEventLog(database, Hands())
    for event, state in zip(await written(log, states), states, strict=True):
        await check_everywhere(log, event, state)


async def test_an_envelope_as_deep_as_allowed_is_stored(log: MongoEventLog, app: str) -> None:
    """The summary and its update nest it deeper still."""
    sent = envelope(appId=app, name="deep", nested=nested(DEEPEST - 2))
    sent["spec"] = {"artifact": artifact(Entity("Artifact", app, "deep"), nested=nested(DEEPEST - 4))}
    sent["rest"] = nested(DEEPEST - 1)
    made = envelopes.read(sent, REGISTRY, JOHN)
    (event,) = committed(await log.append([Append(made)]))
    assert (await log.as_of([event.entity.key], ALWAYS, WHOLE))[event.entity.key] == event
    latest = (await log.latest([event.entity.key], STATE))[event.entity.key]
    assert latest.state is not None
    assert latest.state.state == event.state


@settings(max_examples=25)
@given(extra=objects(), meta=objects(), rest=objects())
@example(extra=AWKWARD, meta=AWKWARD, rest=AWKWARD)
async def test_an_envelope_comes_back_as_it_was_sent(
    database: Database, extra: Document, meta: Document, rest: Document
) -> None:
    """Apart from what the server sets, with unknown keys anywhere."""
    app = f"app-{uuid4().hex}"
    entity = Entity("Artifact", app, "vpc")
    sent = envelope(appId=app, name="vpc")
    sent = {**rest, **sent, "meta": meta | sent["meta"], "spec": {**extra, **sent["spec"]}}
    sent["spec"]["artifact"] = artifact(entity) | {"status": extra}
    sent["meta"] = {key: value for key, value in sent["meta"].items() if key not in SERVER_SET}
    log = MongoEventLog(database, Hands())
    (event,) = committed(await log.append([Append(envelopes.read(sent, REGISTRY, JOHN))]))
    (read,) = (await log.events_by_id([event.id], WHOLE)).values()
    back = envelopes.write(read)
    back["meta"] = {key: value for key, value in back["meta"].items() if key not in SERVER_SET}
    assert exact(back) == exact(sent)


SERVER_SET = {"eventId", "timestamp", "timestampText", "userId", "actorType"}

STATE_OF_PARTS: Document = {
    "spec": {
        "version": "2.1.0",
        "regions": ["us-east-1"],
        "bundles": [{"name": "vpc.zip", "type": "terraform"}, {"name": "b"}],
        "a.b": {"c": 1},
        "": {"d": 2},
        "$ref": {"$id": 3, "e": 4},
        "\uff04x": 5,
        "deep": {"x": {"y": 1, "z": 2}, "w": 3},
    },
    "meta": {"labels": {"team": "platform", "example.com/owner": "a"}, "name": "vpc"},
    "status": {"phase": "APPLIED"},
}


@pytest.mark.parametrize(
    ("paths", "parts"),
    [
        ([("spec", "version")], {"spec": {"version": "2.1.0"}}),
        ([("status",)], {"status": {"phase": "APPLIED"}}),
        ([("spec", "version"), ("status",)], {"spec": {"version": "2.1.0"}, "status": {"phase": "APPLIED"}}),
        ([("spec", "bundles", "name")], {"spec": {"bundles": [{"name": "vpc.zip"}, {"name": "b"}]}}),
        ([("spec", "deep", "x", "y")], {"spec": {"deep": {"x": {"y": 1}}}}),
        ([("spec", "deep"), ("spec", "deep", "x", "y")], {"spec": {"deep": {"x": {"y": 1, "z": 2}, "w": 3}}}),
        ([("spec", "$ref")], {"spec": {"$ref": {"$id": 3, "e": 4}}}),
        ([("spec", "$ref", "$id")], {"spec": {"$ref": {"$id": 3}}}),
        ([("spec", "\uff04x")], {"spec": {"\uff04x": 5}}),
        ([("spec", "missing")], {"spec": {}}),
        ([("missing",)], {}),
        ([("spec", "a.b", "c")], {"spec": STATE_OF_PARTS["spec"]}),
        ([("spec", "", "d")], {"spec": STATE_OF_PARTS["spec"]}),
        ([("spec", "a.b"), ("spec", "version")], {"spec": STATE_OF_PARTS["spec"]}),
        ([("meta", "labels", "example.com/owner")], {"meta": {"labels": STATE_OF_PARTS["meta"]["labels"]}}),
        ([("",)], STATE_OF_PARTS),
        ([()], STATE_OF_PARTS),
    ],
)
async def test_a_read_brings_exactly_the_selected_parts(
    log: MongoEventLog, paths: list[tuple[str, ...]], parts: Document
) -> None:
    """A key that MongoDB cannot name, with a dot in it or empty, brings its parent."""
    (event,) = await written(log, [STATE_OF_PARTS])
    key, fields = event.entity.key, Fields(state=frozenset(paths))
    states = [
        (await log.as_of([key], ALWAYS, fields))[key],
        (await log.as_of([key], KNOWN_LATELY, fields))[key],
        (await log.events([key], TimelinePage(1), ALWAYS, fields))[key][0],
        (await log.events_by_id([event.id], fields))[event.id],
        (await log.latest([key], fields))[key].state,
        (await log.entities(EntityPage(EntityFilter("Artifact", event.entity.app_id), 1), fields))[0].state,
        (await log.entities_as_of(EntityPage(EntityFilter("Artifact", event.entity.app_id), 1), ALWAYS, fields))[0],
    ]
    for each in states:
        assert each is not None
        assert each.state == parts
        assert each.spec is None


async def test_a_header_brings_no_state_and_no_body(log: MongoEventLog) -> None:
    (event,) = await written(log, [STATE_OF_PARTS])
    (read,) = (await log.events_by_id([event.id], HEADER)).values()
    assert (read.state, read.state_key, read.meta, read.spec, read.rest) == (None, None, None, None, None)
    assert (read.id, read.entity, read.order, read.kind, read.actor) == (
        event.id,
        event.entity,
        event.order,
        event.kind,
        event.actor,
    )


async def test_the_body_comes_without_the_state_too(log: MongoEventLog) -> None:
    (event,) = await written(log, [STATE_OF_PARTS])
    (read,) = (await log.events_by_id([event.id], Fields(body=True))).values()
    assert read.state is None
    assert (read.state_key, read.meta, read.spec, read.rest) == ("artifact", event.meta, event.spec, event.rest)


async def test_a_body_that_is_empty_is_not_a_body_that_was_not_read(log: MongoEventLog, app: str) -> None:
    (event,) = committed(await log.append([Append(draft(Entity("Artifact", app, "a"), "Scanned"))]))
    (whole,) = (await log.events_by_id([event.id], WHOLE)).values()
    assert (whole.meta, whole.spec, whole.rest) == ({}, {}, {})
    assert whole == event


@given(st.sets(st.lists(st.sampled_from(["a", "b", "", "x.y", "$c"]), max_size=3).map(tuple), max_size=4))
def test_selected_paths_never_collide(paths: set[tuple[str, ...]]) -> None:
    """MongoDB refuses a projection of which one path lies within another."""
    found = state_paths(Fields(state=frozenset(paths)))
    assert not [(one, other) for one in found for other in found if one != other and f"{other}.".startswith(f"{one}.")]


LABELS = st.dictionaries(
    st.sampled_from(["team", "a", "a=b", "team=platform", "=", "example.com/x"]),
    st.sampled_from(["platform", "b", "", "b=c", 5, None]),
    max_size=3,
)
SELECTORS = [
    *("team", "!team", "team=platform", "team!=platform", "team in (platform,b)", "team notin (platform,)"),
    *("a=b", "a!=b", "a=", "team=platform,!a", "a in (b)", "example.com/x", "team,a"),
]


@settings(max_examples=60)
@given(labels=st.lists(LABELS, min_size=1, max_size=5), selector=st.sampled_from(SELECTORS))
@example(labels=[{"a=b": "x"}, {"a": "b"}], selector="a=b")
async def test_the_list_selects_labels_as_the_specification_does(
    database: Database, labels: list[dict[str, Any]], selector: str
) -> None:
    """Now and as of a moment, also for labels that Kubernetes would refuse."""
    log, requirements = MongoEventLog(database, Hands()), parse(selector)
    events = await written(log, [artifact(labels=each) for each in labels])
    texts = [{key: value for key, value in each.items() if isinstance(value, str)} for each in labels]
    wanted = [
        event.entity
        for event, each in zip(events, texts, strict=True)
        if all(requirement.holds(each) for requirement in requirements)
    ]
    page = EntityPage(EntityFilter("Artifact", events[0].entity.app_id, requirements), 10)
    assert [found.entity for found in await log.entities(page, HEADER)] == wanted
    assert [found.entity for found in await log.entities_as_of(page, ALWAYS, HEADER)] == wanted


def test_labels_are_kept_as_terms_that_an_index_answers() -> None:
    assert label_terms(artifact(labels={"team": "platform", "n": 1})) == ["team", "team=platform"]
    assert label_terms(None) == label_terms({}) == []

"""Aggregates through GraphQL: read as everything else, and written by nobody."""

from typing import Any

import pytest

from api import RECORD, Api
from domain.instants import write
from examples import T0, artifact, envelope, later

QUERY = """query($app: String!, $run: String!, $early: Instant!) {
  executionStatusAggregate(appId: $app, name: $run) {
    current { version spec { phase counts { kind count } triggeredBy { id type } folded { events until } }
              event { kind action actor { id type } } }
    asOf(time: $early) { spec { folded { events } } }
    events { nodes { kind phase changes { path } } } }
  dailyActivityAggregates(appId: $app) { nodes { name current { spec { outcomes entities } } } }
  events(where: {appIds: [$app], types: ["ExecutionStatusAggregate"]}) { nodes { kind state { raw } } } }"""


def _applied(app_id: str, name: str, at: float) -> dict[str, Any]:
    made = envelope(appId=app_id, name=name, executionId="run", timestamp=write(later(at)), userId="ann")
    made["spec"]["artifact"] = {**artifact(), "meta": {"name": name, "appId": app_id}}
    return made


async def test_an_aggregate_has_a_state_a_past_and_a_timeline(api: Api, app_id: str) -> None:
    await api.bring(_applied(app_id, "a", 0))
    await api.service.aggregator.rebuild()
    await api.bring(_applied(app_id, "b", 10))
    await api.service.aggregator.rebuild()
    found = await api.ask(QUERY, app=app_id, run="run", early=write(later(5)))
    status = found["executionStatusAggregate"]
    assert status["current"] == {
        "version": 2,
        "spec": {
            "phase": "COMPLETED",
            "counts": [{"kind": "ArtifactAppliedEvent", "count": 2}],
            "triggeredBy": {"id": "ann", "type": "HUMAN"},
            "folded": {"events": 2, "until": write(later(10))},
        },
        "event": {
            "kind": "ExecutionStatusAggregate",
            "action": "Aggregated",
            "actor": {"id": "dsel-aggregator", "type": "CONTROLLER"},
        },
    }
    assert status["asOf"] == {"spec": {"folded": {"events": 1}}}
    newest = status["events"]["nodes"][0]
    assert (newest["kind"], newest["phase"]) == ("ExecutionStatusAggregate", "OUTCOME")
    assert "/spec/counts/0/count" in [each["path"] for each in newest["changes"]]
    [day] = found["dailyActivityAggregates"]["nodes"]
    assert day == {"name": T0.date().isoformat(), "current": {"spec": {"outcomes": 2, "entities": 2}}}
    assert [each["kind"] for each in found["events"]["nodes"]] == ["ExecutionStatusAggregate"] * 2
    by_action = 'query($app: String!) { events(where: {appIds: [$app], actions: ["Aggregated"]}) { nodes { type } } }'
    types = {each["type"] for each in (await api.ask(by_action, app=app_id))["events"]["nodes"]}
    assert types == {"ExecutionStatusAggregate", "DailyActivityAggregate"}


async def test_what_changed_tells_of_aggregates_only_where_their_type_is_asked_for(api: Api, app_id: str) -> None:
    await api.bring(_applied(app_id, "a", 0))
    await api.service.aggregator.rebuild()
    changes = """query($where: EventWhere, $from: Instant!) {
      changes(from: $from, where: $where) { nodes { entity { type name } } } }"""
    start = write(later(-1))
    every = await api.ask(changes, **{"from": start, "where": {"appIds": [app_id]}})
    days = await api.ask(changes, **{"from": start, "where": {"appIds": [app_id], "types": ["DailyActivityAggregate"]}})
    assert every["changes"]["nodes"] == [{"entity": {"type": "Artifact", "name": "a"}}]
    assert days["changes"]["nodes"] == [{"entity": {"type": "DailyActivityAggregate", "name": T0.date().isoformat()}}]


@pytest.mark.parametrize(
    "kind", ["ExecutionStatusAggregate", "ExecutionStatusAggregateAppliedEvent", "ExecutionStatusAggregateDeletedEvent"]
)
async def test_nobody_writes_an_aggregate(api: Api, app_id: str, kind: str) -> None:
    forged = {"kind": "ExecutionStatusAggregate", "meta": {"name": "run", "appId": app_id}, "spec": {}}
    told = {"kind": kind, "meta": {"name": "run", "appId": app_id}, "spec": {"executionStatusAggregate": forged}}
    for imported in (False, True):
        refused = (await api.ask(RECORD, envelope=told, **{"import": imported}))["written"]
        assert "computed from other events" in refused["message"]
    query = 'mutation($app: String!) { delete(type: "ExecutionStatusAggregate", appId: $app, name: "run") { __typename'
    deleted = await api.ask(f"{query} ... on WriteError {{ message }} }} }}", app=app_id)
    assert "cannot be deleted" in deleted["delete"]["message"]
    query = "mutation($object: JSON!) { apply(object: $object) { __typename ... on WriteError { message } } }"
    applied = await api.ask(query, object=forged)
    assert applied["apply"]["__typename"] != "EventRecorded"
    assert await api.events(app_id) == 0

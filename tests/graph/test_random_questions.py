"""On random histories the questions of a user have the answers of the executable specification."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from api import Api, Json
from domain import timeline
from domain.changes import changes, difference
from domain.event import ActorType, Event
from domain.instants import write
from examples import later
from histories import NAMES, History, Step, play, steps
from repository.event_log import EventFilter, Moment

KINDS = ("ArtifactAppliedEvent", "ArtifactDeleteEvent")
_WHERE: tuple[tuple[Json, EventFilter], ...] = (
    ({}, EventFilter()),
    ({"kinds": list(KINDS)}, EventFilter(kinds=KINDS)),
    ({"actorTypes": ["HUMAN"]}, EventFilter(actor_types=(ActorType.HUMAN,))),
    ({"comment": "release 1"}, EventFilter(words=("release", "1"))),
    ({"executionId": "run-1"}, EventFilter(execution_id="run-1")),
    ({"since": write(later(1)), "actions": ["Applied"]}, EventFilter(since=later(1), actions=("Applied",))),
)
_ENTITY = """
  current { event { id } validFrom validTo raw blame { path event { id } } }
  kept: current(includeDeleted: true) { event { id } deleted }
  old: events(first: 100, where: $where, order: OLDEST) { nodes { id changes { path } } totalCount { count exact } }
  new: events(first: 2, where: $where) { nodes { id } pageInfo { hasNextPage } }
  lastEvent { id } firstEvent { id }
  last: lastActor { id event { id } }
  human: lastActor(type: HUMAN) { event { id } } kind: lastActor(kinds: $kinds) { event { id } }
  first: firstActor(type: SERVICE) { event { id } } firstKind: firstActor(kinds: $kinds, type: HUMAN) { event { id } }
  compare(from: $from) { difference changes { path from to } actors { id event { id } } events { nodes { id } } }
  timeline(bucket: HOUR, since: $since, until: $until, where: $where) {
    events kinds { name count } actorTypes { type count } }
"""
_QUERY = (
    """query($app: String!, $at: Instant!, $known: Instant!, $from: Instant!, $since: Instant!, $until: Instant!,
    $where: EventWhere, $mine: EventWhere, $all: EventWhere, $kinds: [String!]) {
  at(time: $at, knownAt: $known) {
    events(first: 100, where: $mine, order: OLDEST) { nodes { id } totalCount { count } }
    timeline(bucket: HOUR, since: $since, until: $until, where: $mine) { events kinds { name count } }
    changes(from: $from, where: $all, order: ENTITY) {
      nodes { entity { name } difference changes { path from to } actors { id event { id } } } }
    entities(type: "Artifact", appId: $app) { nodes { name current { version } } }
"""
    + "\n".join(f'    e{place}: artifact(appId: $app, name: "{name}") {{ ...E }}' for place, name in enumerate(NAMES))
    + "\n} }\nfragment E on Artifact {"
    + _ENTITY
    + "}"
)


def ids(events: Sequence[Event]) -> list[str]:
    return [event.id for event in events]


def acted(event: Event | None, *, named: bool = False) -> Json | None:
    if event is None:
        return None
    return {"id": event.actor.id, "event": {"id": event.id}} if named else {"event": {"id": event.id}}


class Expected:
    """What a history says at a moment, compared with what was `since` a start."""

    def __init__(self, history: History, moment: Moment, start: Any, where: EventFilter, now: Any) -> None:
        self.history, self.moment, self.start, self.where, self.now = history, moment, start, where, now

    def entity(self, key: str) -> Json | None:
        seen = self.history.timeline(key, self.moment, EventFilter())
        if not seen:
            return None
        met = self.history.timeline(key, self.moment, self.where)
        humans = [event for event in seen if event.actor.type is ActorType.HUMAN]
        services = [event for event in seen if event.actor.type is ActorType.SERVICE]
        kinds = [event for event in seen if event.kind in KINDS]
        both = [event for event in kinds if event in humans]
        return {
            "current": self.current(key),
            "kept": self.kept(key),
            "old": {
                "nodes": [{"id": event.id, "changes": self.changes_of(event)} for event in reversed(met)],
                "totalCount": {"count": len(met), "exact": True},
            },
            "new": {"nodes": [{"id": each} for each in ids(met)[:2]], "pageInfo": {"hasNextPage": len(met) > 2}},
            "lastEvent": {"id": seen[0].id},
            "firstEvent": {"id": seen[-1].id},
            "last": acted(seen[0], named=True),
            "human": acted(next(iter(humans), None)),
            "kind": acted(next(iter(kinds), None)),
            "first": acted(next(reversed(services), None)),
            "firstKind": acted(next(reversed(both), None)),
            "compare": self.compare(key)
            | {"events": {"nodes": [{"id": each} for each in ids(self.between(key))[:20]]}},
            "timeline": [bucket(met, actors=True)],
        }

    def current(self, key: str) -> Json | None:
        state = self.state(key, self.moment.at)
        if state is None:
            return None
        events = self.history.of(key)
        end = timeline.valid_to(events, state, self.now, self.moment.known_at)
        origins = timeline.blame(events, state, self.moment.at, self.moment.known_at)
        return {
            "event": {"id": state.id},
            "validFrom": write(state.timestamp),
            "validTo": write(end) if end else None,
            "raw": state.state,
            "blame": {path: origin.id for path, origin in origins.items()},
        }

    def kept(self, key: str) -> Json | None:
        state = self.history.as_of(key, self.moment)
        return {"event": {"id": state.id}, "deleted": state.deletes} if state else None

    def changes_of(self, event: Event) -> list[Json]:
        if not event.stateful:
            return []
        before = self.history.previous(event, self.moment)
        old = before.state if before and not before.deletes else None
        return [{"path": each.path} for each in changes(old, None if event.deletes else event.state)]

    def compare(self, key: str) -> Json:
        before, after = (self.state(key, at) for at in (self.start, self.moment.at))
        ends = before.state if before else None, after.state if after else None
        newest: dict[Any, Event] = {}
        for event in self.between(key):
            newest.setdefault(event.actor, event)
        ordered = sorted(newest.values(), key=lambda event: event.actor.type is not ActorType.HUMAN)
        return {
            "difference": difference(*ends).name,
            "changes": [{"path": each.path, "from": each.before, "to": each.after} for each in changes(*ends)],
            "actors": [acted(each, named=True) for each in ordered],
        }

    def between(self, key: str) -> list[Event]:
        return [each for each in self.history.timeline(key, self.moment, EventFilter()) if each.timestamp > self.start]

    def state(self, key: str, at: Any) -> Event | None:
        return timeline.as_of(self.history.of(key), at, self.moment.known_at)

    def changed(self) -> list[Json]:
        found = []
        for key in sorted(self.history.keys):
            told = self.compare(key)
            if told["difference"] != "UNCHANGED":
                found.append({"entity": {"name": key.split("/", 2)[2]}, **told})
        return found


def bucket(events: Sequence[Event], *, actors: bool) -> Json:
    kinds = Counter(event.kind for event in events)
    told: Json = {"events": len(events), "kinds": dict(kinds)}
    return told | ({"actorTypes": dict(Counter(event.actor.type.value for event in events))} if actors else {})


def counted(told: Json) -> Json:
    """Counts by name, in whatever order."""
    found = told | {"kinds": {each["name"]: each["count"] for each in told["kinds"]}}
    if "actorTypes" in told:
        found["actorTypes"] = {each["type"]: each["count"] for each in told["actorTypes"]}
    return found


def shown(entity: Json | None) -> Json | None:
    if entity is None:
        return None
    current = entity["current"]
    if current:
        current = current | {"blame": {each["path"]: each["event"]["id"] for each in current["blame"]}}
    return entity | {"current": current, "timeline": [counted(each) for each in entity["timeline"]]}


@settings(max_examples=20)
@given(
    steps=steps(),
    times=st.tuples(st.integers(-1, 9), st.integers(0, 9), st.sampled_from([0, 1, 2, 4, 9, 1_000])),
    asked=st.sampled_from(_WHERE),
)
async def test_the_answers_to_a_user_are_those_of_the_specification(
    api: Api, steps: list[Step], times: tuple[int, int, int], asked: tuple[Json, EventFilter]
) -> None:
    app, where = f"app-{uuid4().hex}", asked[1]
    api.clock.at = later(0)
    history = await play(api.service.log, api.clock, app, steps)
    api.clock.at = later(60_000)
    start, at, known = (later(each) for each in (min(times[:2]), max(times[:2]), times[2]))
    moment = Moment(at, known)
    expected = Expected(history, moment, start, where, api.clock())
    mine = {**asked[0], "appIds": [app]}
    found = await api.ask(
        _QUERY,
        app=app,
        at=write(at),
        known=write(known),
        **{"from": write(start)},
        since=write(later(-1_800_000)),
        until=write(later(1_800_000)),
        where=asked[0],
        mine=mine,
        all={"appIds": [app]},
        kinds=list(KINDS),
    )
    seen = found["at"]
    own = history.log(moment, where)
    assert [each["id"] for each in seen["events"]["nodes"]] == [
        each.id for each in sorted(own, key=lambda event: (event.timestamp, event.id))
    ]
    assert seen["events"]["totalCount"]["count"] == len(own)
    assert sum(each["events"] for each in seen["timeline"]) == len(own)
    for place, name in enumerate(NAMES):
        key = f"Artifact/{app}/{name}"
        assert shown(seen[f"e{place}"]) == expected.entity(key), name
    assert seen["changes"]["nodes"] == expected.changed()
    assert [each["name"] for each in seen["entities"]["nodes"]] == [each.entity.name for each in history.living(moment)]

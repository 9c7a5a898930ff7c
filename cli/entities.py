"""Objects as the server lists them: those of a type, or one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli import pages
from cli.client import Client
from cli.targets import Target
from cli.type_names import TypeName
from domain import labels

_FIELDS = """type appId name firstEvent { timestamp } lastEvent { kind version actor { id } }
  current(includeDeleted: $deleted) { version apiVersion validFrom deleted meta { labels } event { id } %s }"""
_ONE = "entity(type: $type, appId: $appId, name: $name) { %s }"
_LIST = """entities(type: $type, appId: $appId, labelSelector: $selector, first: $first, after: $after) {
  nodes { %s } pageInfo { hasNextPage endCursor } }"""
_ENDS = """events(where: {types: [$type], appIds: $appIds, kinds: $kinds}, first: $first, after: $after) {
  nodes { appId name } pageInfo { hasNextPage endCursor } }"""

_WITH_STATES = 100
"""Objects on a page, when each comes whole."""

Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """When to look, and at how much: `time` None is now, `raw` brings the whole object."""

    client: Client
    time: str | None = None
    known_at: str | None = None
    raw: bool = False
    deleted: bool = False

    def one(self, target: Target) -> Entity | None:
        """The object if it has any event by then."""
        query, path = self._query(_ONE % self._fields, "$type: String!, $appId: String!, $name: String!")
        answer = self.client.ask(query, **target.key, **self._variables)
        for name in path:
            answer = answer[name]
        found: Entity | None = answer["entity"]
        return found

    def all(self, type_: TypeName, app_id: str | None, selector: str | None) -> Iterator[Entity]:
        """The objects that have a state by then, in the order of app and name; deleted ones, if wanted, follow."""
        parameters = "$type: String!, $appId: String, $selector: String, $first: Int!, $after: String"
        query, path = self._query(_LIST % self._fields, parameters)
        size = _WITH_STATES if self.raw else pages.MOST
        variables = {"type": type_.name, "appId": app_id, "selector": selector, **self._variables}
        yield from pages.nodes(self.client, query, *path, "entities", size=size, **variables)
        if self.deleted:
            yield from self._ended(type_, app_id, selector)

    def _ended(self, type_: TypeName, app_id: str | None, selector: str | None) -> Iterator[Entity]:
        parameters = "$type: String!, $appIds: [String!], $kinds: [String!], $first: Int!, $after: String"
        query, path = self._query(_ENDS, parameters, with_deleted=False)
        variables = {"type": type_.name, "appIds": [app_id] if app_id else None, "kinds": type_.ends_by, **self._times}
        ends = pages.nodes(self.client, query, *path, "events", **variables)
        conditions = labels.parse(selector or "")
        for app, name in sorted({(each["appId"], each["name"]) for each in ends}):
            entity = self.one(Target(type_, app, name))
            if entity and _is_ended(entity) and all(each.holds(labels_of(entity)) for each in conditions):
                yield entity

    def _query(self, field: str, parameters: str, *, with_deleted: bool = True) -> tuple[str, tuple[str, ...]]:
        """The text, and the path to the field in its answer."""
        parameters += ", $deleted: Boolean!" if with_deleted else ""
        if self.time is None:
            return f"query({parameters}) {{ {field} }}", ()
        parameters += ", $time: Instant!, $known: Instant"
        return f"query({parameters}) {{ at(time: $time, knownAt: $known) {{ {field} }} }}", ("at",)

    @property
    def _fields(self) -> str:
        return _FIELDS % ("raw" if self.raw else "")

    @property
    def _times(self) -> Mapping[str, Any]:
        return {} if self.time is None else {"time": self.time, "known": self.known_at}

    @property
    def _variables(self) -> Mapping[str, Any]:
        return {**self._times, "deleted": self.deleted}


def labels_of(entity: Entity) -> dict[str, str]:
    """The labels of its state that are texts."""
    meta = (entity["current"] or {}).get("meta") or {}
    return {key: value for key, value in (meta.get("labels") or {}).items() if isinstance(value, str)}


def _is_ended(entity: Entity) -> bool:
    return entity["current"] is not None and bool(entity["current"]["deleted"])

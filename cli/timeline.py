"""Events as the server lists them, from new to old, and how they are shown."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli import console, output, pages
from cli.client import Client
from cli.output import Format
from cli.targets import Target
from cli.type_names import TypeNames
from domain.words import comment_of

HEADER = """id type appId name kind version phase timestamp recordedAt correlationId executionId
  actor { id type }"""
ENVELOPE = "envelope"
CHANGES = "changes { path from to }"

_LOG = """query($where: EventWhere, $first: Int!, $after: String) {
  events(where: $where, first: $first, after: $after) { nodes { %s } pageInfo { hasNextPage endCursor } } }"""
_TIMELINE = """query($type: String!, $appId: String!, $name: String!, $where: EventWhere, $first: Int!,
    $after: String) {
  entity(type: $type, appId: $appId, name: $name) {
    events(where: $where, first: $first, after: $after) { nodes { %s } pageInfo { hasNextPage endCursor } } } }"""

_WITH_BODIES = 100
"""Events on a page, when each comes whole."""
_HEADERS = ("TIME", "KIND", "OBJECT", "APP", "VERSION", "ACTOR")
_MORE = ("ACTOR-TYPE", "PHASE", "RECORDED", "CORRELATION", "EXECUTION", "ID", "COMMENT")

Event = dict[str, Any]
Where = dict[str, Any]


def log(client: Client, where: Where, fields: str, limit: int = 0) -> Iterator[Event]:
    """The events of the whole log."""
    return pages.nodes(client, _LOG % fields, "events", size=_size(fields), limit=limit, where=where)


def of(client: Client, target: Target, where: Where, fields: str, limit: int = 0) -> Iterator[Event]:
    """The events of one object; none if there is no such object."""
    query, size = _TIMELINE % fields, _size(fields)
    return pages.nodes(client, query, "entity", "events", size=size, limit=limit, where=where, **target.key)


def newest(events: Iterator[Event], number: int) -> tuple[list[Event], bool]:
    """The first `number` of events of which one more was asked for, and whether there are more; 0 takes all."""
    found = list(events)
    return (found[:number], len(found) > number) if number else (found, False)


def tell_more(number: int) -> None:
    console.note(f"There are more events; -n takes another number than {number}, -n 0 all.")


def fields_for(format_: Format, *, reasons: bool) -> str:
    """What to ask of each event, with or without what `comment` reads."""
    return ENVELOPE if format_.is_whole else f"{HEADER} spec" if reasons else HEADER


def show(events: Sequence[Event], types: TypeNames, format_: Format) -> None:
    """All of them at once, in any format."""
    if format_ is Format.NAME:
        for each in events:
            output.write(each["id"])
    elif format_.is_table:
        wide = format_ is Format.WIDE
        rows = [row(each, types) + (_more(each) if wide else ()) for each in events]
        output.table(_HEADERS + (_MORE if wide else ()), rows)
    else:
        output.document(output.listed([each["envelope"] for each in events]), format_)


def row(event: Event, types: TypeNames) -> tuple[str, ...]:
    object_ = f"{types.of(event['type']).shown}/{event['name']}"
    return event["timestamp"], event["kind"], object_, event["appId"], str(event["version"]), event["actor"]["id"]


def comment(event: Event) -> str:
    """Why, as far as the event says."""
    return comment_of(event["spec"] or {})


def _size(fields: str) -> int:
    return _WITH_BODIES if ENVELOPE in fields or CHANGES in fields else pages.MOST


def _more(event: Event) -> tuple[str, ...]:
    ids = (event["correlationId"] or "", event["executionId"] or "", event["id"])
    return event["actor"]["type"], event["phase"], event["recordedAt"], *ids, comment(event)

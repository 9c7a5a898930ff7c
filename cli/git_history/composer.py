"""From the events of a YAML parser to a value, by the rules of go-yaml v2: an anchor may be defined again, the last of
equal keys counts, keys become texts."""

from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Any, TypeAlias

from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from cli.git_history.scalars import STARTS, key_text, resolve, resolve_tagged
from domain import values

Value: TypeAlias = dict[str, Any] | list[Any] | str | int | float | Decimal | bool | None
# The parser's own events; their attributes depend on their class.
NextEvent: TypeAlias = Callable[[], Any]

DEEPEST = values.DEEPEST - 2  # an envelope puts its object two levels down
MOST_ALIASED = 400_000

_MERGE_TAG = "tag:yaml.org,2002:merge"
_OPEN = object()  # stands for a collection that an alias inside it refers to


class UnreadableError(Exception):
    """A file that Kubernetes would not read either: a fault in its syntax, an alias, a key or a tag; or one nested so
    deep that the parser would take forever."""


class UnstorableError(Exception):
    """A document that is no JSON or that no store can keep: infinity, a NUL."""


class Composer:
    """Builds the value of one document from the parser's events."""

    def __init__(self, next_event: NextEvent) -> None:
        self._next_event = next_event
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0
        self.aliased = 0
        """How many values aliases stand for."""

    def node(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event)
        before = self._nodes
        self._nodes = before + 1
        if kind is ScalarEvent:
            value = _scalar(event)
        elif depth >= DEEPEST:
            raise UnreadableError(f"line {_line(event)}: it is nested deeper than {DEEPEST} levels")
        else:
            if event.anchor is not None:
                self._anchors[event.anchor] = (_OPEN, 0)
            value = self._mapping(depth) if kind is MappingStartEvent else self._sequence(depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._nodes - before)
        return value

    def _mapping(self, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        next_event, node = self._next_event, self.node
        while type(event := next_event()) is not MappingEndEvent:
            if type(event) is ScalarEvent and event.value == "<<" and _is_merge(event):
                self._merge(result, depth)
            else:
                key = self._key(event, depth)
                result[key] = node(next_event(), depth + 1)
        return result

    def _sequence(self, depth: int) -> list[Any]:
        result: list[Any] = []
        next_event, node = self._next_event, self.node
        while type(event := next_event()) is not SequenceEndEvent:
            result.append(node(event, depth + 1))
        return result

    def _key(self, event: Any, depth: int) -> str:
        if type(event) is ScalarEvent and event.anchor is None and event.tag is None:
            text: str = event.value
            if text and text[0] not in STARTS and event.style != '"':
                return text
        value = self._scalar_key(event) if type(event) is ScalarEvent else self.node(event, depth + 1)
        key = None if isinstance(value, dict | list) else key_text(value)
        if key is None:
            raise UnreadableError(f"line {_line(event)}: {_named(value)} cannot be a key")
        return key

    def _scalar_key(self, event: Any) -> Any:
        value = _scalar(event, finite=False)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        return value

    def _alias(self, event: Any) -> Any:
        value, size = self._anchors.get(event.anchor, (None, 0))
        if not size:
            fault = "contains itself" if value is _OPEN else "is not defined"
            raise UnreadableError(f"line {_line(event)}: the anchor '{event.anchor}' {fault}")
        self._nodes += size
        self.aliased += size
        if self.aliased > MOST_ALIASED:
            raise UnreadableError(f"line {_line(event)}: aliases stand for more than {MOST_ALIASED:,} values")
        return value

    def _merge(self, into: dict[str, Any], depth: int) -> None:
        """As go-yaml v2 merges: in the order of writing, so a merge replaces the keys before it."""
        event = self._next_event()
        value = self.node(event, depth)
        listed = type(event) is SequenceStartEvent
        for each in reversed(value) if listed else [value]:
            if not isinstance(each, dict):
                raise UnreadableError(f"line {_line(event)}: only mappings can be merged by <<")
            into.update(each)


def _scalar(event: Any, finite: bool = True) -> Any:
    text: str = event.value
    if event.style == '"' and "\0" in text:
        raise UnstorableError(f"line {_line(event)}: it holds the character NUL")
    if event.tag is not None:
        value = resolve_tagged(event.tag, text)
    elif not event.implicit[0] or (text and text[0] not in STARTS):
        return text
    else:
        value = resolve(text)
    if finite and type(value) is float and not isfinite(value):
        raise UnstorableError(f"line {_line(event)}: {text} is no JSON number")
    return value


def _is_merge(event: Any) -> bool:
    return bool(event.implicit[0] or event.tag == _MERGE_TAG)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _named(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "null"

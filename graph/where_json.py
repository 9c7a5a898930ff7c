"""The conditions of `EventWhere` as plain JSON, for requests that are no GraphQL."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from domain import instants
from domain.errors import InvalidArgument
from domain.event import ActorType, Phase
from domain.values import quoted
from graph.arguments import EventWhere, event_filter
from repository.event_log import EventFilter


def event_where(value: Any) -> EventFilter:
    """Raises InvalidArgument or InvalidInstant for what GraphQL would refuse."""
    if not isinstance(value, Mapping):
        raise InvalidArgument(f"where is {quoted(value)}, not an object", hint='Write it like {"appIds": ["11418"]}.')
    unknown = sorted(set(value) - set(_READERS))
    if unknown:
        raise InvalidArgument(f"where has no '{unknown[0][:60]}'", hint=f"It has {', '.join(_READERS)}.")
    given = {_NAMES[key]: _READERS[key](key, each) for key, each in value.items() if each is not None}
    return event_filter(EventWhere(**given))


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidArgument(f"where.{key} is {quoted(value)}, not a text")
    return value


def _texts(key: str, value: Any) -> list[str]:
    return [_text(key, each) for each in (value if isinstance(value, list) else [value])]


def _instant(key: str, value: Any) -> Any:
    return instants.parse(_text(key, value))


def _members(of: type[StrEnum]) -> Callable[[str, Any], list[Any]]:
    def read(key: str, value: Any) -> list[Any]:
        texts = _texts(key, value)
        for text in texts:
            if text not in list(of):
                raise InvalidArgument(f"where.{key} holds '{text[:60]}'", hint=f"Take {', '.join(of)}.")
        return [of(text) for text in texts]

    return read


_BY_NAME: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("types", "app_ids", "names", "kinds", "actions", "actors"), _texts),
    "phases": _members(Phase),
    "actor_types": _members(ActorType),
    **dict.fromkeys(("execution_id", "correlation_id", "comment"), _text),
    **dict.fromkeys(("since", "until", "recorded_since", "recorded_until"), _instant),
}
_NAMES = {to_camel_case(name): name for name in _BY_NAME}
_READERS = {to_camel_case(name): read for name, read in _BY_NAME.items()}

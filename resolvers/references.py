"""References from one object to others: where the schema declares them, an entity stands in the place of its name."""

from collections.abc import Mapping
from typing import Any

from domain.entity import entity
from domain.errors import InvalidArgument
from resolvers.views import EntityView, StateView

Paths = Mapping[str, Any] | str
"""By key down to the name of the domain type; lists do not count as a level."""


def bound(value: Any, paths: Paths, state: StateView) -> Any:
    """`value` with views of the entities that it refers to; the value itself stays as it was read."""
    if isinstance(value, list):
        return [bound(item, paths, state) for item in value]
    if isinstance(paths, str):
        return _referred(value, paths, state)
    if not isinstance(value, dict):
        return value
    return {key: bound(item, paths[key], state) if key in paths else item for key, item in value.items()}


def _referred(value: Any, type_: str, state: StateView) -> EntityView | None:
    """An entity of the object's own app when the reference names no other; None when it names nothing."""
    reference = {"name": value} if isinstance(value, str) else value
    if not isinstance(reference, dict):
        return None
    app_id = reference.get("appId") or state.event.entity.app_id
    try:
        return EntityView(entity(type_, str(app_id), str(reference.get("name") or "")), state.moment)
    except InvalidArgument:
        return None

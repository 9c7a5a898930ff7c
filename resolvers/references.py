"""References from one object to others: where the schema declares them, an entity stands in the place of its name."""

from collections.abc import Mapping
from typing import Any

from domain.backlink import Link
from resolvers.views import EntityView, StateView

Paths = Mapping[str, Any] | Link
"""By key down to the reference that stands there; lists do not count as a level."""


def bound(value: Any, paths: Paths, state: StateView) -> Any:
    """`value` with views of the entities that it refers to; the value itself stays as it was read."""
    if isinstance(value, list):
        return [bound(item, paths, state) for item in value]
    if isinstance(paths, Link):
        target = paths.target(value, state.event.entity)
        return EntityView(target, state.moment) if target else None
    if not isinstance(value, dict):
        return value
    return {key: bound(item, paths[key], state) if key in paths else item for key, item in value.items()}

"""Global ids: an entity's is opaque, an event's is its own id."""

import base64
import binascii

from domain import entity
from domain.entity import Entity
from domain.errors import InvalidArgument

_PREFIX = "entity:"


def entity_id(of: Entity) -> str:
    return base64.urlsafe_b64encode(f"{_PREFIX}{of.key}".encode()).decode()


def entity_of(node_id: str) -> Entity | None:
    """The entity that an id names; None when it names none, and may be an event's."""
    try:
        text = base64.urlsafe_b64decode(node_id).decode()
        return entity.from_key(text.removeprefix(_PREFIX)) if text.startswith(_PREFIX) else None
    except (binascii.Error, UnicodeDecodeError, ValueError, InvalidArgument):
        return None

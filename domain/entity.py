"""An entity: one domain object through time."""

from typing import NamedTuple

from domain.errors import InvalidArgument

_LONGEST = 512


class Entity(NamedTuple):
    """Type, tenant and name. `key` is the same in one text that sorts by type, then app, then name."""

    type: str
    app_id: str
    name: str

    @property
    def key(self) -> str:
        return f"{self.type}/{_escape(self.app_id)}/{self.name}"

    @property
    def kind(self) -> str:
        """The kind of its objects: its type without the group that tells it from a registered one."""
        return self.type.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.type} {self.app_id}/{self.name}"


def entity(type_: str, app_id: str, name: str) -> Entity:
    """A checked entity. Raises InvalidArgument for a part that is empty, too long or unprintable."""
    for label, text in (("type", type_), ("appId", app_id), ("name", name)):
        _check(label, text)
    if "/" in type_:
        raise InvalidArgument(f"type '{type_}' holds a slash", hint="A type is named like Artifact.")
    return Entity(type_, app_id, name)


def from_key(key: str) -> Entity:
    """The inverse of `Entity.key`. Raises InvalidArgument for any other text."""
    parts = key.split("/", 2)
    if len(parts) != 3:
        raise InvalidArgument(f"'{key}' is no entity")
    return entity(parts[0], _unescape(parts[1]), parts[2])


def from_stored(key: str) -> Entity:
    """`from_key` for a key that an entity has made."""
    type_, app_id, name = key.split("/", 2)
    return Entity(type_, _unescape(app_id) if "%" in app_id else app_id, name)


def key_range(type_: str, app_id: str | None = None) -> tuple[str, str]:
    """[from, to) of the keys of a type, or of a type in one app: '0' is the character after '/'."""
    prefix = type_ if app_id is None else f"{type_}/{_escape(app_id)}"
    return f"{prefix}/", f"{prefix}0"


def _check(label: str, text: str) -> None:
    if not text or text != text.strip():
        raise InvalidArgument(f"{label} '{text}' is empty or begins or ends with space")
    if len(text) > _LONGEST:
        raise InvalidArgument(f"{label} '{text[:40]}…' has {len(text)} characters, {_LONGEST} are allowed")
    if not text.isprintable():
        raise InvalidArgument(f"{label} {text!r} holds a character that cannot be printed")


def _escape(app_id: str) -> str:
    return app_id.replace("%", "%25").replace("/", "%2F") if "%" in app_id or "/" in app_id else app_id


def _unescape(app_id: str) -> str:
    return app_id.replace("%2F", "/").replace("%25", "%")

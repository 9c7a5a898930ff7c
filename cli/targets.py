"""What a command is about: one object, or all of a type."""

from dataclasses import dataclass
from typing import Any

from cli.failure import Misuse
from cli.type_names import TypeName, TypeNames


@dataclass(frozen=True, slots=True)
class Target:
    type: TypeName
    app_id: str
    name: str

    def __str__(self) -> str:
        """As `apply` and `get -o name` write it."""
        return f"{self.type.shown}/{self.name}"

    @property
    def key(self) -> dict[str, Any]:
        """The arguments of `entity`."""
        return {"type": self.type.name, "appId": self.app_id, "name": self.name}


def split(type_: str, name: str | None) -> tuple[str, str | None]:
    """`artifact vpc` and `artifact/vpc` are the same. A name may hold slashes, a type cannot."""
    before, slash, after = type_.partition("/")
    if not before.strip() or (slash and not after) or name == "":
        raise Misuse("the type or the name is empty", hint="Write TYPE NAME or TYPE/NAME.")
    if slash and name is not None:
        raise Misuse(f"'{type_}' and '{name}' are two names", hint="Write TYPE NAME or TYPE/NAME.")
    return (before, after) if slash else (type_, name)


def one(types: TypeNames, type_: str, name: str | None, app_id: str | None) -> Target:
    """One object. Raises Misuse when its name or its app is missing."""
    before, after = split(type_, name)
    if after is None:
        raise Misuse(f"which {before} is meant?", hint="Name it: TYPE NAME or TYPE/NAME.")
    if not app_id:
        raise Misuse(f"which app does {before}/{after} belong to?", hint="Name it with --app or DSEL_APP.")
    return Target(types.named(before), app_id, after)

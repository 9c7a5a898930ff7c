"""Which names the types of a schema take, so that no type takes another's in silence."""

import re
from collections.abc import Iterable, Mapping

from domain.domain_type import DomainType
from domain.errors import InvalidManifest

_SUFFIXES = (
    "",
    "State",
    "Event",
    "EventEdge",
    "EventConnection",
    "Edge",
    "Connection",
    "Written",
    "Result",
    "Input",
    "Where",
    "OrderBy",
)
_NAME = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class ClaimedNames:
    """The names of types and of root fields that are taken, each with who has it."""

    def __init__(self, types: Iterable[str], fields: Iterable[str]) -> None:
        self._types = dict.fromkeys(types, "the schema itself")
        self._fields = dict.fromkeys(fields, "the schema itself")

    def claim(self, domain_type: DomainType, nested: Iterable[str]) -> None:
        """Takes all names of a domain type. Raises InvalidManifest for one that is taken or no name."""
        name = domain_type.name
        self._take(self._types, name, "/meta/name", [*(f"{name}{suffix}" for suffix in _SUFFIXES), *nested])
        self._take(self._fields, name, "/spec/plural", [domain_type.state_key, domain_type.plural_key])
        self._take(self._fields, name, "/spec/actions", [f"{each.name}{name}" for each in domain_type.actions])

    def _take(self, taken: dict[str, str], owner: str, path: str, names: Iterable[str]) -> None:
        for name in names:
            if not _NAME.fullmatch(name):
                raise InvalidManifest(path, f"'{name}' of {owner} is no GraphQL name", hint="Take letters and digits.")
            if name in taken:
                problem = f"the name '{name}' of {owner} is taken by {taken[name]}"
                raise InvalidManifest(path, problem, hint="Give the type another name or plural.")
            taken[name] = owner


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Keys of one object and their GraphQL names; of keys that share one, all but the name itself are spelled out."""
    shared = {name for name in names.values() if list(names.values()).count(name) > 1}
    return {key: name if name not in shared or key == name else spelled_out(key) for key, name in names.items()}


def spelled_out(key: str) -> str:
    """`x-y` → x_u2d_y"""
    return re.sub(r"[^A-Za-z0-9]", lambda match: f"_u{ord(match[0]):x}_", key).strip("_")

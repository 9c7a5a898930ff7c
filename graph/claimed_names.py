"""Which names the types of a schema take, so that no type takes another's in silence."""

import re
from collections.abc import Iterable

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

    def claim(self, domain_type: DomainType) -> None:
        """Takes the names of a domain type. Raises InvalidManifest for one that is taken or no name."""
        name = domain_type.name
        self._take(self._types, name, "/meta/name", [f"{name}{suffix}" for suffix in _SUFFIXES])
        self._take(self._fields, name, "/spec/plural", [domain_type.state_key, domain_type.plural_key])
        self._take(self._fields, name, "/spec/actions", [f"{each.name}{name}" for each in domain_type.actions])

    def claim_below(self, domain_type: DomainType, names: Iterable[str]) -> None:
        """Takes the names of the types below its state. Raises InvalidManifest for one that is taken."""
        self._take(self._types, domain_type.name, "/meta/name", names)

    def _take(self, taken: dict[str, str], owner: str, path: str, names: Iterable[str]) -> None:
        for name in names:
            if not _NAME.fullmatch(name):
                raise InvalidManifest(path, f"'{name}' of {owner} is no GraphQL name", hint="Take letters and digits.")
            if name in taken:
                problem = f"the name '{name}' of {owner} is taken by {taken[name]}"
                raise InvalidManifest(path, problem, hint="Give the type another name or plural.")
            taken[name] = owner

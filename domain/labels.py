"""Label selectors, as Kubernetes writes them: `team=platform,tier in (web, api),!legacy`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import InvalidSelector


class Operator(StrEnum):
    IN = "in"
    NOT_IN = "notin"
    EXISTS = "exists"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition. As in Kubernetes, `notin` also holds for an object without the label."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        match self.operator:
            case Operator.IN:
                return labels.get(self.key) in self.values
            case Operator.NOT_IN:
                return labels.get(self.key) not in self.values
            case Operator.EXISTS:
                return self.key in labels
            case Operator.ABSENT:
                return self.key not in labels


_KEY = r"(?:[A-Za-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?"
_TERM = re.compile(
    rf"""\s*(?:
        !\s*(?P<absent>{_KEY})
      | (?P<set_key>{_KEY})\s+(?P<set>in|notin)\s*\((?P<members>[^()]*)\)
      | (?P<key>{_KEY})\s*(?P<sign>==|!=|=)\s*(?P<value>{_VALUE})
      | (?P<exists>{_KEY})
    )\s*(?P<end>,|\Z)""",
    re.VERBOSE | re.ASCII,
)
_HINT = "Write it like team=platform,tier in (web,api),!legacy."


def parse(text: str) -> tuple[Requirement, ...]:
    """The requirements of a selector, which must all hold. Raises InvalidSelector with the part that is wrong."""
    found, position = [], 0
    while position < len(text) or (position and text[position - 1] == ","):
        match = _TERM.match(text, position)
        if match is None:
            raise InvalidSelector(f"the label selector '{text}' is wrong from '{text[position:]}'", hint=_HINT)
        found.append(_requirement(match))
        position = match.end()
    return tuple(found)


def _requirement(match: re.Match[str]) -> Requirement:
    if match["absent"]:
        return Requirement(match["absent"], Operator.ABSENT)
    if match["exists"]:
        return Requirement(match["exists"], Operator.EXISTS)
    if match["set"]:
        return Requirement(match["set_key"], Operator(match["set"]), _members(match["members"]))
    return Requirement(match["key"], Operator.NOT_IN if match["sign"] == "!=" else Operator.IN, (match["value"],))


def _members(text: str) -> tuple[str, ...]:
    members = tuple(part.strip() for part in text.split(","))
    for member in members:
        if not re.fullmatch(_VALUE, member, re.ASCII):
            raise InvalidSelector(f"'{member}' is no label value", hint=_HINT)
    return members

"""Names: the kinds of events and the spellings derived from a domain type's name."""

import re
from functools import lru_cache

from domain.event import Phase

_MOST = 4096  # names that are remembered: kinds come from writers
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+|[^A-Za-z0-9]+")
_IRREGULAR_PAST = frozenset(
    "Begun Bound Bought Brought Built Chosen Done Drawn Driven Found Frozen Given Gone Held Hidden Kept Known Left"
    " Lost Made Met Overridden Paid Seen Sent Spent Sold Taken Torn Undone Upheld"
    " Withdrawn Withheld Won Written".split()
)

_FAILURES = frozenset("Failed Rejected Refused Aborted Cancelled Canceled Denied Errored Crashed Timed".split())
_BEGINNINGS = frozenset("Started Begun Queued Scheduled Requested Triggered Submitted Accepted Progressed".split())


def words(name: str) -> list[str]:
    """`HTTPRouteRolledBack` → HTTP, Route, Rolled, Back"""
    return _WORD.findall(name)


@lru_cache(_MOST)
def lower_camel(name: str) -> str:
    """`Artifact` → artifact, `HTTPRoute` → httpRoute, `terraform-module` → terraform-module"""
    run = re.match(r"[A-Z]+(?![a-z])|[A-Z]", name)
    return name[: run.end()].lower() + name[run.end() :] if run else name


def plural(name: str) -> str:
    """`artifact` → artifacts, `policy` → policies, `ingress` → ingresses"""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(s|x|z|ch|sh)$", name) else f"{name}s"


def is_past(word: str) -> bool:
    return word in _IRREGULAR_PAST or (word.endswith("ed") and not word.endswith("eed"))


def past(word: str) -> str:
    """`Apply` → Applied, `Delete` → Deleted, `Stop` → Stopped; an irregular verb comes out regular."""
    if word.endswith("e"):
        return f"{word}d"
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ied"
    return f"{word}{word[-1]}ed" if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", word, re.IGNORECASE) else f"{word}ed"


def answers(outcome: str, intent: str) -> bool:
    """Whether the action of an outcome is that of an intent in the past tense: RolledBack of RollBack."""
    told, asked = words(outcome), words(intent)
    if len(told) != len(asked):
        return False
    pairs = list(zip(told, asked, strict=True))
    return all(one == other or _is_past_of(one, other) for one, other in pairs) and told != asked


def _is_past_of(one: str, other: str) -> bool:
    return one in (past(other), f"{other}ed", f"{other}{other[-1]}ed") or (
        one in _IRREGULAR_PAST and one[0] == other[0]
    )


@lru_cache(_MOST)
def phase_of(action: str) -> Phase:
    """Past tense is an outcome (`RolledBack`), anything else an intent (`RollBack`)."""
    return Phase.OUTCOME if any(is_past(word) for word in words(action)) else Phase.INTENT


def tells_failure(action: str) -> bool:
    """Whether an outcome tells that something went wrong: `Failed`, `TimedOut`."""
    return not _FAILURES.isdisjoint(words(action))


def tells_beginning(action: str) -> bool:
    """Whether an outcome tells that something runs, and not yet what came of it: `Started`."""
    return not _BEGINNINGS.isdisjoint(words(action))


@lru_cache(_MOST)
def split(stem: str) -> tuple[str, str]:
    """Type and action of a kind without its `Event`, for a type that nobody registered and without an object.

    The last word in the past tense begins the action; without one the last word is the action.
    """
    parts = words(stem)
    past = [index for index, word in enumerate(parts) if index > 0 and is_past(word)]
    at = past[-1] if past else max(len(parts) - 1, 1)
    return "".join(parts[:at]), "".join(parts[at:])

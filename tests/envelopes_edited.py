"""Envelopes that differ from the example in one place."""

import copy
from typing import Any

from domain.event import Document
from examples import envelope


def changed(path: str, value: Any, one: Document | None = None) -> Document:
    """The example envelope with one place replaced; a path is keys joined by slashes."""
    whole = copy.deepcopy(one or envelope())
    *parents, last = path.split("/")
    place = whole
    for key in parents:
        place = place[key]
    place[last] = value
    return whole


def without(path: str, one: Document | None = None) -> Document:
    whole = copy.deepcopy(one or envelope())
    *parents, last = path.split("/")
    place = whole
    for key in parents:
        place = place[key]
    del place[last]
    return whole

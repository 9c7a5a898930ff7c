"""Who made a commit: a person or a service."""

import re
from typing import NamedTuple

from cli.git_history.texts import bounded, storable

_LONGEST = 512

# `renovate[bot]`, `github-actions`, `fluxcdbot`, `ci-bot@…`, `Argo CD Image Updater`.
_SERVICE = re.compile(
    r"\[bot\]|\bbots?\b|[a-z0-9]bot\b|\brenovate|\bdependabot|\bgreenkeeper\b|\bsnyk-|\bmergify\b"
    r"|\bgithub[ -]?actions?\b|\bgitlab[ -]ci\b|\bjenkins\b|\bcircle-?ci\b|\btravis\b|\btekton\b|\bconcourse\b"
    r"|\bflux(?:cd)?\b|\bweave-?flux\b|\bargo-?cd\b|\bimage[ -]?updater\b|\bautomation\b|\bservice[ -]account\b",
    re.IGNORECASE,
)


class Author(NamedTuple):
    id: str
    """E-mail address, else name."""
    type: str
    """HUMAN or SERVICE."""
    name: str
    address: str


def author(name: str, address: str) -> Author:
    """A service is called a bot (`…[bot]`, `…bot`) or like a well-known automation, in its name or before the @ of its
    address; everybody else is a person."""
    name, address = (bounded(storable(each).strip(), _LONGEST) for each in (name, address))
    service = _SERVICE.search(name) or _SERVICE.search(address.partition("@")[0])
    return Author(address or name or "unknown", "SERVICE" if service else "HUMAN", name, address)

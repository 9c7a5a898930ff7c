"""Who asks: an actor by its bearer token, or while no tokens are configured whoever the request says it is."""

import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from domain.errors import StartupError, Unauthenticated
from domain.event import Actor, ActorType
from domain.values import shortened
from graph.settings import Settings
from resolvers.context import Caller, Right

ACTOR_HEADER = "x-dsel-actor"
ACTOR_TYPE_HEADER = "x-dsel-actor-type"
_LONGEST_NAME = 512


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, StringConstraints(min_length=16)]
    actor: Annotated[str, StringConstraints(min_length=1)]
    type: ActorType
    rights: frozenset[Right] = frozenset()


class Callers:
    """Callers by bearer token. Without tokens the service is open: every caller has every right."""

    def __init__(self, settings: Settings) -> None:
        self._open = Actor(settings.open_actor, settings.open_actor_type)
        self._tokens = _read(settings.tokens) if settings.tokens else None

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """The caller behind the headers of a request. Raises Unauthenticated."""
        if self._tokens is None:
            return Caller(self._named(headers), frozenset(Right))
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("no credentials were sent", hint="Send the header Authorization: Bearer <token>.")
        for known, caller in self._tokens.items():
            if hmac.compare_digest(known.encode(), token.strip().encode()):
                return caller
        raise Unauthenticated("the token is not known", hint="Ask the operator of the service for one.")

    def _named(self, headers: Mapping[str, str]) -> Actor:
        name = _text(headers.get(ACTOR_HEADER, ""))
        if not name:
            return self._open
        if name != name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
            raise Unauthenticated(
                f"{ACTOR_HEADER} {shortened(repr(name), 80)} is no name of an actor",
                hint=f"Send up to {_LONGEST_NAME} printable characters.",
            )
        type_ = headers.get(ACTOR_TYPE_HEADER, ActorType.HUMAN.value).upper()
        if type_ not in list(ActorType):
            raise Unauthenticated(f"{ACTOR_TYPE_HEADER} '{type_}' is not one of: {', '.join(ActorType)}")
        return Actor(name, ActorType(type_))


def _text(header: str) -> str:
    """Header values come as Latin-1; a name outside of ASCII was most likely sent as UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _read(path: Path) -> dict[str, Caller]:
    try:
        entries = TypeAdapter(list[_Entry]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise StartupError(f"the tokens file {path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        fault = error.errors(include_input=False)[0]["msg"] if isinstance(error, ValidationError) else "it is no YAML"
        raise StartupError(f"the tokens file {path} is wrong: {fault}") from None
    if len({entry.token for entry in entries}) < len(entries):
        raise StartupError(f"the tokens file {path} is wrong: a token stands there twice")
    return {entry.token: Caller(Actor(entry.actor, entry.type), entry.rights) for entry in entries}

"""The Kubernetes-style objects of one file."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from cli.git_history.composer import UnreadableError, UnstorableError, Value
from cli.git_history.documents import documents
from domain.entity import entity
from domain.errors import InvalidArgument
from domain.objects import group_of, meta_of, name_of

LARGEST = 15_000_000
"""Bytes of a file, and of an object written as JSON. A stored event has room for no more."""

_CIPHER = "ENC["  # of SOPS
_FLAT = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


class Reason(StrEnum):
    """Why a file or an object was left out."""

    NO_OBJECT = "holds no Kubernetes object"
    UNREADABLE = "is no YAML that Kubernetes would read"
    TEMPLATE = "is a template"
    ENCRYPTED = "is encrypted"
    LARGE = f"is larger than {LARGEST // 1_000_000} MB"
    MISSING = "is missing from the repository"
    UNSTORABLE = "holds a value that is no JSON or cannot be stored"
    NAMELESS = "holds an object without a name"
    UNNAMEABLE = "holds an object whose kind or name cannot be one of an entity"
    SECRET = "holds a Secret"  # noqa: S105


class Skip(NamedTuple):
    reason: Reason
    detail: str = ""


class ObjectKey(NamedTuple):
    """What stays the same while an object is edited or moved, but stands for many objects in one repository."""

    kind: str
    name: str
    """`namespace/name` as far as the object says."""
    app_id: str | None
    """The object's own, which Kubernetes' objects have not."""


@dataclass(frozen=True, slots=True)
class Manifest:
    key: ObjectKey
    group: str
    digest: bytes
    """Equal for equal states, whatever the order of their keys."""
    state: dict[str, Any]
    """Read-only: states may share parts."""


@dataclass(frozen=True, slots=True)
class ManifestFile:
    objects: tuple[Manifest, ...] = ()
    skipped: tuple[Skip, ...] = ()
    whole: bool = True
    """Whether everything in it could be read: only then is an object that is missing gone."""


def read(data: bytes, with_secrets: bool = False) -> ManifestFile:
    """The objects of a file's bytes; what cannot be read is a skip, never an error."""
    try:
        found = [each for document in documents(data) for each in _of_document(document, with_secrets)]
    except UnreadableError as error:
        return unreadable(Skip(_why(data), str(error)))
    skips = tuple(each for each in found if isinstance(each, Skip))
    return ManifestFile(
        objects=tuple(each for each in found if isinstance(each, Manifest)),
        skipped=skips if found else (Skip(Reason.NO_OBJECT),),
        whole=all(skip.reason not in (Reason.UNSTORABLE, Reason.LARGE) for skip in skips),
    )


def unreadable(skip: Skip) -> ManifestFile:
    """A file of which nothing is known."""
    return ManifestFile(skipped=(skip,), whole=False)


def _why(data: bytes) -> Reason:
    if data.startswith(b"\0GITCRYPT"):
        return Reason.ENCRYPTED
    return Reason.TEMPLATE if b"{{" in data else Reason.UNREADABLE


def _of_document(value: Value | UnstorableError, with_secrets: bool) -> Iterator[Manifest | Skip]:
    if isinstance(value, UnstorableError):
        yield Skip(Reason.UNSTORABLE, str(value))
    elif isinstance(value, dict) and _is_text(value.get("apiVersion")) and _is_text(value.get("kind")):
        items = value.get("items")
        if value["kind"] == "List" and isinstance(items, list):
            for item in items:
                yield from _of_document(item, with_secrets)
        else:
            yield _of_object(value, with_secrets)


def _of_object(state: dict[str, Any], with_secrets: bool) -> Manifest | Skip:
    kind, name, app_id = state["kind"], name_of(state), meta_of(state).get("appId")
    if not name:
        return Skip(Reason.NAMELESS, f"{state['apiVersion']} {kind}")
    if kind.startswith(_CIPHER) or name.startswith(_CIPHER):
        return Skip(Reason.ENCRYPTED, state["apiVersion"])
    if kind == "Secret" and not with_secrets:
        return Skip(Reason.SECRET, name)
    if app_id is not None and not _is_text(app_id):
        return Skip(Reason.UNNAMEABLE, f"{kind} {name}: its appId is no text, quote it")
    try:
        entity(kind, app_id or "app", name)
    except InvalidArgument as error:
        return Skip(Reason.UNNAMEABLE, str(error))
    flat = _flat(state)
    if len(flat) > LARGEST:
        return Skip(Reason.LARGE, f"{kind} {name}: {len(flat):,} bytes")
    return Manifest(
        ObjectKey(kind, name, app_id), group_of(state), hashlib.blake2b(flat, digest_size=16).digest(), state
    )


def _is_text(value: Value) -> bool:
    return isinstance(value, str) and bool(value)


def _flat(state: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(state, _fragment, _FLAT)
    except TypeError:  # an integer of more than 64 bits
        return json.dumps(state, sort_keys=True, default=lambda number: [str(number)]).encode()


def _fragment(value: Decimal) -> orjson.Fragment:
    return orjson.Fragment(str(value))

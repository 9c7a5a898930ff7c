"""A domain type as it was declared: built in, or applied at run time and kept in the log like any other object."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain import crd
from domain import manifest as manifests
from domain.domain_type import Called, DomainType
from domain.errors import DselError, InvalidManifest
from domain.event import Document, Event
from domain.kept import from_document, removed

TYPE = "DomainType"
"""The type of the entities that domain types are in the log."""
APP = "dsel"
"""The app that they belong to: a type is the same for every tenant."""
API_VERSION = "dsel/v1alpha1"


class Origin(StrEnum):
    BUILT_IN = "BUILT_IN"
    MANIFEST = "MANIFEST"
    CRD = "CRD"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What was declared under a name. It is served unless it is `retired` or has a `fault`."""

    name: str
    manifest: Document
    """As it came."""
    origin: Origin
    domain_type: DomainType | None
    """None when the manifest cannot be read by this version of the service."""
    event: Event | None = None
    """The newest event about it, without its state; None of a built-in type that nobody has changed."""
    retired: bool = False
    fault: str | None = None
    """Why it cannot be served."""

    def calling(self, called: Called) -> "Declaration":
        """The same, called so."""
        return replace(self, domain_type=self.domain_type.known_as(called=called) if self.domain_type else None)

    def identified(self, others: Mapping[str, "Declaration"]) -> "Declaration":
        """The same under its name beside these: the kind, with the group where another group has that kind.

        Raises InvalidManifest when it has no group to be told apart by.
        """
        type_, first = self.domain_type, others.get(self.name)
        if type_ is None or first is None or first.group == type_.group:
            return self
        if not type_.group:
            problem = f"'{type_.kind}' is a kind of the group {first.group}"
            raise InvalidManifest("/meta/name", problem, hint="Say the group of yours in /spec/group.")
        grouped = f"{type_.kind}.{type_.group}"
        return replace(self, name=grouped, domain_type=type_.known_as(name=grouped))

    @property
    def names(self) -> tuple[str, ...]:
        """Those that it may have."""
        type_ = self.domain_type
        return (type_.kind, f"{type_.kind}.{type_.group}") if type_ and type_.group else (self.name,)

    @property
    def group(self) -> str:
        return self.domain_type.group if self.domain_type else ""

    @property
    def version(self) -> int:
        """The entity's version; 0 before anybody applied it."""
        return self.event.version if self.event else 0

    @property
    def served(self) -> DomainType | None:
        return None if self.retired or self.fault else self.domain_type


def built_in(type_: DomainType) -> Declaration:
    """What its version before had is kept: the service of before may have served it."""
    if len(type_.versions) > 1 and type_.newest.conversion is not None:
        type_ = type_.keeping(removed(type_.versions[-2].json_schema, type_.newest.json_schema))
    return Declaration(type_.name, type_.manifest, Origin.BUILT_IN, type_)


def from_manifest(manifest: Mapping[str, Any]) -> Declaration:
    """Reads a manifest that somebody wants to apply. Raises InvalidManifest."""
    plain = with_plain_numbers(manifest)
    type_ = manifests.read(plain)
    if type_.name == TYPE:
        raise InvalidManifest("/meta/name", f"{TYPE} is what domain types themselves are", hint="Take another name.")
    if type_.calls_code:
        raise InvalidManifest("/spec/versions", "only a built-in type may name a function", hint="Declare other steps.")
    return Declaration(type_.name, plain, Origin.CRD if crd.is_crd(plain) else Origin.MANIFEST, type_)


def as_object(declaration: Declaration) -> Document:
    """The domain object that stands for it in the log."""
    return {
        "apiVersion": API_VERSION,
        "kind": TYPE,
        "meta": {"name": declaration.name, "appId": APP},
        "spec": {"origin": declaration.origin.value, "manifest": declaration.manifest} | _decided(declaration),
    }


def _decided(declaration: Declaration) -> Document:
    """What the manifest does not say."""
    type_ = declaration.domain_type
    kept = {"kept": [each.as_document() for each in type_.kept]} if type_ and type_.kept else {}
    return kept | (
        {"called": type_.called.model_dump(by_alias=True, mode="json", exclude_defaults=True)}
        if type_ and type_.called
        else {}
    )


def from_event(event: Event) -> Declaration:
    """What an event of the log declares. Never raises: what cannot be read has a fault instead of a type."""
    spec = with_plain_numbers((event.state or {}).get("spec"))
    manifest = spec.get("manifest") if isinstance(spec, dict) else None
    try:
        if not isinstance(manifest, dict):
            raise InvalidManifest("/spec/manifest", "it is missing")
        read, fault = from_manifest(manifest), None
        if event.entity.name not in (read.name, f"{read.name}.{read.group}"):
            raise InvalidManifest("/meta/name", f"'{read.name}' stands in the log as {event.entity.name}")
        type_ = _as_decided(read.domain_type, event.entity.name, spec) if read.domain_type else None
    except DselError as error:
        read, type_, fault = None, None, str(error)
    return Declaration(
        event.entity.name,
        manifest or {},
        read.origin if read else Origin.MANIFEST,
        type_,
        event,
        retired=event.deletes,
        fault=fault,
    )


def _as_decided(type_: DomainType, name: str, spec: Document) -> DomainType:
    called, kept = spec.get("called"), [from_document(each) for each in spec.get("kept", ())]
    known = type_.known_as(name=name, called=Called.model_validate(called) if called else None)
    return known.keeping(kept) if kept else known


def with_plain_numbers(value: Any) -> Any:
    """JSON Schema knows plain numbers: a Decimal, or an integer of a type of BSON's own, becomes an int or a float."""
    match value:
        case bool():
            return value
        case int():
            return int(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {key: with_plain_numbers(item) for key, item in value.items()}
        case list():
            return [with_plain_numbers(item) for item in value]
        case _:
            return value

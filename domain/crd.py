"""Kubernetes' CustomResourceDefinitions as domain types, exactly as a project ships them.

The newest version is the one that Kubernetes prefers: by the priority of its name, whichever is stored. See
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/
"""

import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain import kinds
from domain.conversion_step import Step
from domain.crd_annotations import added
from domain.domain_type import DomainType, Scope, Version, standard_actions
from domain.errors import Fault, InvalidManifest
from domain.faults import parsed
from domain.openapi import as_json_schema

KIND = "CustomResourceDefinition"
_API = "apiextensions.k8s.io/"
_OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_VERSION = re.compile(r"v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?")
_STABILITY = {None: 2, "beta": 1, "alpha": 0}

Kind = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$", max_length=63)]
Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
Group = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]


class _Part(BaseModel):
    """What else stands there says nothing of the objects."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Schema(_Part):
    schema_: dict[str, Any] | None = Field(default=None, alias="openAPIV3Schema")


class _Version(_Part):
    name: Label
    served: bool
    deprecated: bool = False
    schema_: _Schema | None = Field(default=None, alias="schema")


class _Names(_Part):
    kind: Kind
    plural: Label
    singular: str = ""
    short_names: tuple[str, ...] = Field(default=(), alias="shortNames")


class _Conversion(_Part):
    strategy: str = "None"


class _Spec(_Part):
    group: Group
    names: _Names
    scope: Scope
    versions: tuple[_Version, ...] = Field(min_length=1)
    conversion: _Conversion = _Conversion()


class _Definition(_Part):
    api_version: Literal["apiextensions.k8s.io/v1"] = Field(alias="apiVersion")
    spec: _Spec


def is_crd(manifest: Any) -> bool:
    return (
        isinstance(manifest, Mapping)
        and manifest.get("kind") == KIND
        and str(manifest.get("apiVersion", "")).startswith(_API)
    )


def read(manifest: Mapping[str, Any]) -> tuple[DomainType, list[str]]:
    """The type, and for each of its versions a JSON Pointer to its schema. Raises InvalidManifest with every fault."""
    spec = parsed(_Definition, manifest).spec
    served = [(at, each) for at, each in enumerate(spec.versions) if each.served]
    if not served:
        raise InvalidManifest.of([Fault("/spec/versions", "no version is served")])
    served.sort(key=lambda pair: priority(pair[1].name))
    alike = () if spec.conversion.strategy == "None" else None
    versions = [_version(spec.group, each, alike if at else None) for at, (_, each) in enumerate(served)]
    domain_type = DomainType(
        name=spec.names.kind,
        group=spec.group,
        description=_description(versions[-1]),
        plural=_plural(spec.names),
        shortNames=_also_called(spec.names),
        scope=spec.scope,
        actions=standard_actions(spec.names.kind),
        versions=tuple(versions),
        **dict(added(manifest)),
    )
    return domain_type, [f"/spec/versions/{at}/schema/openAPIV3Schema" for at, _ in served]


def priority(version: str) -> tuple[Any, ...]:
    """A key that sorts versions as Kubernetes ranks them, the preferred one last: v1 above v2beta1 above v1alpha1."""
    match = _VERSION.fullmatch(version)
    if match is None:  # below all others, and the first in the alphabet is above the second
        return (0, *(-ord(character) for character in version), 1)
    return (1, _STABILITY[match[2]], int(match[1]), int(match[3] or 0))


def _version(group: str, version: _Version, conversion: tuple[Step, ...] | None) -> Version:
    """Kubernetes' strategy None only writes another apiVersion; what a webhook of the cluster does is not known."""
    declared = version.schema_.schema_ if version.schema_ else None
    return Version(
        name=f"{group}/{version.name}",
        schema=as_json_schema(_OPEN if declared is None else declared),
        deprecated=version.deprecated,
        conversion=conversion,
    )


def _description(version: Version) -> str:
    return " ".join(str(version.json_schema.get("description") or "").split())


def _plural(names: _Names) -> str:
    """The plural with the capitals of the kind, as far as it is spelled like it: gitRepositories for gitrepositories.

    A plural may have hyphens where the kind has capitals.
    """
    bare, kind = names.plural.replace("-", ""), kinds.lower_camel(names.kind)
    like = next((each for each in (kinds.plural(kind), kind) if each.lower() == bare), kind)
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(bare, like.lower(), strict=False)))
    return like[:alike] + bare[alike:]


def _also_called(names: _Names) -> tuple[str, ...]:
    """What kubectl calls it, but for the kind in lower case."""
    return tuple(dict.fromkeys(each for each in (*names.short_names, names.plural, names.singular) if each))

"""Manifests of domain types: ours, and Kubernetes' CustomResourceDefinitions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import jsonschema_rs
from pydantic import Field, ValidationError

from domain import crd, index_paths
from domain.domain_type import DomainType, Manifest, Name, Spec, Version
from domain.errors import Fault, InvalidManifest
from domain.faults import faults_of, parsed
from domain.rule import Rule, in_schema
from domain.values import pointer_part, shortened

_META_SCHEMA = jsonschema_rs.Draft202012Validator(
    {"$ref": "https://json-schema.org/draft/2020-12/schema"}, validate_formats=True
)


class _Meta(Manifest):
    name: Name


class _DomainType(Manifest):
    api_version: Literal["dsel/v1alpha1"] = Field(alias="apiVersion")
    kind: Literal["DomainType"]
    meta: _Meta
    spec: Spec


def read(manifest: Any) -> DomainType:
    """The domain type that a manifest describes. Raises InvalidManifest with every fault, each with its path."""
    domain_type, schemas = crd.read(manifest) if crd.is_crd(manifest) else _ours(manifest)
    faults = [*_schema_faults(domain_type, schemas)] or [
        *_rule_faults(domain_type, schemas),
        *_doubles(domain_type),
        *_index_faults(domain_type),
    ]
    if faults:
        raise InvalidManifest.of(faults)
    return domain_type


def _ours(manifest: Mapping[str, Any]) -> tuple[DomainType, list[str]]:
    whole = parsed(_DomainType, manifest)
    try:
        domain_type = DomainType(name=whole.meta.name, **dict(whole.spec))
    except ValidationError as error:
        raise InvalidManifest.of(list(faults_of(error))) from None
    return domain_type, [f"/spec/versions/{at}/schema" for at, _ in enumerate(domain_type.versions)]


def _schema_faults(domain_type: DomainType, schemas: Sequence[str]) -> Iterator[Fault]:
    for version, path in zip(domain_type.versions, schemas, strict=True):
        yield from _compiled(version, path)


def _compiled(version: Version, path: str) -> Iterator[Fault]:
    try:
        _ = version.validator
    except jsonschema_rs.ValidationError as error:
        broken = (each for each in _META_SCHEMA.iter_errors(version.json_schema) if not _is_pattern_of_go(each))
        found = {_pointer(each): each.message for each in broken} or {_pointer(error): error.message}
        yield from (Fault(path + inside, shortened(message, 500)) for inside, message in found.items())
    except ValueError as error:  # a key that is no text: YAML takes on, yes and 8080 for something else
        yield Fault(path, str(error), hint="Quote keys like on, yes and 8080.")


def _is_pattern_of_go(error: jsonschema_rs.ValidationError) -> bool:
    """Whether the validator takes the pattern although ECMA 262 would not."""
    if not isinstance(error.instance, str) or not isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Format):
        return False
    try:
        jsonschema_rs.Draft202012Validator({"pattern": error.instance})
    except ValueError:
        return False
    return True


def _pointer(error: jsonschema_rs.ValidationError) -> str:
    return "".join(f"/{pointer_part(str(part))}" for part in error.instance_path)


def _rule_faults(domain_type: DomainType, schemas: Sequence[str]) -> Iterator[Fault]:
    for index, rule in enumerate(domain_type.rules):
        yield from _uncompiled(f"/spec/rules/{index}", rule)
    for at, (version, path) in enumerate(zip(domain_type.versions, schemas, strict=True)):
        for index, rule in enumerate(version.rules):
            yield from _uncompiled(f"/spec/versions/{at}/rules/{index}", rule)
        try:
            for inside, rule in in_schema(version.json_schema):
                yield from _uncompiled(path + inside, rule)
        except InvalidManifest as error:
            yield from (each.below(path) for each in error.faults)


def _uncompiled(path: str, rule: Rule) -> Iterator[Fault]:
    return (Fault(f"{path}/{key}", problem) for key, problem in rule.faults())


def _index_faults(domain_type: DomainType) -> Iterator[Fault]:
    try:
        _ = domain_type.indexed
    except InvalidManifest as error:
        yield from error.faults
        return
    for at, pointer in enumerate(domain_type.indexes):
        if not index_paths.indexed(domain_type.newest.json_schema, [pointer], ()):
            problem = f"no index can hold '{pointer}': a key on the way is empty or has a dot, or a map stands there"
            yield Fault(f"/spec/indexes/{at}", problem)


def _doubles(domain_type: DomainType) -> Iterator[Fault]:
    for at, version in enumerate(domain_type.versions):
        names = ["schema", *(rule.name for rule in (*domain_type.rules, *version.rules))]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Fault(f"/spec/versions/{at}", f"two checks are called '{name}'")

"""A domain type: what a platform manages, described as data in a manifest."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

import jsonschema_rs
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from domain import kinds
from domain.errors import InvalidManifest
from domain.event import Phase
from domain.rule import Rule, in_schema
from domain.rulebook import Rulebook
from domain.values import pointer_part

Name = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=100)]
ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]*$", max_length=100)]
Kind = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*Event$", max_length=200)]


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Action(_Manifest):
    """Something that is done to an entity: the kind that asks for it and the kind that says it happened."""

    name: ActionName
    intent: Kind
    outcome: Kind
    deletes: bool = False


class Version(_Manifest):
    """One apiVersion of the type with the JSON Schema of the whole object."""

    name: str = Field(min_length=1)
    json_schema: dict[str, Any] = Field(alias="schema")
    rules: tuple[Rule, ...] = ()
    """Rules for objects of this version only."""

    @cached_property
    def validator(self) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(self.json_schema, validate_formats=False, retriever=_refuse)

    @cached_property
    def all_rules(self) -> tuple[Rule, ...]:
        """Its own rules and those inside its schema. Raises InvalidManifest for one that cannot stand there."""
        return (*self.rules, *(rule for _, rule in in_schema(self.json_schema)))


class _Spec(_Manifest):
    """What a manifest says of its type."""

    group: str = ""
    """The group of the apiVersion of its objects: type and group together are its identity."""
    description: str = ""
    plural: str = ""
    record_failures: bool = Field(default=False, alias="recordFailures")
    """Keep a refused write as an intent with its report."""
    actions: tuple[Action, ...]
    versions: tuple[Version, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    """Rules for objects of every version."""


class DomainType(_Spec):
    """A domain type. The last of `versions` is the newest."""

    name: Name

    @model_validator(mode="after")
    def _kinds_belong(self) -> "DomainType":
        for action in self.actions:
            for kind in (action.intent, action.outcome):
                if not kind.startswith(self.name):
                    raise ValueError(f"the kind {kind} does not begin with {self.name}")
        names = [kind for action in self.actions for kind in (action.intent, action.outcome)]
        if len(set(names)) < len(names):
            raise ValueError("a kind stands for two actions or phases")
        return self

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest that makes this type."""
        spec = self.model_dump(by_alias=True, exclude_defaults=True, exclude={"name"}, mode="json")
        return {"apiVersion": "dsel/v1alpha1", "kind": "DomainType", "meta": {"name": self.name}, "spec": spec}

    @property
    def state_key(self) -> str:
        """Where an envelope's spec holds the object: `artifact` for Artifact."""
        return kinds.lower_camel(self.name)

    @property
    def plural_key(self) -> str:
        return self.plural or kinds.plural(self.state_key)

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    def version(self, api_version: str) -> Version | None:
        return next((version for version in self.versions if version.name == api_version), None)

    def rulebook(self, api_version: str) -> Rulebook:
        """The rules for objects of that apiVersion: the type's, the version's, and those inside its schema."""
        return self._rulebooks.get(api_version) or Rulebook({}, ())

    @cached_property
    def _rulebooks(self) -> dict[str, Rulebook]:
        return {each.name: Rulebook(each.json_schema, (*self.rules, *each.all_rules)) for each in self.versions}

    def action(self, name: str) -> Action | None:
        return next((action for action in self.actions if action.name == name), None)

    def by_kind(self, kind: str) -> tuple[Action, Phase] | None:
        """The declared action and phase of a kind."""
        for action in self.actions:
            if kind == action.intent:
                return action, Phase.INTENT
            if kind == action.outcome:
                return action, Phase.OUTCOME
        return None


class _DomainTypeManifest(_Manifest):
    class Meta(_Manifest):
        name: Name

    api_version: Literal["dsel/v1alpha1"] = Field(alias="apiVersion")
    kind: Literal["DomainType"]
    meta: Meta
    spec: _Spec


def from_manifest(manifest: Mapping[str, Any]) -> DomainType:
    """Reads a manifest. Raises InvalidManifest with the path of the first fault."""
    try:
        read = _DomainTypeManifest.model_validate(manifest)
        domain_type = DomainType(name=read.meta.name, **dict(read.spec))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        path = "".join(f"/{pointer_part(str(part))}" for part in fault["loc"])
        raise InvalidManifest(path, fault["msg"]) from None
    for index, version in enumerate(domain_type.versions):
        _compile(f"/spec/versions/{index}/schema", version)
    for path, rule in _rules(domain_type):
        _compile_rule(path, rule)
    _names_differ(domain_type)
    return domain_type


def _refuse(address: str) -> Any:
    raise ValueError(f"a schema may not fetch {address}")


def _compile(path: str, version: Version) -> None:
    try:
        _ = version.validator
    except jsonschema_rs.ValidationError as error:
        inside = "".join(f"/{pointer_part(str(part))}" for part in error.instance_path)
        raise InvalidManifest(path + inside, error.message) from None
    except ValueError as error:  # a key that is no text: YAML takes on, yes and 8080 for something else
        raise InvalidManifest(path, str(error), hint="Quote keys like on, yes and 8080.") from None


def _rules(domain_type: DomainType) -> Iterator[tuple[str, Rule]]:
    """Every rule with its path in the manifest."""
    for index, rule in enumerate(domain_type.rules):
        yield f"/spec/rules/{index}", rule
    for at, version in enumerate(domain_type.versions):
        for index, rule in enumerate(version.rules):
            yield f"/spec/versions/{at}/rules/{index}", rule
        schema = f"/spec/versions/{at}/schema"
        try:
            yield from ((schema + path, rule) for path, rule in in_schema(version.json_schema))
        except InvalidManifest as error:
            raise InvalidManifest(schema + error.details["path"], str(error).partition(": ")[2]) from None


def _compile_rule(path: str, rule: Rule) -> None:
    for key, problem in rule.faults():
        raise InvalidManifest(f"{path}/{key}", problem)


def _names_differ(domain_type: DomainType) -> None:
    for at, version in enumerate(domain_type.versions):
        names = ["schema", *(rule.name for rule in (*domain_type.rules, *version.rules))]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise InvalidManifest(f"/spec/versions/{at}", f"two checks are called '{name}'")

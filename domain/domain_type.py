"""A domain type: what a platform manages, described as data in a manifest."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

import jsonschema_rs
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain import index_paths, kinds
from domain.conversion import Conversions
from domain.conversion_step import Call, Step
from domain.event import Phase
from domain.kept import Kept, graft, removed, with_kept
from domain.places import Pointer
from domain.reference import Path, Reference, in_schema_of, told_apart
from domain.rule import Rule, in_schema
from domain.rulebook import Rulebook

Name = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=100)]
TypeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z0-9.-]+)?$", max_length=320)]
ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]*$", max_length=100)]
Scope = Literal["Namespaced", "Cluster"]
Kind = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]*Event$", max_length=200)]


class Manifest(BaseModel):
    """Any part of a manifest; what it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Action(Manifest):
    """Something that is done to an entity: the kind that asks for it and the kind that says it happened."""

    name: ActionName
    intent: Kind
    outcome: Kind
    deletes: bool = False


class Version(Manifest):
    """One apiVersion of the type with the JSON Schema of the whole object."""

    name: str = Field(min_length=1)
    json_schema: dict[str, Any] = Field(alias="schema")
    rules: tuple[Rule, ...] = ()
    """Rules for objects of this version only."""
    deprecated: bool = False
    conversion: tuple[Step, ...] | None = None
    """How an object of the version before becomes one of this; None: no way is known, and it is shown as it is."""

    @cached_property
    def validator(self) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(self.json_schema, validate_formats=False, retriever=_refuse)

    @cached_property
    def all_rules(self) -> tuple[Rule, ...]:
        """Its own rules and those inside its schema. Raises InvalidManifest for one that cannot stand there."""
        return (*self.rules, *(rule for _, rule in in_schema(self.json_schema)))


class Spec(Manifest):
    """What a manifest says of its type."""

    group: str = ""
    """The group of the apiVersion of its objects: type and group together are its identity."""
    description: str = ""
    plural: str = ""
    short_names: tuple[str, ...] = Field(default=(), alias="shortNames")
    """What else people call it, as kubectl has it."""
    scope: Scope | None = None
    """Of Kubernetes' types: whether an object's name begins with its namespace."""
    record_failures: bool = Field(default=False, alias="recordFailures")
    """Keep a refused write as an intent with its report."""
    computed: bool = False
    """Nobody writes its objects: the service makes them of other events."""
    actions: tuple[Action, ...]
    versions: tuple[Version, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    """Rules for objects of every version."""
    references: tuple[Reference, ...] = ()
    """Those that no schema declares."""
    indexes: tuple[Pointer, ...] = Field(default=(), max_length=16)
    """What lists are filtered and ordered by; beside what a schema declares."""


class Called(Manifest):
    """What a domain type is called in GraphQL, from when it is first served: no other type can change it."""

    type: str
    field: str
    """The root field of one object."""
    list_field: str = Field(alias="listField")
    homes: Mapping[str, tuple[str, ...]] = Field(default={})
    """GraphQL types of its objects that are not named by the path alone, with the keys that lead there."""
    avoids: tuple[str, ...] = ()
    """Names of properties that would lead to the name of another type."""


class DomainType(Spec):
    """A domain type. The last of `versions` is the newest."""

    name: TypeName
    """Its identity in the log: the kind of its objects, with the group if another type had the kind before."""
    called: Called | None = Field(default=None, exclude=True)
    """None before it was served; no manifest says so."""
    kept: tuple[Kept, ...] = Field(default=(), exclude=True)
    """Properties that its newest version no longer has; no manifest says so, but what it was before."""

    @model_validator(mode="after")
    def _kinds_belong(self) -> "DomainType":
        for action in self.actions:
            for kind in (action.intent, action.outcome):
                if not kind.startswith(self.kind):
                    raise ValueError(f"the kind {kind} does not begin with {self.kind}")
        names = [kind for action in self.actions for kind in (action.intent, action.outcome)]
        if len(set(names)) < len(names):
            raise ValueError("a kind stands for two actions or phases")
        return self

    @model_validator(mode="after")
    def _versions_follow(self) -> "DomainType":
        names = [each.name for each in self.versions]
        if len(set(names)) < len(names):
            raise ValueError(f"a version is declared twice: {', '.join(names)}")
        if self.versions[0].conversion is not None:
            raise ValueError(f"no version comes before {names[0]}, so that nothing can be converted into it")
        return self

    @property
    def calls_code(self) -> bool:
        """Whether a conversion names a function of the code."""
        return any(isinstance(step, Call) for each in self.versions for step in each.conversion or ())

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest that makes this type."""
        spec = self.model_dump(by_alias=True, exclude_defaults=True, exclude={"name"}, mode="json")
        return {"apiVersion": "dsel/v1alpha1", "kind": "DomainType", "meta": {"name": self.kind}, "spec": spec}

    @property
    def kind(self) -> str:
        """The kind of its objects."""
        return self.name.partition(".")[0]

    @property
    def graphql_name(self) -> str:
        return self.called.type if self.called else self.kind

    @cached_property
    def state_key(self) -> str:
        """Where an envelope's spec holds the object: `artifact` for Artifact."""
        return kinds.lower_camel(self.kind)

    @property
    def plural_key(self) -> str:
        return self.plural or kinds.plural(self.state_key)

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    def version(self, api_version: str) -> Version | None:
        return next((version for version in self.versions if version.name == api_version), None)

    @cached_property
    def conversions(self) -> Conversions:
        return Conversions([each.name for each in self.versions], [each.conversion for each in self.versions[1:]])

    @cached_property
    def refers_to(self) -> frozenset[str]:
        """The names of the types that its objects refer to."""
        return frozenset([*_referred(self.shown_schema), *(each.type for each in self.references)])

    @cached_property
    def shown_schema(self) -> Mapping[str, Any]:
        """The schema of what is shown: the newest version's, with the properties that are kept."""
        return with_kept(self.newest.json_schema, self.kept)

    def keeping(self, kept: Iterable[Kept]) -> "DomainType":
        """The same with these kept properties."""
        copy = self.model_copy(update={"kept": tuple(kept)})
        for derived in ("shown_schema", "refers_to"):
            copy.__dict__.pop(derived, None)
        return copy

    def after(self, before: "DomainType") -> "DomainType":
        """The same, as it follows another under its name: what that one had is kept until the next newest version."""
        old = before.shown_schema if before.newest.name == self.newest.name else before.newest.json_schema
        return self.keeping(removed(old, self.newest.json_schema))

    def in_newest(self, state: dict[str, Any]) -> dict[str, Any]:
        """An object in the newest version; itself where it is so, or where no way leads there."""
        return self.conversions.convert(state, self.newest.name) or state

    def keeps(self, key: str) -> bool:
        """Whether something below this key of the object is kept."""
        return any(each.path[0] == key for each in self.kept)

    def with_kept(self, shown: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
        """An object as it is shown, with what the version before the newest says of the kept properties."""
        before = self.conversions.convert(written, self.versions[-2].name) if len(self.versions) > 1 else None
        for each in self.kept if before else ():
            shown = graft(shown, before, each.path)
        return shown

    @cached_property
    def refers(self) -> tuple[Reference, ...]:
        """Its references to other types, whoever declares them."""
        return (*in_schema_of(self.newest.json_schema), *self.beside)

    @cached_property
    def beside(self) -> tuple[Reference, ...]:
        """Those that no schema declares."""
        return told_apart(self.references)

    @cached_property
    def indexed(self) -> tuple[Path, ...]:
        """The paths into its objects that an index answers; lists do not count as a level."""
        return index_paths.indexed(self.newest.json_schema, self.indexes, self.refers)

    def rulebook(self, api_version: str) -> Rulebook:
        """The rules for objects of that apiVersion: the type's, the version's, and those inside its schema."""
        return self._rulebooks.get(api_version) or Rulebook({}, ())

    @cached_property
    def _rulebooks(self) -> dict[str, Rulebook]:
        return {each.name: Rulebook(each.json_schema, (*self.rules, *each.all_rules)) for each in self.versions}

    def action(self, name: str) -> Action | None:
        return next((action for action in self.actions if action.name == name), None)

    def known_as(self, **names: Any) -> "DomainType":
        """The same with another `name`, or `called` something."""
        return self.model_copy(update=names)

    def by_kind(self, kind: str) -> tuple[Action, Phase] | None:
        """The declared action and phase of a kind."""
        return self._kinds.get(kind)

    @cached_property
    def _kinds(self) -> dict[str, tuple[Action, Phase]]:
        asked = {action.intent: (action, Phase.INTENT) for action in self.actions}
        return asked | {action.outcome: (action, Phase.OUTCOME) for action in self.actions}


def standard_actions(kind: str) -> tuple[Action, ...]:
    """What can be done to objects of a type that does not say: apply, validate and delete."""
    named = (("apply", "Apply", "Applied"), ("validate", "Validate", "Validated"), ("delete", "Delete", "Deleted"))
    return tuple(
        Action(name=name, intent=f"{kind}{asked}Event", outcome=f"{kind}{told}Event", deletes=name == "delete")
        for name, asked, told in named
    )


def _referred(schema: Any) -> Iterator[str]:
    match schema:
        case dict():
            if isinstance(schema.get("x-dsel-ref"), str):
                yield schema["x-dsel-ref"]
            for each in schema.values():
                yield from _referred(each)
        case list():
            for each in schema:
                yield from _referred(each)


def _refuse(address: str) -> Any:
    raise ValueError(f"a schema may not fetch {address}")

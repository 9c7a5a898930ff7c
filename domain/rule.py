"""A rule: what an object must satisfy beyond its schema, in CEL.

A type's manifest declares rules by name; a schema may hold Kubernetes' `x-kubernetes-validations`. `self` is the value
at the rule's place, for each element of a list or map when the place leads through one; `oldSelf` is the value that the
current state has there.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from domain import expression
from domain.errors import InvalidManifest
from domain.expression import Expression, ExpressionError
from domain.expression_cost import HUGE, Extent
from domain.values import pointer_part

Step = str | None
"""One step to a place: a key, or None for every element of a list or map."""
Name = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f]([^\x00-\x1f]*[^\s\x00-\x1f])?$", max_length=1000)]
Pointer = Annotated[str, StringConstraints(pattern=r"^(/([^~/]|~[01])*)*$", max_length=1000)]
Reason = Literal["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"]
_KUBERNETES = "x-kubernetes-validations"
_KUBERNETES_KEYS = frozenset("rule message messageExpression reason fieldPath optionalOldSelf".split())
_NOT_STRUCTURAL = frozenset(
    "allOf anyOf oneOf not if then else $defs definitions patternProperties prefixItems contains".split()
)
_FIELD = re.compile(r"\.?\['([^']+)'\]|\.([^.\[\]']+)")


class Rule(BaseModel):
    """One rule. It has failed where it says false, and where it cannot be evaluated."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Name
    rule: str = Field(min_length=1)
    path: Pointer = ""
    """The place: a JSON Pointer into the object; `*` stands for every element of a list or map."""
    when: str = ""
    """The rule is skipped where this is false. CEL, like the rule itself."""
    message: str = ""
    message_expression: str = Field(default="", alias="messageExpression")
    """CEL that gives the message; `message` stands in when it gives none."""
    field_path: str = Field(default="", alias="fieldPath")
    """What to blame below the place: a JSON Pointer, or Kubernetes' `.spec.ports`."""
    reason: Reason = "FieldValueInvalid"
    optional_old_self: bool = Field(default=False, alias="optionalOldSelf")
    """Makes `oldSelf` an optional, and the rule run without a current state too."""

    @field_validator("field_path")
    @classmethod
    def _as_pointer(cls, path: str) -> str:
        if path.startswith("/") or not path:
            return path
        if _FIELD.sub("", path):
            raise ValueError(f"'{path}' is neither a JSON Pointer nor a path such as .spec.ports or .data['a.b']")
        return "".join(f"/{pointer_part(quoted or plain)}" for quoted, plain in _FIELD.findall(path))

    @cached_property
    def place(self) -> tuple[Step, ...]:
        steps = self.path.split("/")[1:]
        return tuple(None if step == "*" else step.replace("~1", "/").replace("~0", "~") for step in steps)

    @cached_property
    def condition(self) -> Expression:
        return expression.condition(self.rule, optional_old=self.optional_old_self)

    @cached_property
    def guard(self) -> Expression | None:
        return expression.condition(self.when, optional_old=self.optional_old_self) if self.when else None

    @cached_property
    def explanation(self) -> Expression | None:
        source = self.message_expression
        return expression.text(source, optional_old=self.optional_old_self) if source else None

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """All of them. Raises ExpressionError, as every one of them does, when one cannot be compiled."""
        return tuple(each for each in (self.condition, self.guard, self.explanation) if each is not None)

    @cached_property
    def looks_back(self) -> bool:
        """Whether it looks at the current state."""
        return any(each.compares for each in self.expressions)

    def affords(self, given: Extent) -> bool:
        """Whether it can safely be run on places of that size together."""
        return all(each.affords(given) for each in self.expressions)

    @cached_property
    def is_cheap(self) -> bool:
        """Whether it can safely be run on anything."""
        return self.affords(HUGE)

    def faults(self) -> Iterator[tuple[str, str]]:
        """Each expression that cannot be compiled: its key in a manifest and the problem."""
        for key, attribute in (("rule", "condition"), ("when", "guard"), ("messageExpression", "explanation")):
            try:
                getattr(self, attribute)
            except ExpressionError as error:
                yield key, str(error)


def in_schema(schema: Mapping[str, Any]) -> Iterator[tuple[str, Rule]]:
    """Kubernetes' rules in a schema, named by their place, each with a pointer to where it stands in the schema.

    Raises InvalidManifest, with such a pointer as its path.
    """
    yield from _below(schema, "", "")


def _below(schema: Any, pointer: str, place: str) -> Iterator[tuple[str, Rule]]:
    if not isinstance(schema, Mapping):
        return
    _refuse_elsewhere(schema, pointer)
    for index, rule in enumerate(schema.get(_KUBERNETES, ())):
        where = f"{pointer}/{_KUBERNETES}/{index}"
        yield where, _read(rule, where, f"{place or '/'}#{index + 1}", place)
    properties = schema.get("properties")
    for key, declared in properties.items() if isinstance(properties, Mapping) else ():
        part = pointer_part(key)
        yield from _below(declared, f"{pointer}/properties/{part}", f"{place}/{part}")
    for keyword in ("items", "additionalProperties"):
        yield from _below(schema.get(keyword), f"{pointer}/{keyword}", f"{place}/*")


def _read(rule: Any, where: str, name: str, place: str) -> Rule:
    if not isinstance(rule, Mapping) or rule.keys() - _KUBERNETES_KEYS:
        raise InvalidManifest(where, f"a rule is an object with the keys {', '.join(sorted(_KUBERNETES_KEYS))}")
    try:
        return Rule(name=name, path=place, **rule)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise InvalidManifest("/".join([where, *map(str, fault["loc"])]), fault["msg"]) from None


def _refuse_elsewhere(schema: Mapping[str, Any], pointer: str) -> None:
    for keyword in _NOT_STRUCTURAL & schema.keys():
        if _holds_rules(schema[keyword]):
            problem = f"{_KUBERNETES} may stand only under properties, items and additionalProperties"
            raise InvalidManifest(f"{pointer}/{keyword}", problem)


def _holds_rules(schema: Any) -> bool:
    match schema:
        case dict():
            return isinstance(schema.get(_KUBERNETES), list) or any(map(_holds_rules, schema.values()))
        case list():
            return any(map(_holds_rules, schema))
        case _:
            return False

"""One level of a JSON Schema, whichever keywords say it: `$ref`, allOf, anyOf, oneOf, if, enum and const summed up.

The result is broader than the schema, never narrower: what is not sure is not said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Schema = Mapping[str, Any]

INT32 = range(-(2**31), 2**31)
_NO_SUBSTANCE = frozenset(
    "title description default example examples deprecated readOnly writeOnly nullable $comment $defs definitions $id"
    " $schema".split()
)
_NULL = frozenset({"null"})
_JSON_TYPES: dict[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_JSON_TYPES |= {list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class View:
    """`kinds` are the JSON types of its values; None when they may be of any."""

    kinds: frozenset[str] | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: Any = None
    """The schema of the members of an array, if they have one in common."""
    options: tuple[Any, ...] | None = None
    """The values of an enum."""
    is_small: bool = False
    """Whether its whole numbers have 32 bits."""
    is_open: bool = False
    inlined: frozenset[str] = frozenset()
    """The definitions that are a part of it."""

    @property
    def kind(self) -> str | None:
        """The JSON type of its values apart from null; None when there are several."""
        kinds = (self.kinds or frozenset()) - {"null"}
        if kinds == {"integer", "number"}:
            return "number"
        return next(iter(kinds)) if len(kinds) == 1 else None

    @property
    def is_nullable(self) -> bool:
        return self.kinds is None or "null" in self.kinds


class Viewer:
    """Views of a schema and of what it refers to inside the document `root`."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._known: dict[int, tuple[Any, View]] = {}
        """By the identity of the schema, which is kept so that no other one can have it."""

    def view(self, schema: Any) -> View:
        known = self._known.get(id(schema))
        if known is None:
            known = self._known[id(schema)] = (schema, self._view(schema, frozenset()))
        return known[1]

    def _view(self, schema: Any, seen: frozenset[str]) -> View:
        if not isinstance(schema, Mapping):
            return View()
        view = _own(schema)
        pointer = local_pointer(schema)
        if pointer is not None and pointer not in seen:
            referred = self._view(self.resolved(pointer), seen | {pointer})
            view = _both(view, replace(referred, inlined=referred.inlined | {pointer}))
        for member in _members(schema, "allOf"):
            view = _both(view, self._view(member, seen))
        for keyword in ("anyOf", "oneOf"):
            if members := _members(schema, keyword):
                view = _both(view, _either([self._view(each, seen) for each in members]))
        for keyword in ("then", "else"):
            if keyword in schema:
                view = _both(view, replace(self._view(schema[keyword], seen), kinds=None, required=frozenset()))
        return view

    def definition(self, schema: Any) -> str | None:
        """Where the definition is that the schema stands for, when it says nothing else but that null is allowed."""
        if not isinstance(schema, Mapping):
            return None
        said = {key for key in schema if key not in _NO_SUBSTANCE and not key.startswith("x-")}
        if said == {"$ref"}:
            return local_pointer(schema)
        if len(said) == 1 and (keyword := next(iter(said))) in ("allOf", "anyOf", "oneOf"):
            members = [each for each in _members(schema, keyword) if self.view(each).kinds != _NULL]
            return self.definition(members[0]) if len(members) == 1 else None
        return None

    def resolved(self, pointer: str) -> Any:
        """What stands at the pointer; nothing when nothing does."""
        found = self._root
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            match found:
                case Mapping() if key in found:
                    found = found[key]
                case list() if key.isdigit() and int(key) < len(found):
                    found = found[int(key)]
                case _:
                    return None
        return found


def local_pointer(schema: Schema) -> str | None:
    """The JSON Pointer of a `$ref` into the same document."""
    referred = schema.get("$ref")
    return referred[1:] if isinstance(referred, str) and (referred == "#" or referred.startswith("#/")) else None


def _members(schema: Schema, keyword: str) -> Sequence[Any]:
    members = schema.get(keyword)
    return members if isinstance(members, list) else ()


def _own(schema: Schema) -> View:
    options = _options(schema)
    properties, additional = schema.get("properties"), schema.get("additionalProperties", False)
    is_open = bool(schema.get("x-kubernetes-preserve-unknown-fields") or additional or schema.get("patternProperties"))
    return View(
        kinds=_kinds(schema, options),
        properties=properties if isinstance(properties, Mapping) else {},
        required=frozenset(each for each in schema.get("required", ()) if isinstance(each, str)),
        items=_items(schema),
        options=options,
        is_small=_is_small(schema),
        is_open=is_open,
    )


def _options(schema: Schema) -> tuple[Any, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    options = schema.get("enum")
    return tuple(options) if isinstance(options, list) else None


def _kinds(schema: Schema, options: tuple[Any, ...] | None) -> frozenset[str] | None:
    declared = schema.get("type")
    if schema.get("x-kubernetes-int-or-string"):
        declared = ["integer", "string", *(["null"] if isinstance(declared, list) and "null" in declared else [])]
    if isinstance(declared, str):
        declared = [declared]
    if isinstance(declared, list):
        return frozenset([*declared, *(["null"] if schema.get("nullable") is True else [])])
    if options:
        return frozenset(_JSON_TYPES.get(type(each), "object") for each in options)
    if schema.get("properties"):
        return frozenset({"object"})
    return frozenset({"array"}) if "items" in schema or "prefixItems" in schema else None


def _items(schema: Schema) -> Any:
    first, rest = schema.get("prefixItems"), schema.get("items")
    if isinstance(first, list):
        return {"anyOf": [*first, rest]} if isinstance(rest, Mapping) else {"anyOf": first} if rest is False else None
    return rest if isinstance(rest, Mapping) else None


def _is_small(schema: Schema) -> bool:
    bounds = (schema.get("minimum"), schema.get("maximum"))
    if any(isinstance(bound, int | float) and not INT32[0] <= bound <= INT32[-1] for bound in bounds):
        return False
    return schema.get("format") == "int32" or all(isinstance(bound, int | float) for bound in bounds)


def _both(one: View, other: View) -> View:
    """What satisfies both."""
    return View(
        kinds=_common(one.kinds, other.kinds),
        properties=_joined("allOf", [one.properties, other.properties]),
        required=one.required | other.required,
        items=one.items if other.items is None else other.items if one.items is None else _one_of(one, other, "allOf"),
        options=one.options if one.options is not None else other.options,
        is_small=one.is_small or other.is_small,
        is_open=one.is_open or other.is_open,
        inlined=one.inlined | other.inlined,
    )


def _either(views: Sequence[View]) -> View:
    """What satisfies at least one."""
    valued = [each for each in views if each.kinds != _NULL]
    kinds = [each.kinds for each in views if each.kinds is not None]
    options = [each.options for each in valued if each.options is not None]
    items = [each.items for each in valued if each.items is not None]
    return View(
        kinds=frozenset().union(*kinds) if len(kinds) == len(views) else None,
        properties=_joined("anyOf", [each.properties for each in valued]),
        items=(items[0] if len(items) == 1 else {"anyOf": items}) if items and len(items) == len(valued) else None,
        options=tuple(option for each in options for option in each) if len(options) == len(valued) else None,
        is_small=bool(valued) and all(each.is_small for each in valued),
        is_open=any(each.is_open for each in valued),
        inlined=frozenset[str]().union(*(each.inlined for each in valued)),
    )


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    if "integer" in one | other and "number" in one | other:
        return frozenset({"integer"}) | (one & other)
    return one & other or one


def _one_of(one: View, other: View, keyword: str) -> Any:
    return one.items if one.items == other.items else {keyword: [one.items, other.items]}


def _joined(keyword: str, all_properties: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The properties of all; one that several have is what the keyword makes of them."""
    joined: dict[str, Any] = {}
    for properties in all_properties:
        for key, schema in properties.items():
            known = joined.get(key)
            joined[key] = schema if key not in joined or _says_nothing(known) else _two(keyword, known, schema)
    return joined


def _two(keyword: str, one: Any, other: Any) -> Any:
    if one == other or _says_nothing(other):
        return one
    return {**({"description": one["description"]} if "description" in one else {}), keyword: [one, other]}


def _says_nothing(schema: Any) -> bool:
    return not isinstance(schema, Mapping) or not schema

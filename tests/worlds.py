"""Random schemas whose resolvers go wrong in every way, and random queries on them. All from one source of chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import Any

import strawberry
from graphql import GraphQLSchema
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.config import StrawberryConfig
from strawberry.types.union import StrawberryUnion

from domain.errors import ValueMismatch
from graph.batching import batched
from graph.definitions import DocumentField, field, fields_of, list_of, nullable, object_type
from graph.resolving import attribute
from graph.scalars import JSON, SCALARS, Instant, Long

ID = strawberry.ID
Asked = strawberry.Info[Any, Any]


@strawberry.enum
class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


@strawberry.type
class Plain:
    """A type as Strawberry's decorator makes it."""

    text: str
    number: int | None

    @strawberry.field
    def doubled(self) -> int | None:
        return None if self.number is None else 2 * self.number

    @strawberry.field
    async def greeting(self, name: str = "you") -> str:
        return f"{self.text} {name}"


STRANGE = object()
LEAVES: dict[Any, list[Any]] = {
    str: ["", "é", "text", 5, True, 1.5, {}, b"x"],
    ID: ["id", 7, [], 2**70],
    int: [0, -5, 2**31 - 1, 2**31, 5.0, 5.5, True, "7", "x", Decimal(3)],
    float: [0.5, -0.0, 3, float("inf"), float("nan"), "2.5", True, 10**400],
    bool: [True, False, 0, 1, 2.0, "yes"],
    Color: [Color.RED, Color.BLUE, "red", "green", 5],
    Instant: [
        datetime(2025, 1, 15, 10, 30, tzinfo=UTC),
        datetime(2025, 1, 15, 10, 30, 0, 123_000, timezone(timedelta(hours=1))),
        datetime(2025, 1, 15, 10, 30),  # noqa: DTZ001 - a mistake
        "2025",
    ],
    Long: [5, 2**53, -(2**60), "12", "x", 5.5, Decimal(7)],
    JSON: [{"a": [1, None]}, [], "x", 0, False, Decimal("0.10")],
}


@dataclass(frozen=True)
class Thing:
    """An object whose attributes are random, but always the same."""

    world: "World"
    type: str
    seed: str

    def value(self, name: str) -> Any:
        made = self.world.value(self.world.kinds[name], f"{self.seed}/{name}")
        if isinstance(made, Raised):
            raise made.error
        return made

    def __getattr__(self, name: str) -> Any:
        if name not in self.world.kinds:
            raise AttributeError(name)
        return self.value(name)


@dataclass(frozen=True)
class Raised:
    error: Exception


class World:
    """A schema. Types have fields of their own names, those of the interface have the same."""

    def __init__(self, random: Random, trouble: float) -> None:
        self.random = random
        self.trouble = trouble
        self.kinds: dict[str, Any] = {}
        self.count = 0
        names = [f"T{index}" for index in range(random.randint(1, 3))]
        self.interface = object_type("I", "Some.", resolve_type=_resolve_type)
        self.types = {name: object_type(name, "One.", interfaces=[self.interface]) for name in names}
        members = tuple(StrawberryAnnotation(each) for each in self.types.values())
        self.union = _Union("U", type_annotations=members)
        self.documents = [self._document(index) for index in range(2)]
        shared = [self._field() for _ in range(2)]
        fields_of(self.interface).extend(shared)
        for each in self.types.values():
            fields_of(each).extend([*shared, *(self._field() for _ in range(random.randint(1, 5)))])
        roots = [self._field(root=True) for _ in range(4)]
        query = object_type("Query", "All.", roots)
        config = StrawberryConfig(scalar_map=SCALARS, _unsafe_disable_same_type_validation=True)
        self.schema: GraphQLSchema = strawberry.Schema(query, types=list(self.types.values()), config=config)._schema

    def _document(self, index: int) -> tuple[Any, Any]:
        schema = _object_schema(self.random, 0)
        return _document_type(schema, f"D{index}"), schema

    def _field(self, root: bool = False) -> Any:
        self.count += 1
        name = f"f{self.count}"
        type_ = self._type(name)
        make = self.random.choice([_by_root, _by_info, _by_await, _by_batch, _by_batch, *([] if root else [_by_path])])
        return field(make(self, name), type_, "A field.", name=name)

    def _type(self, name: str) -> Any:
        chance = self.random
        choice = chance.random()
        if choice < 0.4:
            inner, kind = (chance.choice(list(LEAVES)),) * 2
        elif choice < 0.55:
            inner, schema = chance.choice(self.documents)
            kind = ("document", schema)
        elif choice < 0.6:
            inner = kind = Plain
        elif choice < 0.7:
            inner, kind = self.interface, ("object", list(self.types))
        elif choice < 0.8:
            inner, kind = self.union, ("object", list(self.types))
        else:
            type_name = chance.choice(list(self.types))
            inner, kind = self.types[type_name], ("object", [type_name])
        for _ in range(chance.choice([0, 0, 1, 1, 2])):
            inner, kind = list_of(self._maybe(inner)), ("list", kind)
        self.kinds[name] = kind
        return self._maybe(inner)

    def _maybe(self, type_: Any) -> Any:
        return nullable(type_) if self.random.random() < 0.7 else type_

    def value(self, kind: Any, seed: str) -> Any:
        """A value of a kind, or trouble."""
        chance = Random(seed)
        if chance.random() < self.trouble:
            return chance.choice(
                [None, None, Raised(RuntimeError(seed)), ValueError(seed), ValueMismatch(seed), STRANGE]
            )
        if not isinstance(kind, tuple) and kind in LEAVES:
            usual = LEAVES[kind]
            return usual[0] if chance.random() > 2 * self.trouble else chance.choice(usual)
        if kind is Plain:
            return Plain(text="t", number=chance.choice([None, 1, 2**31]))
        name, inner = kind
        if name == "list":
            found = [self.value(inner, f"{seed}/{index}") for index in range(chance.randint(0, 3))]
            return [None if isinstance(each, Raised) else each for each in found]
        if name == "document":
            return _document(chance, inner, self.trouble)
        return Thing(self, chance.choice(inner), seed[-30:] + str(chance.randint(0, 99)))


class _Union(StrawberryUnion):
    def get_type_resolver(self, type_map: Any) -> Any:
        return _resolve_type


def _resolve_type(value: Any, *_: Any) -> str:
    return str(value.type)


def _by_root(world: World, name: str) -> Any:
    def resolve(root: Any) -> Any:
        return _thing(world, root).value(name)

    return resolve


def _by_path(world: World, name: str) -> Any:
    return attribute(name)


def _by_info(world: World, name: str) -> Any:
    def resolve(root: Any, info: Asked, n: int = 1) -> Any:
        return _thing(world, root, n).value(name)

    return resolve


def _by_await(world: World, name: str) -> Any:
    async def resolve(root: Any, info: Asked, n: int | None = None) -> Any:
        return _thing(world, root, n or 0).value(name)

    return resolve


def _by_batch(world: World, name: str) -> Any:
    @batched
    async def resolve(roots: Sequence[Any], info: Asked, n: int = 2) -> Any:
        made = [world.value(world.kinds[name], f"{_thing(world, root, n).seed}/{name}") for root in roots]
        return [each.error if isinstance(each, Raised) else each for each in made]

    return resolve


def _thing(world: World, root: Any, number: int = 0) -> Thing:
    return Thing(world, "Query" if root is None else root.type, f"{root.seed if root is not None else ''}{number}")


def _object_schema(chance: Random, depth: int) -> Any:
    kinds: list[Any] = [{"type": kind} for kind in ("string", "boolean", "integer", "number")]
    kinds += [{}, {"type": "integer", "format": "int32"}, {"type": "array", "items": {"type": "string"}}]
    if depth < 2:
        kinds += [_object_schema(chance, depth + 1), {"type": "array", "items": _object_schema(chance, depth + 1)}]
    return {"type": "object", "properties": {key: chance.choice(kinds) for key in ("a", "b", "c")}}


def _document_type(schema: Any, name: str) -> Any:
    match schema.get("type"):
        case "object":
            members = schema["properties"].items()
            fields = [
                DocumentField(key, nullable(_document_type(each, f"{name}{key}")), name=key) for key, each in members
            ]
            return object_type(name, "A document.", fields)
        case "array":
            return list_of(nullable(_document_type(schema["items"], name)))
        case "integer":
            return int if "format" in schema else Long
        case kind:
            return {"string": str, "boolean": bool, "number": float}.get(kind, JSON)


def _document(chance: Random, schema: Any, trouble: float) -> Any:
    if chance.random() < trouble:
        return chance.choice([None, "x", 5, 2**60, 0.5, Decimal("1.5"), True, [], {}, [None], [{}], float("inf")])
    match schema.get("type"):
        case "object":
            keys = [key for key in schema["properties"] if chance.random() < 0.9]
            return {key: _document(chance, schema["properties"][key], trouble) for key in keys}
        case "array":
            return [_document(chance, schema["items"], trouble) for _ in range(chance.randint(0, 3))]
        case "string":
            return "text"
        case "boolean":
            return chance.random() < 0.5
        case "integer":
            return 7
        case "number":
            return 0.5
        case _:
            return {"any": [1]}


class Query:
    """A random document: valid but for what cannot be merged."""

    def __init__(self, random: Random, schema: GraphQLSchema) -> None:
        self.random = random
        self.schema = schema
        self.fragments: list[str] = []
        self.on: dict[str, str] = {}
        self.spreadable = ["I", *(name for name in schema.type_map if name[0] == "T" and name[1:].isdigit())]
        for index in range(random.randint(0, 2)):
            type_ = random.choice(self.spreadable)
            self.fragments.append(f"fragment F{index} on {type_} {self.selection(type_, 3)}")
            self.on[f"F{index}"] = type_
        text = self.selection("Query", 0)
        for index in reversed(range(len(self.fragments))):  # a fragment uses only those before it
            if f"...F{index} " in text:
                text += f" {self.fragments[index]}"
        declared = {"$yes": "Boolean!", "$no": "Boolean! = false", "$m": "Int! = 3"}
        used = ", ".join(f"{name}: {type_}" for name, type_ in declared.items() if name in text)
        self.text = f"query({used}) {text}" if used else text
        self.variables = {"yes": random.random() < 0.5}

    def selection(self, type_name: str, depth: int) -> str:
        type_: Any = self.schema.type_map[type_name]
        count = self.random.randint(1, 3 if depth else 6)
        parts = [self.part(type_, depth) for _ in range(count)]
        return "{ " + " ".join([*parts, "__typename" if type_name != "Query" or not parts else ""]) + " }"

    def part(self, type_: Any, depth: int) -> str:
        choice = self.random.random()
        if choice < 0.1:
            return f"kind: __typename {self.directive()}"
        spreads = [name for name, on in self.on.items() if on == type_.name or "I" in (on, type_.name)]
        if choice < 0.2 and spreads and type_.name in self.spreadable:
            return f"...{self.random.choice(spreads)} {self.directive()}"
        inner = (
            getattr(type_, "types", None) or self.schema.get_possible_types(type_) if _is_abstract(type_) else [type_]
        )
        if (choice < 0.3 and depth < 5) or not hasattr(type_, "fields"):
            on = self.random.choice(list(inner)).name
            condition = f"on {on}" if on != type_.name or self.random.random() < 0.5 else ""
            return f"... {condition} {self.directive()} {self.selection(on, depth + 1)}"
        return self.field(type_, depth)

    def field(self, type_: Any, depth: int) -> str:
        name = self.random.choice(list(type_.fields))
        definition = type_.fields[name]
        inner: Any = definition.type
        while hasattr(inner, "of_type"):
            inner = inner.of_type
        is_composite = hasattr(inner, "fields") or hasattr(inner, "types")
        if is_composite and depth > 3:
            return "kind: __typename"
        argument = self.random.choice(["", "", "(n: 5)", "(n: $m)"]) if "n" in definition.args else ""
        key = {"": "", "(n: 5)": "five_", "(n: $m)": "m_"}[argument]
        if self.random.random() < 0.2:
            key = f"other_{key}"
        alias = f"{key}{name}: " if key else ""
        below = self.selection(inner.name, depth + 1) if is_composite else ""
        return f"{alias}{name}{argument} {self.directive()} {below}"

    def directive(self) -> str:
        if self.random.random() < 0.85:
            return ""
        kind, value = self.random.choice(["skip", "include"]), self.random.choice(["true", "false", "$yes", "$no"])
        return f"@{kind}(if: {value})"


def _is_abstract(type_: Any) -> bool:
    return hasattr(type_, "resolve_type")

"""Valid objects made of a type's schema: a guess, mended where the type refuses it, then grown while it holds."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from domain import rules
from domain.domain_type import DomainType
from domain.errors import Violation
from pattern_texts import matching

Json = dict[str, Any]
_OWN = ("apiVersion", "kind", "metadata", "meta")
_INT64 = 2**63
_ATTEMPTS, _MENDS, _GROWTHS, _DEEPEST = 10, 500, 60, 12
_FORMATS = {
    "date-time": "2026-0{}-11T10:00:00Z",
    "date": "2026-0{}-11",
    "duration": "{}m",
    "cidr": "10.{}.0.0/16",
    "ipv4": "10.0.0.{}",
    "ipv6": "fd00::{}",
    "uuid": "0190e0c2-7d1f-7000-8000-00000000000{}",
    "byte": "YWI{}",
    "uri": "https://example.com/{}",
    "email": "a{}@example.com",
}
_RULE = re.compile(r"#[0-9]+$")
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'")
_CHARACTERS = 'abcXYZ019 -_.:/äß€😀"\\\n\t'


def sample(domain_type: DomainType, seed: int = 0, growths: int = _GROWTHS) -> Json | None:
    """An object in the newest version that passes every check, or None when none was found. The same in every run."""
    for attempt in range(_ATTEMPTS):
        made = _Sampler(domain_type, Random(f"{domain_type.name} {seed} {attempt}")).sample(growths)
        if made is not None:
            return made
    return None


class _Sampler:
    def __init__(self, domain_type: DomainType, random: Random) -> None:
        self._type = domain_type
        self._random = random
        self._values = Values(domain_type.newest.json_schema, random)

    def sample(self, growths: int) -> Json | None:
        made = self._mended()
        for _ in range(growths if made is not None else 0):
            assert made is not None
            grown = copy.deepcopy(made)
            self._add(self._random.choice(list(self._objects(grown))))
            made = made if self._faults(grown) else grown
        return made

    def _mended(self) -> Json | None:
        version, kind = self._type.newest.name, self._type.kind
        object_ = {"apiVersion": version, "kind": kind, "metadata": {"name": self._name()}}
        object_ |= {key: value for key, value in self._values.object(self._schema, 0).items() if key not in _OWN}
        faults = self._faults(object_)
        for _ in range(_MENDS):
            if not faults:
                return object_
            other = copy.deepcopy(object_)
            self._change(other, self._random.choice(faults).path)
            found = self._faults(other)
            if _weight(found) <= _weight(faults):
                object_, faults = other, found
        return None

    def _name(self) -> str:
        """Many a rule at the top says what the only object is called."""
        told = [*self._values.told(self._schema), *self._values.told(self._schema), "x"]
        return self._random.choice([each for each in told if each.isalnum()])

    @property
    def _schema(self) -> Any:
        return self._values.root

    def _faults(self, object_: Json) -> Sequence[Violation]:
        return rules.evaluate(self._type, object_, None).violations

    def _change(self, object_: Json, path: str) -> None:
        """Something else at the place or above it: another value, one more property, or one less."""
        keys = [key.replace("~1", "/").replace("~0", "~") for key in path.split("/")[1:]]
        if keys[:1] and keys[0] in _OWN:
            keys = []
        keys = keys[: self._random.randint(max(0, len(keys) - 2), len(keys))]
        parent, schema = self._at(object_, keys[:-1])
        here, own_schema = self._at(object_, keys)
        match self._random.randrange(4):
            case 0 if isinstance(here, dict):
                self._add((here, own_schema, bool(keys)))
            case 1 if isinstance(here, dict) and (removable := [key for key in here if keys or key not in _OWN]):
                del here[self._random.choice(removable)]
            case 2 if keys and isinstance(parent, dict):
                parent.pop(keys[-1], None)
            case _ if keys and isinstance(parent, dict):
                inner = self._values.property(schema, keys[-1])
                parent[keys[-1]] = self._values.of(inner, len(keys))
            case _ if keys and isinstance(parent, list) and int(keys[-1]) < len(parent):
                parent[int(keys[-1])] = self._values.of(self._values.view(schema).get("items"), len(keys))

    def _at(self, value: Any, keys: list[str]) -> tuple[Any, Any]:
        """What stands there, as far as it does, and its schema."""
        schema: Any = self._schema
        for key in keys:
            if isinstance(value, dict):
                value, schema = value.get(key), self._values.property(schema, key)
            elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
                value, schema = value[int(key)], self._values.view(schema).get("items")
        return value, schema

    def _add(self, at: tuple[Json, Any, bool]) -> None:
        object_, schema, inside = at
        known = self._values.view(schema).get("properties", {})
        missing = [key for key in known if key not in object_ and (inside or key not in _OWN)]
        if missing:
            key = self._random.choice(missing)
            object_[key] = self._values.of(known[key], _DEEPEST - 4)

    def _objects(self, object_: Json) -> Iterator[tuple[Json, Any, bool]]:
        """Every object in it with its schema; whether it is inside."""
        yield object_, self._schema, False
        waiting = [
            (value, self._values.property(self._schema, key)) for key, value in object_.items() if key not in _OWN
        ]
        while waiting:
            value, schema = waiting.pop()
            if isinstance(value, dict) and self._values.view(schema).get("properties"):
                yield value, schema, True
                waiting += [(inner, self._values.property(schema, key)) for key, inner in value.items()]
            elif isinstance(value, list):
                waiting += [(inner, self._values.view(schema).get("items")) for inner in value]


def _weight(faults: Sequence[Violation]) -> int:
    """Rules are only asked once the schema holds."""
    return len(faults) + sum(1000 for each in faults if not _RULE.search(each.rule))


class Values:
    """Values that most likely satisfy a schema of the document `root`."""

    def __init__(self, root: Any, random: Random) -> None:
        self.root = root
        self._random = random

    def view(self, schema: Any) -> Mapping[str, Any]:
        """The keywords of a schema with those that it refers to, and of alternatives one."""
        if not isinstance(schema, Mapping):
            return {}
        merged = dict(schema)
        if isinstance(referred := merged.pop("$ref", None), str):
            merged = _merged(self.view(self._resolved(referred)), merged)
        for each in merged.pop("allOf", ()):
            merged = _merged(merged, self.view(each))
        for keyword in ("anyOf", "oneOf"):
            if alternatives := merged.pop(keyword, ()):
                merged = _merged(merged, self.view(self._random.choice(alternatives)))
        return merged

    def property(self, schema: Any, key: str) -> Any:
        view = self.view(schema)
        return view.get("properties", {}).get(key, view.get("additionalProperties"))

    def of(self, schema: Any, depth: int) -> Any:
        view = self.view(schema)
        if "const" in view:
            return view["const"]
        if isinstance(view.get("enum"), list):
            return self._random.choice(view["enum"])
        kinds = view.get("type", "object" if "properties" in view else "anything")
        kinds = ["integer", "string"] if view.get("x-kubernetes-int-or-string") else kinds
        match kinds if isinstance(kinds, str) else self._random.choice(kinds):
            case "object":
                return self.object(view, depth)
            case "array":
                low = view.get("minItems", 0)
                number = self._random.randint(
                    low, max(low, min(view.get("maxItems", 2), 2)) if depth < _DEEPEST else low
                )
                return [self.of(view.get("items"), depth + 1) for _ in range(number)]
            case "string":
                return self._text(view)
            case "integer":
                return self._random.randint(*_bounds(view, _INT64))
            case "number":
                low, high = _bounds(view, 10**9)
                return min(max(round(self._random.uniform(low, high), 3), low), high)
            case "boolean":
                return self._random.random() < 0.5
            case "null":
                return None
            case _:
                return self._anything(depth)

    def object(self, schema: Any, depth: int) -> Json:
        view = self.view(schema)
        properties, required = view.get("properties", {}), view.get("required", ())
        likely = 0.4 / (1 + depth) if depth < _DEEPEST - 6 else 0
        chosen = [key for key in properties if key in required or self._random.random() < likely]
        rest = [key for key in properties if key not in chosen]
        chosen += rest[: max(0, view.get("minProperties", 0) - len(chosen))]
        made = {key: self.of(properties[key], depth + 1) for key in chosen if depth or key not in _OWN}
        extra, least = view.get("additionalProperties"), view.get("minProperties", 0)
        if not properties and (isinstance(extra, Mapping) or extra is True or least):
            for _ in range(max(least, self._random.randint(0, 2))):
                made[self._text(view.get("propertyNames", {}))] = self.of(extra, depth + 1)
        return made

    def told(self, schema: Any) -> list[str]:
        """The texts that the rules of a schema name."""
        rules_ = self.view(schema).get("x-kubernetes-validations", ())
        return [text for each in rules_ for text in _TEXT.findall(each.get("rule", ""))]

    def _text(self, view: Mapping[str, Any]) -> str:
        low = view.get("minLength", 0)
        if (told := self.told(view)) and self._random.random() < 0.8:
            text = self._random.choice(told).encode().decode("unicode_escape")
            try:
                return matching(text, self._random)
            except re.error:
                return text
        if "pattern" in view:
            return min((matching(view["pattern"], self._random) for _ in range(3)), key=lambda text: len(text) < low)
        if view.get("format") in _FORMATS:
            return _FORMATS[view["format"]].format(self._random.randint(1, 9))
        length = self._random.randint(low, max(low, min(view.get("maxLength", 64), 12)))
        return "".join(self._random.choice(_CHARACTERS) for _ in range(length))

    def _anything(self, depth: int) -> Any:
        made: list[Any] = [None, True, 7, 2**60, 1.25, "text", {"a.b": [1, {"$c": None}]}, [[], {}]]
        return self._random.choice(made[: 6 if depth > _DEEPEST else None])

    def _resolved(self, reference: str) -> Any:
        found = self.root
        for key in reference.split("/")[1:]:
            found = found[key.replace("~1", "/").replace("~0", "~")]
        return found


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    properties = dict(one.get("properties", {}))
    for key, each in other.get("properties", {}).items():
        properties[key] = {**properties[key], **each} if isinstance(properties.get(key), Mapping) else each
    required = [*one.get("required", ()), *other.get("required", ())]
    return {**one, **other, **({"properties": properties} if properties else {}), "required": required}


def _bounds(view: Mapping[str, Any], widest: int) -> tuple[int, int]:
    widest = 2**31 if view.get("format") == "int32" else widest
    low = view.get("minimum", view.get("exclusiveMinimum", -widest - 1) + 1)
    high = view.get("maximum", view.get("exclusiveMaximum", widest) - 1)
    return max(int(low), -widest), min(int(high), widest - 1)

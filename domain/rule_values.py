"""Objects as rules see them: with the defaults of their schema, and with CEL's types in place of JSON's.

As Kubernetes does it: `type: number` is a double and `type: integer` an int, whatever JSON wrote; texts of the formats
`date-time`, `date`, `duration` and `byte` are timestamps, durations and bytes; a declared property whose name CEL
cannot spell goes by its escaped name too (`__namespace__`, `a__dash__b`).
An int has 64 bits, or is a uint of 64 bits; what is wider, and every decimal, is the nearest double.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, ClassVar

Schema = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RESERVED = frozenset(
    "true false null in as break const continue else for function if import let loop package namespace return".split()
)
_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_ESCAPED = re.compile(r"__|[./-]")
_DURATION = re.compile(r"(-?)((?:[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h))+|0)")
_DURATION_PART = re.compile(r"([0-9.]+)(ns|us|µs|ms|s|m|h)")
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment as the library reads it: by this name, as a message of protocol buffers."""

    DESCRIPTOR: ClassVar = SimpleNamespace(full_name="google.protobuf.Timestamp")
    seconds: int
    nanos: int


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration as the library reads it; both parts have its sign."""

    DESCRIPTOR: ClassVar = SimpleNamespace(full_name="google.protobuf.Duration")
    seconds: int
    nanos: int


def with_defaults(value: Any, schema: Schema) -> Any:
    """With the schema's `default` wherever a property is missing, or null without being nullable. Changes nothing."""
    if not schema:
        return value
    match value:
        case dict():
            filled = {key: with_defaults(item, below(schema, key)) for key, item in value.items()}
            for key, declared in _defaults(schema):
                if key not in value or (value[key] is None and not declared.get("nullable")):
                    filled[key] = with_defaults(declared["default"], declared)
            return filled
        case list():
            return [with_defaults(item, below(schema, None)) for item in value]
        case _:
            return value


def declares_defaults(schema: Any) -> bool:
    """Whether `with_defaults` could add anything."""
    if not isinstance(schema, dict):
        return False
    inner = (*_properties(schema).values(), schema.get("items"), schema.get("additionalProperties"))
    return any(_defaults(schema)) or any(map(declares_defaults, inner))


def as_cel(value: Any, schema: Schema) -> Any:
    """A value of JSON as the library takes it."""
    match value:
        case dict():
            converted = {key: as_cel(item, below(schema, key)) for key, item in value.items()}
            for key in _properties(schema).keys() & value.keys():
                converted[escaped(key)] = converted[key]
            return converted
        case list():
            return [as_cel(item, below(schema, None)) for item in value]
        case str():
            return _text(value, schema.get("format"))
        case bool() | None:
            return value
        case _:
            return _number(value, schema.get("type"))


def below(schema: Schema, key: str | None) -> Schema:
    """The schema of a property or map value, or with None of a list's elements; empty when there is none."""
    if not schema:
        return schema
    found = schema.get("items") if key is None else _properties(schema).get(key, schema.get("additionalProperties"))
    return found if isinstance(found, dict) else {}


@lru_cache(maxsize=4096)
def escaped(name: str) -> str:
    """A property's name as rules spell it."""
    if name in _RESERVED:
        return f"__{name}__"
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], name)


def _properties(schema: Schema) -> Schema:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _defaults(schema: Schema) -> Iterator[tuple[str, Schema]]:
    for key, declared in _properties(schema).items():
        if isinstance(declared, dict) and "default" in declared:
            yield key, declared


def _number(value: int | float | Decimal, declared: Any) -> int | float:
    if declared == "number" or not -(2**63) <= value < 2**64:
        return float(value)
    if declared == "integer" and value == int(value):
        return int(value)
    return value if isinstance(value, int) else float(value)


def _text(text: str, declared: Any) -> Any:
    match declared:
        case "date-time" | "date":
            return _timestamp(text)
        case "duration":
            return _duration(text)
        case "byte":
            return _decoded(text)
        case _:
            return text


def _timestamp(text: str) -> Timestamp | str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Timestamp((moment - _EPOCH) // timedelta(seconds=1), moment.microsecond * 1000)


def _duration(text: str) -> Duration | str:
    match = _DURATION.fullmatch(text)
    if match is None:
        return text
    parts = _DURATION_PART.findall(match[2])
    nanoseconds = int(sum(Decimal(number) * _NANOSECONDS[unit] for number, unit in parts))
    sign = -1 if match[1] else 1
    return Duration(sign * (nanoseconds // 10**9), sign * (nanoseconds % 10**9))


def _decoded(text: str) -> bytes | str:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # no base64, or no ASCII
        return text

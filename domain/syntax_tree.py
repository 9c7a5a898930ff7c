"""The syntax tree of a CEL expression, read from what the library serializes: the public `cel.expr.CheckedExpr`."""

from collections.abc import Iterator
from dataclasses import dataclass

_KINDS = {3: "constant", 4: "name", 5: "select", 6: "call", 7: "list", 8: "map", 9: "loop"}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SCALAR_PRIMITIVES = (1, 2, 3, 4)
_PRIMITIVE, _WELL_KNOWN = 3, 5


@dataclass(frozen=True, slots=True)
class Node:
    """One node. The parts of a loop are range, start, condition, step and result; of a method, the target is first."""

    kind: str
    scalar: bool
    """Whether its value is surely of one size: a boolean, a number, a time."""
    name: str = ""
    """Of a name, a call, or the element of a loop."""
    collector: str = ""
    """What a loop collects its result in."""
    second: str = ""
    """The second variable of a loop that has two."""
    text: str = ""
    """Of a constant text."""
    parts: tuple["Node", ...] = ()


def read(serialized: bytes) -> Node:
    """The tree of an expression as `cel.Expression.serialize` gives it."""
    checked = _last(_last(serialized, 2), 4), _every(_last(serialized, 2), 3)
    return _node(checked[0], {number for entry in checked[1] for number in _scalar(entry)})


def nodes(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for part in node.parts:
        yield from nodes(part)


def _scalar(entry: bytes) -> Iterator[int]:
    """The number of a node, when its type is one of the scalar ones."""
    kind, value = next(iter(_fields(_last(entry, 2))), (0, b""))
    if (kind == _PRIMITIVE and value in _SCALAR_PRIMITIVES) or kind == _WELL_KNOWN:
        yield _number(entry, 1)


def _node(data: bytes, scalars: set[int]) -> Node:
    field, body = next((field, body) for field, body in _fields(data) if field in _KINDS and isinstance(body, bytes))
    kind, scalar = _KINDS[field], _number(data, 2) in scalars

    def inner(*numbers: int) -> tuple[Node, ...]:
        return tuple(_node(part, scalars) for number in numbers for part in _every(body, number))

    match kind:
        case "constant":
            text = _text(body, 6) or _text(body, 7)
            return Node(kind, scalar=not text, text=text)
        case "name":
            return Node(kind, scalar, name=_text(body, 1))
        case "select":
            return Node(kind, scalar, name=_text(body, 2), parts=inner(1))
        case "call":
            return Node(kind, scalar, name=_text(body, 2), parts=inner(1, 3))
        case "loop":
            parts = inner(2, 4, 5, 6, 7)
            return Node(kind, scalar, _text(body, 1), _text(body, 3), _text(body, 8), parts=parts)
        case "map":
            entries = _every(body, 2)
            return Node(
                kind, scalar, parts=tuple(_node(p, scalars) for e in entries for n in (3, 4) for p in _every(e, n))
            )
        case _:
            return Node(kind, scalar, parts=inner(1))


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer: number and value."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
                yield tag >> 3, value
            case 2:
                size, at = _varint(data, at)
                yield tag >> 3, data[at : at + size]
                at += size
            case wire:
                at += 8 if wire == _FIXED64 else 4


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def _every(data: bytes, number: int) -> list[bytes]:
    return [value for field, value in _fields(data) if field == number and isinstance(value, bytes)]


def _last(data: bytes, number: int) -> bytes:
    return (_every(data, number) or [b""])[-1]


def _text(data: bytes, number: int) -> str:
    return _last(data, number).decode(errors="replace")


def _number(data: bytes, number: int) -> int:
    return next((value for field, value in _fields(data) if field == number and isinstance(value, int)), 0)

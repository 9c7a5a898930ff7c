"""One step of a conversion between two versions: declared in a manifest, applied in both directions.

What the version that a step leads to cannot say is remembered in an annotation of the object, as JSON under the
place that it had, and put back on the way back. So every step but a function undoes itself.
"""

import importlib
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Protocol, cast

import orjson
from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

from domain.changes import same
from domain.event import Document
from domain.values import exact, pointer_part

Pointer = Annotated[str, StringConstraints(pattern=r"^(/([^~/]|~[01])+)+$", max_length=1000)]
Place = tuple[str, ...]
NOTHING: Any = object()
_MEMORY = "dsel:"
"""Begins the annotations in which conversions remember."""


class _Step(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    remembers: ClassVar[bool] = False
    """Whether it keeps something in the annotations."""

    @property
    def reads(self) -> frozenset[Place]:
        """The places, up to the first `*`, between which it carries values in either direction."""
        raise NotImplementedError

    def forward(self, object_: Document) -> None:
        """Changes an object of the version before into one of the version that declares the step."""
        raise NotImplementedError

    def backward(self, object_: Document) -> None:
        """The inverse."""
        raise NotImplementedError


class Move(_Step):
    """A value gets another place. In both pointers `*` stands for every element of the same list or map."""

    move: Pointer
    to: Pointer

    @model_validator(mode="after")
    def _in_one_element(self) -> "Move":
        if _split(self.move)[0] != _split(self.to)[0]:
            raise ValueError(f"{self.move} and {self.to} do not lead through the same elements")
        return self

    @property
    def reads(self) -> frozenset[Place]:
        return frozenset({_fixed(self.move), _fixed(self.to)})

    def forward(self, object_: Document) -> None:
        _carry(object_, self.move, self.to)

    def backward(self, object_: Document) -> None:
        _carry(object_, self.to, self.move)


class Rename(_Step):
    """A key gets another name in its place."""

    rename: Pointer
    to: str = Field(pattern=r"^([^*]|\*.)")

    @property
    def _moved(self) -> Move:
        return Move(move=self.rename, to=f"{self.rename.rpartition('/')[0]}/{pointer_part(self.to)}")

    @property
    def reads(self) -> frozenset[Place]:
        return self._moved.reads

    def forward(self, object_: Document) -> None:
        self._moved.forward(object_)

    def backward(self, object_: Document) -> None:
        self._moved.backward(object_)


class Wrap(_Step):
    """A value becomes a list of that value. Back again the first element stands for the list."""

    remembers: ClassVar[bool] = True
    wrap: Pointer

    @property
    def reads(self) -> frozenset[Place]:
        return frozenset({_fixed(self.wrap)})

    def forward(self, object_: Document) -> None:
        for pointer, holder, path in _holders(object_, self.wrap):
            value, list_ = _get(holder, path), _recalled(object_, pointer)
            if list_ is not NOTHING and same(list_[:1], [] if value is NOTHING else [value]):
                _put(holder, path, list_)
            elif value is not NOTHING and value is not None and not isinstance(value, list):
                _put(holder, path, [value])

    def backward(self, object_: Document) -> None:
        for pointer, holder, path in _holders(object_, self.wrap):
            value = _get(holder, path)
            if not isinstance(value, list):
                continue
            if len(value) != 1 or isinstance(value[0], list) or value[0] is None:
                _remember(object_, pointer, value)
            if value:
                _put(holder, path, value[0])
            else:
                _take(holder, path)


class Default(_Step):
    """A new value where there is none. The version before does not have it."""

    remembers: ClassVar[bool] = True
    default: Pointer
    value: Any

    @property
    def reads(self) -> frozenset[Place]:
        return frozenset({_fixed(self.default)})

    def forward(self, object_: Document) -> None:
        for pointer, holder, path in _holders(object_, self.default):
            value = _recalled(object_, pointer)
            if _get(holder, path) is NOTHING and isinstance(_get(holder, path[:-1]), dict):
                _put(holder, path, copied(self.value if value is NOTHING else value))

    def backward(self, object_: Document) -> None:
        for pointer, holder, path in _holders(object_, self.default):
            value = _take(holder, path)
            if value is not NOTHING and not same(value, self.value):
                _remember(object_, pointer, value)


class Annotate(_Step):
    """A value that the new version has no place for becomes an annotation, as JSON."""

    remembers: ClassVar[bool] = True
    annotate: Pointer
    key: str = Field(default="", alias="as")

    @model_validator(mode="after")
    def _one_value(self) -> "Annotate":
        if self.key and "*" in self.annotate.split("/"):
            raise ValueError(f"one annotation cannot hold every {self.annotate}: leave out `as`")
        return self

    @property
    def reads(self) -> frozenset[Place]:
        return frozenset({_fixed(self.annotate)})

    def forward(self, object_: Document) -> None:
        for pointer, holder, path in _holders(object_, self.annotate):
            value = _take(holder, path)
            if value is not NOTHING:
                _remember(object_, pointer, value, self.key)

    def backward(self, object_: Document) -> None:
        for pointer, holder, path in _holders(object_, self.annotate):
            value = _recalled(object_, pointer, self.key)
            if value is not NOTHING:
                _put(holder, path, value)


class Function(Protocol):
    """Python that converts a whole object in its place."""

    def forward(self, object_: Document) -> None: ...

    def backward(self, object_: Document) -> None: ...


class Call(_Step):
    """A function of the code, `module:name`; only what is built in may name one."""

    function: Annotated[str, StringConstraints(pattern=r"^[\w.]+:\w+$")]

    @property
    def reads(self) -> frozenset[Place]:
        return EVERYTHING

    def forward(self, object_: Document) -> None:
        self._function.forward(object_)

    def backward(self, object_: Document) -> None:
        self._function.backward(object_)

    @property
    def _function(self) -> Function:
        module, _, name = self.function.partition(":")
        return cast(Function, getattr(importlib.import_module(module), name))


_STEPS: dict[str, type[_Step]] = {
    "move": Move,
    "rename": Rename,
    "wrap": Wrap,
    "default": Default,
    "annotate": Annotate,
    "function": Call,
}


def _named(step: Any) -> str | None:
    """Which step a mapping of a manifest is, by the key that it begins with."""
    keys = step if isinstance(step, dict) else vars(step)
    return next((key for key in _STEPS if key in keys), None)


Step = Annotated[
    Annotated[Move, Tag("move")]
    | Annotated[Rename, Tag("rename")]
    | Annotated[Wrap, Tag("wrap")]
    | Annotated[Default, Tag("default")]
    | Annotated[Annotate, Tag("annotate")]
    | Annotated[Call, Tag("function")],
    Discriminator(
        _named,
        custom_error_type="no_step",
        custom_error_message=f"a step says one of: {', '.join(_STEPS)}",
    ),
]

ANNOTATIONS = frozenset({("meta", "annotations"), ("metadata", "annotations")})
EVERYTHING: frozenset[Place] = frozenset({()})


def copied(value: Any) -> Any:
    """A JSON value that can be changed apart from the one it was made of."""
    match value:
        case dict():
            return {key: copied(item) for key, item in value.items()}
        case list():
            return [copied(item) for item in value]
        case _:
            return value


def _split(pointer: str) -> tuple[list[str | None], Place]:
    """The steps up to the last `*`, None for each, and the path below."""
    steps = [None if each == "*" else each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:]]
    at = len(steps) - steps[::-1].index(None) if None in steps else 0
    return steps[:at], tuple(each for each in steps[at:] if each is not None)


def _fixed(pointer: str) -> Place:
    """The place up to the first `*`."""
    steps, path = _split(pointer)
    if not steps:
        return path
    return tuple(each for each in steps[: steps.index(None)] if each is not None)


def _holders(object_: Document, pointer: str) -> Iterator[tuple[str, Document, Place]]:
    """Each object that the `*` lead to, with the full pointer of the value, and its path in that object."""
    steps, path = _split(pointer)
    below = "".join(f"/{pointer_part(each)}" for each in path)
    for prefix, value in [*_elements(object_, steps, "")]:
        if isinstance(value, dict):
            yield prefix + below, value, path


def _elements(value: Any, steps: list[str | None], pointer: str) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield pointer, value
        return
    step, *rest = steps
    if step is not None:
        members = [(step, value[step])] if isinstance(value, dict) and step in value else []
    elif isinstance(value, dict):
        members = [*value.items()]
    else:
        members = [(str(index), item) for index, item in enumerate(value)] if isinstance(value, list) else []
    for key, item in members:
        yield from _elements(item, rest, f"{pointer}/{pointer_part(key)}")


def _carry(object_: Document, source: str, target: str) -> None:
    """Moves values; one whose new place is taken or cannot be made stays where it is."""
    _, to = _split(target)
    for _, holder, path in _holders(object_, source):
        value = _take(holder, path, emptied=True)
        if value is not NOTHING and (_get(holder, to) is not NOTHING or not _put(holder, to, value)):
            _put(holder, path, value)


def _get(holder: Any, path: Place) -> Any:
    for key in path:
        if not isinstance(holder, dict) or key not in holder:
            return NOTHING
        holder = holder[key]
    return holder


def _put(holder: Document, path: Place, value: Any) -> bool:
    """Makes the objects on the way. False where something else is in the way."""
    *way, key = path
    if any(
        each is not NOTHING and not isinstance(each, dict)
        for each in (_get(holder, path[: 1 + at]) for at in range(len(way)))
    ):
        return False
    for each in way:
        holder = holder.setdefault(each, {})
    holder[key] = value
    return True


def _take(holder: Document, path: Place, *, emptied: bool = False) -> Any:
    """Removes a value, and with `emptied` the objects on the way that held nothing else."""
    key, *rest = path
    if key not in holder:
        return NOTHING
    if not rest:
        return holder.pop(key)
    inner = holder[key]
    taken = _take(inner, tuple(rest), emptied=emptied) if isinstance(inner, dict) else NOTHING
    if emptied and taken is not NOTHING and not inner:
        del holder[key]
    return taken


def _remember(object_: Document, pointer: str, value: Any, key: str = "") -> None:
    meta = object_.setdefault("metadata" if "metadata" in object_ else "meta", {})
    if isinstance(meta, dict) and isinstance(notes := meta.setdefault("annotations", {}), dict):
        notes[key or _MEMORY + pointer] = _text(value)


def _recalled(object_: Document, pointer: str, key: str = "") -> Any:
    """What was remembered of a place, which it is no longer; NOTHING when nothing was."""
    meta = object_.get("metadata", object_.get("meta"))
    notes = meta.get("annotations") if isinstance(meta, dict) else None
    text = notes.pop(key or _MEMORY + pointer, None) if isinstance(notes, dict) else None
    if isinstance(meta, dict) and isinstance(text, str) and not notes:
        del meta["annotations"]
    return _value(text) if isinstance(text, str) else NOTHING


def _text(value: Any) -> str:
    return orjson.dumps(exact(value), option=orjson.OPT_SORT_KEYS).decode()


def _value(text: str) -> Any:
    """What a text says in JSON; a text that somebody else wrote stands for itself."""
    try:
        return json.loads(text, parse_float=_number)
    except ValueError:
        return text


def _number(text: str) -> float | Decimal:
    number = float(text)
    return number if Decimal(text) == Decimal(repr(number)) else Decimal(text)

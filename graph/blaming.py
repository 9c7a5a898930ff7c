"""Blame: of each field of a state who gave it its value, when, and by which event."""

from collections.abc import Sequence
from typing import Annotated, Any

from strawberry import argument
from strawberry.types.field import StrawberryField

from domain.errors import InvalidArgument
from domain.values import pointer_parts
from graph.batching import batched
from graph.definitions import field, nullable, object_type
from graph.resolving import Asked, attribute
from graph.scalars import JSON, Instant
from graph.selection import needed
from resolvers import blaming, pairs
from resolvers.views import ActorView, BlameView, StateView

_DEEPEST = 10_000

Paths = Annotated[
    list[str] | None,
    argument(description="Only the fields at or below these JSON Pointers, such as `/spec/version`; all by default."),
]
Depth = Annotated[
    int,
    argument(
        description="How many earlier states of each object to read at most, up to 10,000; 20,000 of all objects "
        "together. Reading ends where every field is explained."
    ),
]


def blame_type() -> type:
    return object_type("Blame", "A field of a state, and who gave it the value that it has.")


def blame_fields(event: type, actor: type) -> list[StrawberryField]:
    return [
        field(
            attribute("path"),
            str,
            "A JSON Pointer to the field: a scalar, a null, an empty object or an empty list.",
            name="path",
        ),
        field(attribute("value"), nullable(JSON), "Its value.", name="value"),
        field(
            attribute("since"),
            Instant,
            "Since when it has had this value without a break; at least since then if `event` is null.",
            name="since",
        ),
        field(
            attribute("event"),
            nullable(event),
            "The event that gave it this value; null if that lies further back than `depth` states.",
            name="event",
        ),
        field(_actor, nullable(actor), "Who or what caused that event.", name="actor"),
        field(
            _request,
            nullable(event),
            "Who had asked for it, and why: the intent of that event, or else the newest intent before it in the same "
            "request (correlation) on this object. Null when nobody asked.",
            name="request",
        ),
    ]


@batched
async def blame(roots: Sequence[StateView], info: Asked, paths: Paths = None, depth: Depth = 1_000) -> Any:
    if not 1 <= depth <= _DEEPEST:
        raise InvalidArgument(f"depth is {depth}, but 1 to {_DEEPEST:,} states are read", hint="Leave it out.")
    pointers = tuple([""] if paths is None else paths)
    for pointer in pointers:
        pointer_parts(pointer)
    return await info.context.load_all(blaming.blames, roots, pointers, depth)


@batched
async def _request(roots: Sequence[BlameView], info: Asked) -> Any:
    events = [root.event for root in roots if root.event]
    found = iter(await info.context.load_all(pairs.requests, events, needed(info)) if events else ())
    return [next(found) if root.event else None for root in roots]


def _actor(root: BlameView) -> ActorView | None:
    return ActorView(root.event) if root.event else None

"""Blame: who gave each field of a state its value, for all states of a level of a query."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import takewhile

from domain.blame import Blame
from domain.leaves import Leaf
from domain.values import pointer_parts
from repository.event_log import Moment
from repository.fields import STATE, Fields
from resolvers.context import Context
from resolvers.views import BlameView, EventView, StateView

MOST_STATES = 20_000
_AT_FIRST, _GROWTH, _AT_ONCE = 8, 4, 1_000


async def blames(
    context: Context, states: Sequence[StateView], pointers: tuple[str, ...], depth: int
) -> list[list[BlameView]]:
    """The fields at and below the pointers, explained by up to `depth` earlier states of each object.

    All together read MOST_STATES at most, from new to old in growing steps, until every field is explained.
    """
    found = {state: Blame(state.event, pointers) for state in states}
    depth, read, step = min(depth, MOST_STATES // max(len(found), 1)), 0, _AT_FIRST
    while read < depth and (unexplained := {state: each for state, each in found.items() if not each.explained}):
        step = max(1, min(step, depth - read, _AT_ONCE // len(unexplained)))
        for (moment, as_written), group in _grouped(unexplained).items():
            fields = STATE if as_written else _fields(pointers)
            await _read(context, group, step, moment, fields, as_written=as_written)
        read, step = read + step, step * _GROWTH
    return [[_view(found[state], leaf, state.moment) for leaf in found[state].leaves] for state in states]


async def _read(
    context: Context, group: Sequence[Blame], step: int, moment: Moment, fields: Fields, *, as_written: bool
) -> None:
    found = await context.log.states_before([blame.reached for blame in group], step, moment, fields)
    for blame in group:
        earlier = found.get(blame.reached.id, [])
        for event in earlier:
            blame.read(event.showing(event.written, event.recorded) if as_written else event)
        if len(earlier) < step:
            blame.read(None)


def _grouped(blames: Mapping[StateView, Blame]) -> dict[tuple[Moment, bool], list[Blame]]:
    """By the moment, and whether states are told as they were written."""
    groups: dict[tuple[Moment, bool], list[Blame]] = defaultdict(list)
    for state, blame in blames.items():
        groups[state.moment, state.shown_as_written].append(blame)
    return groups


def _view(blame: Blame, leaf: Leaf, moment: Moment) -> BlameView:
    origin = blame.origins.get(leaf.path)
    event = EventView(origin, moment) if origin else None
    return BlameView(leaf.pointer, leaf.value, (origin or blame.reached).timestamp, event)


def _fields(pointers: Sequence[str]) -> Fields:
    """The parts of a state that hold what the pointers name. A list comes whole: others tell which element is which."""
    paths = {tuple(takewhile(lambda part: not part.isdecimal(), pointer_parts(each))) for each in pointers}
    return STATE if () in paths else Fields(frozenset(paths))

"""Bringing in what happened elsewhere: envelopes in batches, with their own times and actors."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from domain.errors import DselError
from repository.event_log import Append, Appended
from resolvers import commands
from resolvers.context import Context

BATCH = 500


async def import_events(context: Context, envelopes: Sequence[Any]) -> list[Appended | DselError]:
    """Stores each envelope by itself, in order; an error stands in the place of its envelope."""
    appends: list[Append | DselError] = [_append(context, each) for each in envelopes]
    results = iter(await context.log.append([each for each in appends if isinstance(each, Append)]))
    return [next(results) if isinstance(each, Append) else each for each in appends]


def batches(envelopes: Iterable[Any], size: int = BATCH) -> Iterable[list[Any]]:
    rest = iter(envelopes)
    while batch := list(islice(rest, size)):
        yield batch


def _append(context: Context, envelope: Any) -> Append | DselError:
    try:
        return Append(commands.drafted(context, envelope, imported=True))
    except DselError as error:
        return error

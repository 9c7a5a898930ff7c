"""What a subscription sends, and that it leaves room for others."""

import asyncio
from contextlib import aclosing
from itertools import pairwise

from api import Api
from domain.instants import write
from examples import JOHN, T0, later
from repository.event_log import EventFilter
from repository.fields import HEADER
from resolvers import subscriptions
from resolvers.context import Caller, Context
from told import applied


async def test_others_have_a_turn_between_any_two_events_of_a_replay(api: Api, app_id: str) -> None:
    """Though they were read together, and nothing has to be waited for."""
    await api.bring(*(applied(app_id, f"vpc-{number}", at=later(number)) for number in range(40)))
    api.clock.move(60_000)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    service = api.service
    context = Context(
        log=service.log,
        registry=service.registry,
        caller=Caller(JOHN),
        clock=api.clock,
        instant=api.clock(),
        tail=service.tail,
    )
    waiting, met = asyncio.create_task(others()), list[int]()
    where = EventFilter(app_ids=(app_id,))
    async with aclosing(subscriptions.events(context, where, write(T0), HEADER)) as notices:
        async for _ in notices:
            met.append(turns)
            if len(met) == 40:
                break
    waiting.cancel()
    assert all(earlier < later_ for earlier, later_ in pairwise(met))

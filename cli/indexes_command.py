"""`dsel database-indexes`"""

import asyncio
from typing import Annotated

import typer

from cli import console
from cli.database_command import AdminUri, DatabaseName, refusals


def database_indexes(
    admin_uri: AdminUri,
    database: DatabaseName = "dsel",
    prune: Annotated[bool, typer.Option("--prune", help="Drop them.")] = False,
) -> None:
    """Lists the indexes that domain types declared once and that none declares any more; writes still pay for them.

    The service itself drops none, since another replica may still serve the type of before.

    Examples:
    $ dsel database-indexes
    $ dsel database-indexes --prune
    """
    with refusals():
        names = asyncio.run(_unused(admin_uri, database, prune))
    for name in names:
        console.say(f"{name} {'dropped' if prune else 'unused'}")
    if names and not prune:
        console.note("--prune drops them, once every replica serves the types of today.")


async def _unused(admin_uri: str, name: str, prune: bool) -> list[str]:
    from domain.instants import system_clock
    from domain.registry import builtin
    from repository import declared_indexes, driver
    from repository.mongo_event_log import MongoEventLog
    from resolvers import type_log

    database = driver.connect(admin_uri, name)
    try:
        events = await type_log.changed(MongoEventLog(database, system_clock()), {})
        registry = builtin().with_applied(type_log.declarations(events))
        names = await declared_indexes.unused(database, {each.name: each.indexed for each in registry})
        await declared_indexes.drop(database, names if prune else [])
        return names
    finally:
        await database.close()

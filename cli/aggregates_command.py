"""`dsel aggregates`"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console
from domain.errors import DselError

if TYPE_CHECKING:
    from repository.aggregator import Aggregator

_MOST_SHOWN = 20

_Types = Annotated[
    list[str] | None, typer.Argument(metavar="TYPE", show_default=False, help="Only aggregates of these types.")
]
_Uri = Annotated[
    str | None,
    typer.Option("--mongodb-uri", envvar="DSEL_MONGODB_URI", help="The MongoDB of the service, unless it is embedded."),
]
_Database = Annotated[str, typer.Option(envvar="DSEL_DATABASE", help="The name of the service's database.")]
_Data = Annotated[Path, typer.Option(envvar="DSEL_DATA", help="The folder of the embedded MongoDB.")]
Task = Callable[["Aggregator", list[str]], Awaitable[int]]


def verify(
    types: _Types = None, mongodb_uri: _Uri = None, database: _Database = "dsel", data: _Data = Path(".data")
) -> None:
    """Folds the whole log again and compares each aggregate with what comes of it, to the byte.

    It asks MongoDB itself. The exit code is 1 when an aggregate differs; while events come in, what the service has not
    folded yet differs too.

    Examples:
    $ dsel aggregates verify
    $ dsel aggregates verify ExecutionStatusAggregate --mongodb-uri 'mongodb://127.0.0.1:27017/?replicaSet=rs0'
    """
    if _run(_verify, types, mongodb_uri, database, data):
        raise typer.Exit(1)


def rebuild(
    types: _Types = None, mongodb_uri: _Uri = None, database: _Database = "dsel", data: _Data = Path(".data")
) -> None:
    """Folds the whole log again and appends a correction for each aggregate that is not what comes of it.

    Examples:
    $ dsel aggregates rebuild
    """
    _run(_rebuild, types, mongodb_uri, database, data)


async def _verify(aggregator: "Aggregator", types: list[str]) -> int:
    checked = drifted = 0
    async for drift in aggregator.verify(types):
        checked += 1
        if drift is not None:
            drifted += 1
            if drifted <= _MOST_SHOWN:
                console.say(f"{drift.entity}: {drift.problem.value}")
    if drifted > _MOST_SHOWN:
        console.say(f"… and {drifted - _MOST_SHOWN:,} more")
    console.say(f"{drifted:,} of {checked:,} aggregates differ from what the log makes of them")
    return drifted


async def _rebuild(aggregator: "Aggregator", types: list[str]) -> int:
    console.say(f"{await aggregator.rebuild(types):,} corrections were appended")
    return 0


def _run(task: Task, types: list[str] | None, uri: str | None, name: str, data: Path) -> int:
    async def run() -> int:
        async with _aggregator(uri, name, data) as aggregator:
            return await task(aggregator, aggregator.known(types or []))

    try:
        return asyncio.run(run())
    except DselError as error:
        console.fail(str(error), hint=error.hint)


@asynccontextmanager
async def _aggregator(uri: str | None, name: str, data: Path) -> "AsyncIterator[Aggregator]":
    from domain import instants
    from repository import driver, indexes
    from repository.aggregator import Aggregator
    from repository.mongo_event_log import MongoEventLog

    async with _mongodb(uri, data) as chosen:
        database = driver.connect(chosen, name)
        try:
            await indexes.ensure(database)
            yield Aggregator(database, MongoEventLog(database, instants.system_clock()))
        finally:
            await database.close()


@asynccontextmanager
async def _mongodb(uri: str | None, data: Path) -> AsyncIterator[str]:
    """The one that is named, the embedded one that a service runs, or that one for as long as this takes."""
    from repository.embedded import EmbeddedMongod, running

    chosen = uri or running(data)
    if chosen is not None:
        yield chosen
        return
    async with EmbeddedMongod(data) as mongod:
        yield mongod.uri

"""The service from the first line to the last signal: MongoDB, demo data, and one process that serves or several."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from functools import partial

from pymongo.errors import OperationFailure

from cli import console
from cli.demo import envelopes
from cli.server import BACKLOG, Server
from cli.workers import Workers
from domain.errors import DselError, StartupError, StoreUnavailable
from domain.event import Actor, ActorType
from graph.app import ENDPOINT, Service, create_app
from graph.examples import load_examples
from graph.settings import Settings
from repository import indexes, server_version
from repository.embedded import EmbeddedMongod
from repository.fields import HEADER
from resolvers import ingestion
from resolvers.context import Caller, Context, Right

_LOADER = Caller(Actor("demo-loader", ActorType.SERVICE), frozenset(Right))


async def run(settings: Settings, *, demo: bool) -> None:
    """Serves until it is interrupted. Raises StartupError and other DselErrors before it is ready."""
    with _listening(settings) as listener:
        async with _mongodb(settings) as uri:
            chosen = settings.model_copy(update={"mongodb_uri": uri})
            app = create_app(chosen)
            service: Service = app.state.service
            with _refusals(uri):
                await indexes.ensure(service.database)
                await _warn_about_server(settings, service)
            if demo:
                await _load_demo(service)
            announce = partial(_announce, _address(settings, listener), demo=demo)
            if settings.workers == 1:
                await Server(app, announce).serve([listener])
            else:
                await service.database.close()
                await Workers(chosen, listener).serve(announce)


@contextlib.contextmanager
def _refusals(uri: str) -> Iterator[None]:
    """What MongoDB or its driver refuses before the service has begun is the operator's to mend."""
    hosts = uri.partition("://")[2].partition("/")[0].rpartition("@")[2]
    try:
        yield
    except StoreUnavailable:
        raise StartupError(f"the MongoDB at {hosts} does not answer", hint="Look at DSEL_MONGODB_URI.") from None
    except OperationFailure as error:
        reason = (error.details or {}).get("errmsg", "no reason given")
        raise StartupError(f"MongoDB refuses the service: {reason}", hint="Look at DSEL_MONGODB_URI.") from None


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket, taken before anything else is started. Raises StartupError when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(BACKLOG)  # two that start at once can both bind; uvloop would not say that one came late
        except OSError as error:
            raise StartupError(
                f"port {settings.port} on {settings.host} cannot be used: {error.strerror}",
                hint="Choose another with --port or PORT=.",
            ) from None
        yield listener


@contextlib.asynccontextmanager
async def _mongodb(settings: Settings) -> AsyncIterator[str]:
    """The URI of the MongoDB to use, our own when none is named."""
    if settings.mongodb_uri is not None:
        yield settings.mongodb_uri
        return
    with console.err.status("Starting MongoDB"):
        mongod = EmbeddedMongod(settings.data)
        await mongod.start()
    supervision = asyncio.create_task(mongod.supervise())
    try:
        yield mongod.uri
    finally:
        await mongod.stop()
        await supervision


async def _warn_about_server(settings: Settings, service: Service) -> None:
    if settings.mongodb_uri is not None and (warning := await server_version.warning(service.database)):
        console.err.print(f"[yellow]Warning:[/yellow] {warning}")


async def _load_demo(service: Service) -> None:
    """Loads the demo data unless its last event is there. An interrupted load is completed."""
    story = list(envelopes())
    last = story[-1]["meta"]["eventId"]
    if await service.log.events_by_id([last], HEADER):
        return
    context = Context(
        log=service.log, registry=service.registry, caller=_LOADER, clock=service.clock, instant=service.clock()
    )
    with console.err.status(f"Loading {len(story):,} demo events"):
        for batch in ingestion.batches(story):
            for result in await ingestion.store(context, batch, imported=True):
                if isinstance(result, DselError):
                    raise result


def _address(settings: Settings, listener: socket.socket) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - to show, not to bind
    return f"http://{f'[{host}]' if ':' in host and '[' not in host else host}:{listener.getsockname()[1]}{ENDPOINT}"


def _announce(address: str, *, demo: bool) -> None:
    console.out.print(f"DSEL GraphQL is ready at [bold]{address}[/bold]")
    if not demo:
        return
    console.out.print("\nOpen it in a browser for GraphiQL, or paste one of these there:")
    for example in load_examples()[:3]:
        console.out.print(f"\n[dim]{example.query.strip()}[/dim]".replace("\n", "\n  "), markup=True)
    console.out.print("\nCtrl-C stops the service.")

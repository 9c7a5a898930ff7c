"""The service as a process: MongoDB, demo data, and uvicorn around the application."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from pymongo.errors import OperationFailure
from starlette.applications import Starlette

from cli import console
from cli.demo import envelopes
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

_BACKLOG = 2048
_LOADER = Caller(Actor("demo-loader", ActorType.SERVICE), frozenset(Right))


async def run(settings: Settings, *, demo: bool) -> None:
    """Serves until it is interrupted. Raises StartupError and other DselErrors before it is ready."""
    with _listening(settings) as listener:
        async with _mongodb(settings) as uri:
            with _refusals(uri):
                app = create_app(settings.model_copy(update={"mongodb_uri": uri}))
                service: Service = app.state.service
                await indexes.ensure(service.database)
                await _warn_about_server(settings, service)
            if demo:
                await _load_demo(service)
            await _Server(app, _address(settings, listener), demo=demo).serve([listener])


def spare_collections() -> None:
    """Tells Python's garbage collector that what is there stays, so that it does not look through it again and again.

    Requests make many small containers and no cycles worth an early look.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, app: Starlette, address: str, *, demo: bool) -> None:
        config = uvicorn.Config(
            app,
            http="httptools",
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=10,
            backlog=_BACKLOG,
        )
        super().__init__(config)
        self._address = address
        self._demo = demo

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # uvicorn raises the signal again that ended it, which would cut short the end of MongoDB.
        self._captured_signals.clear()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        spare_collections()
        if not self.should_exit:
            console.out.print(f"DSEL GraphQL is ready at [bold]{self._address}[/bold]")
            if self._demo:
                _print_examples()


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
            listener.listen(_BACKLOG)  # two that start at once can both bind; uvloop would not say that one came late
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


def _print_examples() -> None:
    console.out.print("\nOpen it in a browser for GraphiQL, or paste one of these there:")
    for example in load_examples()[:3]:
        console.out.print(f"\n[dim]{example.query.strip()}[/dim]".replace("\n", "\n  "), markup=True)
    console.out.print("\nCtrl-C stops the service.")

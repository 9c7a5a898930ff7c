"""The composition root: `create_app(settings)` wires everything, and nothing happens before its lifespan begins."""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from pymongo.monitoring import CommandListener
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from domain import instants, registry
from domain.instants import Clock
from domain.registry import Registry
from graph import event_stream, export, health, metrics
from graph.callers import ACTOR_HEADER, ACTOR_TYPE_HEADER, Callers
from graph.edition import Edition, edition
from graph.editions import Editions
from graph.examples import load_examples
from graph.execution import Engine, GraphQLRequest
from graph.graphiql_page import GraphiQLPage
from graph.http import GraphQLEndpoint
from graph.limits import Limits
from graph.quota import Quota
from graph.settings import Settings
from graph.streaming import Patience, Streaming
from graph.type_changes import Types
from graph.websocket import WebSocketEndpoint
from graph.websocket_connection import Operations
from repository import driver, indexes
from repository.aggregator import Aggregator, Enrich
from repository.driver import Database
from repository.feed import Buffer, Feed
from repository.follower import Aggregates, Follower, Summaries, Work
from repository.mongo_event_log import MongoEventLog
from repository.tail import Tail
from resolvers.context import Context
from resolvers.served_log import served

ENDPOINT = "/graphql"
_TELLING = ("authorization", ACTOR_HEADER, ACTOR_TYPE_HEADER, "x-correlation-id", "x-request-id")
"""The headers that make a difference to the context of a query."""


class Service:
    """The parts of one running service."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, types: Registry, enrich: Enrich | None = None
    ) -> None:
        self.database = database
        self.clock = clock
        self.max_body_bytes = settings.max_body_bytes
        self.callers = Callers(settings)
        self.log = MongoEventLog(database, clock, most_examined=settings.max_examined)
        self.aggregator = Aggregator(database, self.log, enrich=enrich)
        works: list[Work] = [Summaries(database), *([Aggregates(self.aggregator)] if settings.aggregates else [])]
        self.followers = [Follower(database, each) for each in works]
        self.feed = Feed(database, Buffer(events=settings.subscription_buffer))
        self.tail = Tail(database, self.feed, clock, database.timeout)
        limits = Limits(max_depth=settings.max_depth, max_fields=settings.max_fields, max_tokens=settings.max_tokens)
        self.executions: Counter[str] = Counter()
        self.editions = Editions(
            types,
            lambda registry: edition(registry, limits, self.executions),
            database,
            self.log,
            self._want_indexes,
        )
        self.types = Types(self.editions)

    def _want_indexes(self, registry: Registry) -> None:
        self.log.declared.want({each.name: each.indexed for each in registry})

    @property
    def edition(self) -> Edition:
        """The one that answers now."""
        return self.editions.current

    @property
    def engine(self) -> Engine:
        return self.edition

    @property
    def registry(self) -> Registry:
        return self.edition.registry

    async def context(self, request: Request) -> Context:
        """The context of a request, at its instant. Raises Unauthenticated."""
        return await self.context_for(request.headers)

    async def context_for(
        self, headers: Mapping[str, str], _: GraphQLRequest | None = None, edition: Edition | None = None
    ) -> Context:
        """The same from the headers alone. `edition` is the one that runs the request."""
        registry = (edition or self.edition).registry
        return Context(
            log=served(self.log, registry),
            registry=registry,
            caller=self.callers.caller(headers),
            clock=self.clock,
            instant=self.clock(),
            correlation_id=_correlation_id(headers),
            types=self.types,
            tail=self.tail,
            resumes_after=headers.get("last-event-id"),
        )

    async def probe(self) -> None:
        """Raises StoreUnavailable."""
        await self.database.command({"ping": 1})

    @contextlib.asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """Ready when its indexes are there; leaves when the writes under way are done."""
        try:
            await indexes.ensure(self.database)
            await self.editions.refresh()
            following = [
                asyncio.create_task(each)
                for each in (
                    *(follower.run() for follower in self.followers),
                    self.editions.follow(),
                    self.log.declared.keep(),
                )
            ]
            try:
                yield
            finally:
                await self.feed.close()
                await self.log.drain()
                await asyncio.gather(*map(_ended, following))
        finally:
            await self.database.close()


class Application(Starlette):
    """Starlette, with a straight way to GraphQL: nothing stands in front of it but, for other origins, CORS."""

    def __init__(self, endpoint: ASGIApp | None, **options: Any) -> None:
        super().__init__(**options)
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._endpoint and scope["type"] == "http" and scope["path"] == ENDPOINT and not scope.get("root_path"):
            await self._endpoint({**scope, "app": self}, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    settings: Settings,
    *,
    types: Registry | None = None,
    enrich: Enrich | None = None,
    clock: Clock | None = None,
    listeners: Sequence[CommandListener] = (),
) -> Starlette:
    """The service on the MongoDB that the settings name. Tests pass other types, another clock, or listeners.

    `enrich` is asked what else to tell of each aggregate.
    """
    if settings.mongodb_uri is None:
        raise ValueError("create_app needs settings.mongodb_uri; `dsel serve` starts a MongoDB where there is none")
    database = driver.connect(
        settings.mongodb_uri,
        settings.database,
        settings.mongo_driver,
        timeout=settings.mongo_timeout,
        listeners=listeners,
    )
    service = Service(settings, database, clock or instants.system_clock(), types or registry.builtin(), enrich)
    page = GraphiQLPage(ENDPOINT, load_examples())
    quotas = [Quota(settings.max_subscriptions, noun) for noun in ("subscriptions", "websockets")]
    streaming, patience = Streaming(quotas[0]), Patience(settings.heartbeat)
    endpoint = GraphQLEndpoint(
        lambda: service.edition,
        service.context_for,
        page.page,
        settings.max_body_bytes,
        streaming,
        patience,
        service.editions.newer,
        _TELLING,
    )
    newer = service.editions.newer
    operations = Operations(lambda: service.edition, service.context_for, streaming, patience, newer)
    socket = WebSocketEndpoint(operations, quotas[1], settings.allowed_origins)
    app = Application(
        None if settings.allowed_origins else endpoint,
        routes=[
            Route("/", _home),
            Route(ENDPOINT, endpoint),
            WebSocketRoute(ENDPOINT, socket),
            Route("/events", event_stream.endpoint(service.context), methods=["POST"]),
            Route("/export", export.endpoint(service.context), methods=["GET"]),
            *page.routes(),
            *health.routes(service.probe),
            metrics.route(metrics.Metrics(service.executions, lambda: endpoint.queries.shared, quotas)),
        ],
        middleware=_cross_origin(settings),
        lifespan=service.running,
    )
    app.state.service = service
    return app


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancels until it ends: a driver in the middle of a call may turn a cancellation into an error of its own."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=1)


async def _home(_: Request) -> Response:
    return RedirectResponse(ENDPOINT)


def _correlation_id(headers: Mapping[str, str]) -> str:
    """The client's own, when it is one that a log can hold."""
    given = headers.get("x-correlation-id") or headers.get("x-request-id") or ""
    return given if given.isprintable() and 0 < len(given) <= 200 else secrets.token_hex(8)


def _cross_origin(settings: Settings) -> list[Middleware]:
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-correlation-id"],
        )
    ]

"""Data for the benchmarks of reads: artifacts of one app or several, each with a history of the same length."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from domain import instants, registry
from domain.errors import DselError
from domain.event import Actor, ActorType
from repository import driver, indexes
from repository.mongo_event_log import MongoEventLog
from resolvers import ingestion
from resolvers.context import Caller, Context, Right

APP = "bench"
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_LOADER = Caller(Actor("bench", ActorType.SERVICE), frozenset(Right))
_ACTORS = (("anna.keller@example.com", "HUMAN"), ("delivery-pipeline", "SERVICE"), ("argo-reconciler", "CONTROLLER"))


async def seed(
    uri: str,
    database: str,
    entities: int,
    events: int,
    span: timedelta = timedelta(days=180),
    actor_of: Callable[[int], tuple[str, str]] = lambda number: _ACTORS[number % len(_ACTORS)],
    apps: Sequence[str] = (APP,),
) -> None:
    """In each app `entities` artifacts with `events` events each, evenly over `span` from BEGINNING on.

    `actor_of` says who caused the n-th of each.
    """
    connected = driver.connect(uri, database)
    await indexes.ensure(connected)
    context = Context(
        log=MongoEventLog(connected, instants.system_clock()),
        registry=registry.builtin(),
        caller=_LOADER,
        clock=instants.system_clock(),
        instant=datetime.now(UTC),
    )
    for app in apps:
        for batch in ingestion.batches(envelopes(app, entities, events, span, actor_of), 500):
            for result in await ingestion.store(context, batch, imported=True):
                if isinstance(result, DselError):
                    raise result
    await connected.close()


def envelopes(
    app: str, entities: int, events: int, span: timedelta, actor_of: Callable[[int], tuple[str, str]]
) -> Iterator[Any]:
    """In the order of time, as a platform would send them."""
    for number in range(events):
        for entity in range(entities):
            at = BEGINNING + span * number / events + timedelta(seconds=entity)
            yield _envelope(app, f"module-{entity:02}", number, at, *actor_of(number))


def _envelope(app: str, name: str, number: int, at: datetime, actor: str, actor_type: str) -> Any:
    return {
        "apiVersion": "v1alpha1",
        "kind": "ArtifactAppliedEvent",
        "meta": {
            "eventId": f"{app}-{name}-{number}",
            "name": name,
            "appId": app,
            "timestamp": instants.write(at),
            "userId": actor,
            "actorType": actor_type,
            "executionId": f"exec-{number}",
        },
        "spec": {
            "artifact": _artifact(app, name, number),
            "metadata": {"gitCommit": f"{number:07x}", "gitBranch": "main"},
        },
    }


def _artifact(app: str, name: str, number: int) -> Any:
    bundles = [
        {
            "name": f"{name}-{part}.zip",
            "type": "terraform",
            "location": f"s3://artifacts/{name}/{number}/{part}.zip",
            "checksum": f"sha256:{number:08x}{part:056x}",
            "sizeBytes": 10_000 + 1_000 * part + number,
        }
        for part in range(6)
    ]
    return {
        "apiVersion": "v1alpha1",
        "kind": "Artifact",
        "meta": {"name": name, "appId": app, "labels": {"team": "platform", "tier": "gold"}},
        "spec": {
            "version": f"2.{number}.0",
            "description": f"The module {name}, built for every region",
            "source": {
                "repository": f"https://git.example.com/platform/{name}",
                "path": "module",
                "commit": f"{number:07x}",
            },
            "regions": ["us-east-1", "eu-west-1", "ap-south-1"],
            "bundles": bundles,
        },
        "status": {"phase": "APPLIED", "message": f"release {number} is in place"},
    }

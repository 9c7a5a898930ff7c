"""The whole story: which scenes there are, when each begins, and the instants that are worth a look."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Any, TypeAlias

from cli.demo.changes import adjust, introduce
from cli.demo.deliveries import deliver, upgrade
from cli.demo.dice import Dice
from cli.demo.episodes import episodes
from cli.demo.hours import DAY, HOUR, MINUTE, OPENING, at, every
from cli.demo.incident import FREEZE, incident
from cli.demo.inventory import ARTIFACTS, DEPLOYMENTS, Deployment
from cli.demo.rounds import compliance_round, cost_round, drift_round, weekend_round
from cli.demo.settings import CONFIGS
from cli.demo.world import Scene, World

Agenda: TypeAlias = Iterator[tuple[datetime, Scene]]

# Named instants for queries, in the form of the scalar `Instant`.
MOMENTS: Mapping[str, str] = MappingProxyType(
    {
        "midsummer": "2026-06-15T12:00:00.000Z",
        "ml_staging_torn_down": "2026-08-01T12:00:00.000Z",
        "before_incident": "2026-09-17T13:30:00.000Z",
        "during_incident": "2026-09-17T14:10:00.000Z",
        "after_rollback": "2026-09-17T14:15:00.000Z",
        "after_incident": "2026-09-17T15:00:00.000Z",
        "after_postmortem": "2026-09-25T12:00:00.000Z",
        "end": "2026-11-01T00:00:00.000Z",
    }
)

_INCIDENT = at("2026-09-16T08:35:19.264Z")
_MODULE_FREEZE = at("2026-08-20T00:00:00Z")  # The old module is on its way out.


def envelopes() -> Iterator[dict[str, Any]]:
    """About 3,000 event envelopes of a platform from 2026-05-01 to 2026-11-01, in the order of recording.

    Each is a JSON-ready dict (apiVersion, kind, meta, spec) of its own. The same in every run and on every Python.
    """
    world = World()
    agendas = (introductions, releases, upgrades, adjustments, rounds, episodes)
    return world.play(chain([(_INCIDENT, incident(world))], *(agenda(world) for agenda in agendas)))


def introductions(world: World) -> Agenda:
    """On the day an app joins: its configurations first, then its artifacts, and with them its deployments."""
    for config in CONFIGS.values():
        yield config.app.joined + 7 * HOUR + _stagger(config.name), introduce(world, config)
    for artifact in ARTIFACTS.values():
        yield artifact.app.joined + 9 * HOUR + _stagger(artifact.name), deliver(world, artifact, 0)
    for deployment in _module_users():
        start = deployment.app.joined + (1 if deployment.in_production else 0) * DAY + 13 * HOUR
        yield start + _stagger(deployment.entity.name), upgrade(world, deployment, 0)


def releases(world: World) -> Agenda:
    for artifact in ARTIFACTS.values():
        dice = Dice(f"calendar {artifact.name}")
        for number, moment in enumerate(every(artifact.days, artifact.app.joined + 3 * DAY, dice), 1):
            frozen = artifact.app_name == "checkout" and FREEZE[0] <= moment < FREEZE[1]
            ended = artifact.name == "terraform-autoscaling-module" and moment > _MODULE_FREEZE
            if not frozen and not ended:
                yield moment, deliver(world, artifact, number)


def upgrades(world: World) -> Agenda:
    for deployment in _module_users():
        days = 26 if deployment.in_production else 14
        dice = Dice(f"calendar {deployment.entity.name}")
        for number, moment in enumerate(every(days, deployment.app.joined + 7 * DAY, dice), 1):
            yield moment, upgrade(world, deployment, number)


def adjustments(world: World) -> Agenda:
    for config in CONFIGS.values():
        if not config.days:
            continue
        for number, moment in enumerate(every(config.days, config.app.joined, Dice(f"calendar {config.name}")), 1):
            if config.app_name != "checkout" or not FREEZE[0] <= moment < FREEZE[1]:
                yield moment, adjust(world, config, number)


def rounds(world: World) -> Agenda:
    for scene in (compliance_round, cost_round, drift_round, weekend_round):
        yield OPENING, scene(world)


def _module_users() -> Iterator[Deployment]:
    return (deployment for deployment in DEPLOYMENTS.values() if not deployment.follows_releases)


def _stagger(name: str) -> timedelta:
    return Dice(f"stagger {name}").between(0 * MINUTE, 50 * MINUTE)

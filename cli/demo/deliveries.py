"""From a commit to production: releases go from environment to environment; users of shared modules follow later."""

from datetime import timedelta

from cli.demo.dice import Dice
from cli.demo.envelope import Entity, Trace
from cli.demo.hours import HOUR, MINUTE, office
from cli.demo.inventory import DEPLOYMENTS, Artifact, Deployment
from cli.demo.releases import release
from cli.demo.rollouts import rollout
from cli.demo.states import deployment_state
from cli.demo.world import Scene, World


def deliver(world: World, artifact: Artifact, number: int) -> Scene:
    """The n-th release of an artifact, and its way through the app's own environments until one fails."""
    name = f"deliver {artifact.name} {number}"
    dice, trace = Dice(name), Trace.request(name)
    bump = artifact.bumps[number - 1] if 0 < number <= len(artifact.bumps) else ""
    note = "" if number else "First release on the platform"
    yield from release(world, artifact, trace, dice, bump, note)
    version = world.states[artifact.entity]["spec"]["version"]
    for deployment in DEPLOYMENTS.values():
        if deployment.artifact != artifact or not deployment.follows_releases:
            continue
        if number and deployment.entity not in world.states:
            continue
        yield office(world.now + _pause(deployment, dice), dice, production=deployment.in_production)
        chance = Dice(f"{name} {deployment.environment}")
        yield from rollout(world, deployment, trace, chance, {"version": version}, f"{artifact.name} {version}")
        state = world.states[deployment.entity]
        if (state["spec"]["version"], state["status"]["phase"]) != (version, "COMPLETED"):
            return


def _pause(deployment: Deployment, dice: Dice) -> timedelta:
    if deployment.in_production:
        return dice.between(2 * HOUR, 20 * HOUR)
    return dice.between(10 * MINUTE, 2 * HOUR)


def upgrade(world: World, deployment: Deployment, number: int) -> Scene:
    """Take the newest release of the shared module that the deployment runs, once it is ready for use."""
    state = world.states.get(deployment.entity) or deployment_state(deployment)
    reference = state["spec"]["artifact"]
    module = world.states[Entity("Artifact", reference["appId"], reference["name"])]
    version = module["spec"]["version"]
    if module["status"]["phase"] != "APPLIED" or state["spec"].get("version") == version:
        return
    name = f"upgrade {deployment.entity.name} {number}"
    why = f"{reference['name']} {version}"
    yield from rollout(world, deployment, Trace.request(name), Dice(name), {"version": version}, why)

"""What happens once: two things retired for good, one torn down and built again, and requests that nobody answered."""

from collections.abc import Iterator
from datetime import datetime

from cli.demo.dice import Dice
from cli.demo.envelope import Entity, Json, Trace
from cli.demo.hours import MINUTE, SECOND, at
from cli.demo.inventory import ARTIFACTS, DEPLOYMENTS, Deployment
from cli.demo.people import ANNA, ARGO_RECONCILER, CLAIRE, CONFIG_SYNC, ETHAN, OMAR, SOFIA, TOMASZ, Actor
from cli.demo.rollouts import rollout
from cli.demo.settings import CONFIGS
from cli.demo.states import changed
from cli.demo.world import Acts, Scene, World

_ML_STAGING, _BATCH_WORKERS = DEPLOYMENTS["ml-serving-staging"], DEPLOYMENTS["batch-workers-production"]
_BILLING = DEPLOYMENTS["billing-production"]
_OLD_MODULE, _CHART = ARTIFACTS["terraform-autoscaling-module"], ARTIFACTS["helm-service-chart"]
_OLD_GATEWAY = CONFIGS["billing-invoice-gateway"]


def episodes(world: World) -> Iterator[tuple[datetime, Scene]]:
    """Each with the instant at which it begins."""
    yield at("2026-07-10T13:24:51.602Z"), _ml_staging_is_torn_down(world)
    yield at("2026-08-31T08:12:37.195Z"), _ml_staging_is_built_again(world)
    yield at("2026-08-05T07:41:16.330Z"), _billing_leaves_the_old_gateway(world)
    yield at("2026-08-20T09:05:42.874Z"), _the_old_module_is_replaced(world)
    yield at("2026-08-19T15:32:08.417Z"), _unanswered(world)


def _ml_staging_is_torn_down(world: World) -> Scene:
    acts = Acts(world, _ML_STAGING.entity, Trace.request("ml staging is torn down"))
    yield from _delete(
        acts, OMAR, ARGO_RECONCILER, "GPUs stand idle over the summer; build it again for the next model"
    )


def _ml_staging_is_built_again(world: World) -> Scene:
    version = world.states[_ML_STAGING.artifact.entity]["spec"]["version"]
    yield from _reshape(world, _ML_STAGING, {"version": version}, "Staging for the autumn models")


def _billing_leaves_the_old_gateway(world: World) -> Scene:
    configs = [each for each in world.states[_BILLING.entity]["spec"]["configs"] if each["name"] != _OLD_GATEWAY.name]
    yield from _reshape(world, _BILLING, {"configs": configs}, "Invoices leave through the new gateway")
    yield at("2026-08-12T09:18:25.740Z")
    acts = Acts(world, _OLD_GATEWAY.entity, Trace.request("the old gateway goes"))
    yield from _delete(acts, SOFIA, CONFIG_SYNC, "The old invoice gateway was switched off on 10 August")


def _the_old_module_is_replaced(world: World) -> Scene:
    chart = {"name": _CHART.name, "appId": _CHART.app.id}
    version = world.states[_CHART.entity]["spec"]["version"]
    yield from _reshape(world, _BATCH_WORKERS, {"artifact": chart, "version": version}, "From machines to containers")
    yield at("2026-08-24T10:02:11.058Z")
    acts = Acts(world, _OLD_MODULE.entity, Trace.request("the old module goes"))
    status = {"phase": "DEPRECATED", "message": f"Use {_CHART.name}. Removed on 30 September."}
    deprecated = changed(world.states[_OLD_MODULE.entity], status=status)
    acts.happened("Applied", ANNA, deprecated, metadata={"reason": "Nothing runs on it any more"})
    yield at("2026-09-30T08:30:00.412Z")
    yield from _delete(acts, TOMASZ, ARGO_RECONCILER, "As announced in August")


def _unanswered(world: World) -> Scene:
    """A dry run that got lost in August, and what waits for somebody when the demo ends."""
    relevance = _pending(world, CONFIGS["search-relevance"].entity)
    relevance.asked("Validate", CLAIRE, relevance.state, metadata={"comment": "Dry run for the autumn ranking"})
    yield at("2026-10-29T14:47:20.381Z")
    payments = _pending(world, DEPLOYMENTS["payments-production"].entity)
    running = world.states[payments.entity]
    doubled = changed(running, spec={"replicas": running["spec"]["replicas"] * 2})
    comment = "Twice the replicas before the November sale; waits for the change board"
    payments.asked("Apply", SOFIA, doubled, metadata={"comment": comment})
    yield at("2026-10-30T09:26:55.093Z")
    bff = _pending(world, ARTIFACTS["mobile-bff"].entity)
    comment = "First stable release, once the app stores have approved the clients"
    bff.asked("Publish", ETHAN, metadata={"comment": comment})
    yield at("2026-10-30T13:08:03.566Z")
    flags = _pending(world, CONFIGS["mobile-feature-flags"].entity)
    flags.asked("Approve", CONFIG_SYNC, flags.state, metadata={"comment": "Waiting for team engagement"})


def _pending(world: World, entity: Entity) -> Acts:
    return Acts(world, entity, Trace.request(f"pending {entity.name}"))


def _reshape(world: World, deployment: Deployment, changes: Json, why: str) -> Scene:
    yield from rollout(world, deployment, Trace.request(why), Dice(why), changes, why)


def _delete(acts: Acts, wisher: Actor, actor: Actor, reason: str) -> Scene:
    """Ask for the end of an entity, then carry it out; the outcome keeps the last state."""
    yield from acts.world.hold(acts.entity)
    acts.asked("Delete", wisher, metadata={"comment": reason})
    yield acts.world.now + Dice(reason).between(20 * SECOND, 3 * MINUTE)
    acts.happened("Deleted", actor, acts.state, metadata={"reason": reason})
    acts.world.free(acts.entity)

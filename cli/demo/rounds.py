"""What the controllers do by themselves, mostly at night: compliance, cost, drift, and small clusters put to sleep."""

from datetime import timedelta

from cli.demo.dice import Dice
from cli.demo.envelope import Json, Trace
from cli.demo.hours import CLOSING, DAY, HOUR, MINUTE, OPENING, SECOND
from cli.demo.inventory import ARTIFACTS, DEPLOYMENTS, Deployment
from cli.demo.people import ARGO_RECONCILER, COST_ALLOCATOR, DRIFT_CONTROLLER, POLICY_ENGINE
from cli.demo.states import changed
from cli.demo.world import Acts, Scene, World

_MONDAY = OPENING + 3 * DAY
_WEEKS = (CLOSING - _MONDAY) // (7 * DAY)
_BLINK = timedelta(milliseconds=180), timedelta(milliseconds=900)


def compliance_round(world: World) -> Scene:
    """Every second Sunday at three: each artifact against the baseline. It records a report and changes no state."""
    for number in range(1, _WEEKS // 2 + 1):
        dice, trace = Dice(f"compliance {number}"), Trace.request(f"compliance {number}").run("round")
        yield _MONDAY + (14 * number - 1) * DAY + 3 * HOUR + dice.between(0 * SECOND, 5 * MINUTE)
        for artifact in ARTIFACTS.values():
            acts = Acts(world, artifact.entity, trace)
            if acts.state:
                report = _compliance(acts.state["spec"]["version"], dice)
                acts.happened("ComplianceChecked", POLICY_ENGINE, compliance=report)
                yield world.now + dice.between(*_BLINK)


def _compliance(version: str, dice: Dice) -> Json:
    checks: list[Json] = [{"name": name, "pass": True} for name in ("licences", "owner-label", "provenance")]
    findings = dice.whole(1, 4) if dice.chance(0.12) else 0
    checks.append({"name": "known-vulnerabilities", "pass": not findings, "findings": findings})
    result = "NON_COMPLIANT" if findings else "COMPLIANT"
    return {"baseline": "platform-baseline-2026.2", "version": version, "result": result, "checks": checks}


def cost_round(world: World) -> Scene:
    """Every second Monday at two: what each production deployment cost in the two weeks before."""
    for number in range(1, _WEEKS // 2 + 1):
        dice, trace = Dice(f"cost {number}"), Trace.request(f"cost {number}").run("round")
        monday = _MONDAY + 14 * number * DAY
        yield monday + 2 * HOUR + dice.between(0 * SECOND, 10 * MINUTE)
        period = {"from": f"{monday - 14 * DAY:%Y-%m-%d}", "to": f"{monday:%Y-%m-%d}"}
        for deployment in filter(lambda each: each.in_production, DEPLOYMENTS.values()):
            acts = Acts(world, deployment.entity, trace)
            if acts.state:
                cost = {"period": period, **_cost(deployment, acts.state, dice)}
                acts.happened("CostAllocated", COST_ALLOCATOR, cost=cost)
                yield world.now + dice.between(*_BLINK)


def _cost(deployment: Deployment, state: Json, dice: Dice) -> Json:
    """In euro; reckoned in whole cents, so that no rounding differs between machines."""
    replicas = state["spec"].get("replicas", 1)
    compute = replicas * (deployment.cpu or 900) * 336 * 4 // 1000
    memory = replicas * (deployment.memory or 2048) * 336 // 2000
    sent = dice.whole(20, 900) * 1_073_741_824
    network = sent // 400_000_000
    total = compute + memory + network
    parts = {"compute": compute / 100, "memory": memory / 100, "network": network / 100}
    return {"currency": "EUR", "amount": total / 100, "breakdown": parts, "networkBytes": sent}


def drift_round(world: World) -> Scene:
    """On some nights a live object differs from what is wanted: one controller reports it, another repairs it."""
    for number in range((CLOSING - OPENING) // DAY):
        dice, trace = Dice(f"drift {number}"), Trace.request(f"drift {number}").run("round")
        yield OPENING + number * DAY + HOUR + dice.between(0 * HOUR, 3 * HOUR)
        deployment = dice.pick(list(DEPLOYMENTS.values()))
        acts = Acts(world, deployment.entity, trace)
        if dice.chance(0.5) and acts.state and not world.is_held(deployment.entity):
            drift = _drift(deployment, dice)
            acts.happened("DriftDetected", DRIFT_CONTROLLER, drift=drift)
            yield world.now + dice.between(30 * SECOND, 3 * MINUTE)
            repaired = changed(acts.state, status={"message": f"Drift of {drift['path']} repaired."})
            acts.happened("Applied", ARGO_RECONCILER, repaired, metadata={"reason": "drift", "appliedFrom": "git"})


def _drift(deployment: Deployment, dice: Dice) -> Json:
    running = (
        {"path": "resources.memory", "wanted": f"{deployment.memory}Mi", "found": f"{deployment.memory * 2}Mi"},
        {"path": "labels.team", "wanted": deployment.app.team, "found": None},
        {"path": "env.LOG_LEVEL", "wanted": "info", "found": "debug"},
    )
    infrastructure = (
        {"path": "tags.owner", "wanted": deployment.app.team, "found": None},
        {"path": "securityGroup.ingress", "wanted": "443", "found": "443,22"},
    )
    return dice.pick(running if deployment.replicas else infrastructure)


def weekend_round(world: World) -> Scene:
    """Development clusters sleep from Friday evening to Monday morning."""
    for number in range(_WEEKS):
        friday = _MONDAY + (7 * number + 4) * DAY
        for evening, replicas, message in (
            (friday + 19 * HOUR, 0, "Asleep for the weekend."),
            (friday + 2 * DAY + 29 * HOUR, 1, "Awake again."),
        ):
            dice, trace = Dice(f"weekend {evening}"), Trace.request(f"weekend {evening}").run("round")
            yield evening + dice.between(0 * SECOND, 9 * MINUTE)
            for deployment in filter(lambda each: each.environment == "development", DEPLOYMENTS.values()):
                acts = Acts(world, deployment.entity, trace)
                if acts.state and not world.is_held(deployment.entity):
                    status = {"readyReplicas": replicas, "message": message}
                    scaled = changed(acts.state, spec={"replicas": replicas}, status=status)
                    acts.happened("Applied", ARGO_RECONCILER, scaled, metadata={"reason": "schedule"})
                    yield world.now + dice.between(*_BLINK)

"""A change of a deployment: asked for, validated, approved in production, applied, and carried out as an execution."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.demo.dice import Dice
from cli.demo.envelope import Json, Trace
from cli.demo.executions import Execution
from cli.demo.hours import HOUR, MINUTE, SECOND, office
from cli.demo.inventory import Deployment
from cli.demo.people import GITHUB_ACTIONS, POLICY_ENGINE
from cli.demo.states import changed, commit, deployment_state
from cli.demo.world import Acts, Scene, World

PENDING = {"phase": "PENDING", "message": "Waiting to be applied."}
RULES_HOLD: Json = {
    "overall": "SUCCESS",
    "details": {"validations": [{"name": name, "pass": True} for name in ("quota", "error-budget", "artifact-exists")]},
}
_OVER_BUDGET: Json = {
    "overall": "FAILURE",
    "details": {"validations": [{"name": "error-budget", "pass": False, "message": "Used up for this month"}]},
}


def rollout(world: World, deployment: Deployment, trace: Trace, dice: Dice, changes: Json, why: str) -> Scene:
    """Set these keys of the deployment's spec, as one execution that waits for any other on the same deployment."""
    acts = Acts(world, deployment.entity, trace.run(deployment.entity.name))
    yield from world.hold(deployment.entity)
    wanted = _wanted(acts.state, deployment, dice, changes)
    yield from Rollout(acts, deployment, dice, acts.state, wanted, why).run()
    world.free(deployment.entity)


@dataclass(frozen=True)
class Rollout:
    acts: Acts
    deployment: Deployment
    dice: Dice
    before: Json | None
    wanted: Json
    why: str

    def run(self) -> Scene:
        yield from self._ask()
        if self.before and self.dice.chance(0.02):
            self.acts.happened("Validated", POLICY_ENGINE, validation=_OVER_BUDGET)
            return
        self.acts.happened("Validated", POLICY_ENGINE, self.wanted, validation=RULES_HOLD)
        yield self._later(20 * SECOND, 3 * MINUTE)
        if self.deployment.in_production:
            yield from self._approve()
        self._apply()
        yield self._later(4 * SECOND, 50 * SECOND)
        yield from Execution(self.acts, self.deployment, self.dice, self.before, self.wanted).run(self._failures())

    def _ask(self) -> Scene:
        if self.dice.chance(0.1):
            self.acts.asked("Validate", GITHUB_ACTIONS, self.wanted, metadata={"comment": "Check before the review"})
            yield self._later(2 * SECOND, 20 * SECOND)
        if self.dice.chance(0.2):
            self.acts.asked("Apply", self.deployment.app.author, self.wanted, metadata={"comment": self.why})
            yield self._later(5 * SECOND, 60 * SECOND)

    def _approve(self) -> Scene:
        app = self.deployment.app
        if self.dice.chance(0.3):
            self.acts.asked("Approve", GITHUB_ACTIONS, metadata={"comment": f"Waiting for team {app.team}"})
        yield office(self._later(8 * MINUTE, 4 * HOUR), self.dice, production=True)
        approved = changed(self.wanted, status={"phase": "APPROVED", "message": f"Approved by {app.approver.id}."})
        metadata = {"approvedBy": [app.approver.id], "comment": self.why}
        self.acts.happened("Approved", app.approver, approved, metadata=metadata)
        yield self._later(10 * SECOND, 2 * MINUTE)

    def _apply(self) -> None:
        revision = commit(self.acts.entity.name, str(self.acts.trace.execution))
        metadata = {"gitCommit": revision, "gitBranch": "main", "appliedFrom": "git", "comment": self.why}
        self.acts.happened("Applied", self.deployment.artifact.pipeline, self.wanted, metadata=metadata)

    def _failures(self) -> int:
        if self.before is None or not self.dice.chance(0.12):
            return 0
        return 2 if self.dice.chance(0.25) else 1

    def _later(self, low: timedelta, high: timedelta) -> datetime:
        return self.acts.world.now + self.dice.between(low, high)


def _wanted(before: Json | None, deployment: Deployment, dice: Dice, changes: Json) -> Json:
    """What shall run; now and then production gets a little larger on the way."""
    spec = {"strategy": deployment.strategy, **changes}
    wanted = changed(before or deployment_state(deployment), spec=spec, status=PENDING)
    if before and deployment.in_production and deployment.replicas and dice.chance(0.15):
        wanted["spec"]["replicas"] += dice.whole(1, 2)
    return wanted

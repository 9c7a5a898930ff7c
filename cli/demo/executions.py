"""How a deployment is carried out: attempts start, fail and are tried again until one completes or all is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.demo.dice import Dice
from cli.demo.envelope import Json
from cli.demo.hours import MINUTE, SECOND, office
from cli.demo.inventory import Deployment
from cli.demo.people import ARGO_RECONCILER
from cli.demo.states import changed
from cli.demo.world import Acts, Scene

_FAILURES = (
    "Readiness probe failed: GET /readyz answered 503",
    "CrashLoopBackOff: 3 restarts within 5 minutes",
    "Database migration gave up after 600 s",
    "Insufficient memory: 2 replicas could not be scheduled",
    "Progress deadline of 10 minutes exceeded",
)
_INFRASTRUCTURE_FAILURES = (
    "The state is locked by another run",
    "Quota for elastic addresses is used up",
    "The provider answered 429 too often",
)

# Per strategy, how many per cent of the replicas answer, at least and at most.
_READY_AT_START = {"canary": (100, 100), "rolling": (60, 90), "blueGreen": (100, 100), "recreate": (0, 0)}
_READY_IN_FAILURE = {"canary": (85, 95), "rolling": (40, 75), "blueGreen": (100, 100), "recreate": (0, 0)}


@dataclass(frozen=True)
class Execution:
    """Brings a deployment from `before` (None at its first release) to `wanted`."""

    acts: Acts
    deployment: Deployment
    dice: Dice
    before: Json | None
    wanted: Json

    def run(self, failures: int) -> Scene:
        """Fail so many times before it works; after two failures of a running deployment nobody tries again."""
        for attempt in range(1, failures + 1):
            yield from self._start(attempt)
            yield self._later(4 * MINUTE, 12 * MINUTE)
            self._fail(attempt)
        if failures >= 2 and self.before:
            yield from self._give_up(self.before)
        else:
            yield from self._start(failures + 1)
            yield from self._finish(failures + 1)

    def _start(self, attempt: int) -> Scene:
        if attempt > 1:
            yield office(self._later(6 * MINUTE, 70 * MINUTE), self.dice)
            comment = f"Attempt {attempt} after a look at the logs"
            self.acts.asked("Start", self.deployment.app.author, metadata={"comment": comment})
            yield self._later(3 * SECOND, 30 * SECOND)
        canary = self.wanted["spec"]["strategy"] == "canary"
        message = "A canary takes 10 % of the traffic." if canary else f"Attempt {attempt} is under way."
        running = self._observed(self.wanted, "RUNNING", message, *self._ready(_READY_AT_START))
        self.acts.happened("Started", ARGO_RECONCILER, running, status={"attempt": attempt})

    def _fail(self, attempt: int) -> None:
        message = self.dice.pick(_FAILURES if self.deployment.replicas else _INFRASTRUCTURE_FAILURES)
        failed = self._observed(self.wanted, "FAILED", message, *self._ready(_READY_IN_FAILURE))
        self.acts.happened("Failed", ARGO_RECONCILER, failed, status={"attempt": attempt, "error": message})

    def _finish(self, attempt: int) -> Scene:
        started, wanted = self.acts.world.now, self.wanted
        yield self._later(90 * SECOND, 8 * MINUTE)
        if wanted["spec"]["strategy"] == "canary":
            wanted = changed(wanted, spec={"strategy": "rolling"})
            yield from self._promote(wanted)
        seconds = (self.acts.world.now - started) // SECOND
        done = self._observed(wanted, "COMPLETED", "Runs as wanted.", 100, 100)
        self.acts.happened("Completed", ARGO_RECONCILER, done, status={"attempt": attempt, "durationSeconds": seconds})

    def _promote(self, wanted: Json) -> Scene:
        """The canary did well; from here on the release rolls to all replicas."""
        yield self._later(25 * MINUTE, 55 * MINUTE)
        if self.dice.chance(0.4):
            comment = "The canary's error rate did not change; go on with all replicas"
            self.acts.asked("Complete", self.deployment.app.author, metadata={"comment": comment})
            yield self._later(2 * SECOND, 20 * SECOND)
        rolling = self._observed(wanted, "RUNNING", "The canary is healthy.", 75, 95)
        self.acts.happened("Applied", ARGO_RECONCILER, rolling, metadata={"comment": "Canary promoted"})
        yield self._later(3 * MINUTE, 9 * MINUTE)

    def _give_up(self, before: Json) -> Scene:
        """Production goes back to what ran before; elsewhere the failed state stays until the next release."""
        author = self.deployment.app.author
        yield self._later(2 * MINUTE, 20 * MINUTE)
        if not self.deployment.in_production:
            self.acts.asked("Fail", author, metadata={"comment": "Stop retrying, the next release brings the fix"})
            yield self._later(2 * SECOND, 20 * SECOND)
            failed = self._observed(self.wanted, "FAILED", "Given up on request.", *self._ready(_READY_IN_FAILURE))
            self.acts.happened("Failed", ARGO_RECONCILER, failed, metadata={"reason": "on request"})
            return
        reason = "Two attempts failed"
        self.acts.asked("RollBack", author, metadata={"comment": f"{reason}, back to the earlier release"})
        yield self._later(10 * SECOND, 90 * SECOND)
        restored = self._observed(before, "ROLLED_BACK", f"{reason}.", 100, 100)
        self.acts.happened("RolledBack", ARGO_RECONCILER, restored, metadata={"reason": reason})

    def _ready(self, shares: dict[str, tuple[int, int]]) -> tuple[int, int]:
        """At its first release nothing runs yet; later it depends on how the release takes over."""
        return shares[self.wanted["spec"]["strategy"]] if self.before else (0, 50)

    def _observed(self, wanted: Json, phase: str, message: str, low: int, high: int) -> Json:
        """`wanted` in this phase, with between `low` and `high` per cent of its replicas ready."""
        replicas = wanted["spec"].get("replicas")
        ready = {"readyReplicas": replicas * self.dice.whole(low, high) // 100} if replicas else {}
        return changed(wanted, status={"phase": phase, "message": message, **ready})

    def _later(self, low: timedelta, high: timedelta) -> datetime:
        return self.acts.world.now + self.dice.between(low, high)

"""The afternoon of 17 September 2026, INC-2291: a payment timeout with a missing zero.

Checkout goes to production with a release and the setting that belongs to it. Payments take longer than the new
timeout, replicas fall over, a restart does not help. The on-call engineer takes the release back, then finds the
setting and restores it. In the week after, the postmortem's fix and a corrected release follow. The change and the
response are two requests; the response names the change as its cause.
"""

from dataclasses import dataclass
from datetime import datetime

from cli.demo.changes import SCHEMA_HOLDS, ConfigChange
from cli.demo.dice import Dice
from cli.demo.envelope import Json, Trace
from cli.demo.hours import MINUTE, at
from cli.demo.inventory import ARTIFACTS, DEPLOYMENTS
from cli.demo.people import ARGO_RECONCILER, CONFIG_SYNC, GITHUB_ACTIONS, LENA, MARCO, POLICY_ENGINE, PRIYA
from cli.demo.releases import release
from cli.demo.rollouts import PENDING, RULES_HOLD, rollout
from cli.demo.settings import CONFIGS
from cli.demo.states import changed, commit
from cli.demo.world import Acts, Scene, World

CHANGE = Trace.request("checkout with a shorter payment timeout").run("release")
RESPONSE = Trace("inc-2291")
FREEZE = at("2026-09-11T00:00:00Z"), at("2026-09-25T00:00:00Z")  # Nobody else changes checkout meanwhile.

_SERVICE = ARTIFACTS["checkout-service"]
_STAGING, _PRODUCTION = DEPLOYMENTS["checkout-staging"], DEPLOYMENTS["checkout-production"]
_SETTINGS = CONFIGS["checkout-production-settings"]
_NOTE = {"incident": "INC-2291", "causedBy": CHANGE.correlation}


def _on(day: int, time: str) -> datetime:
    return at(f"2026-09-{day}T{time}Z")


def incident(world: World) -> Scene:
    """The whole affair, from the release on the day before to the corrected one."""
    note = "Make the payment timeout configurable"
    yield from release(world, _SERVICE, CHANGE, Dice("incident release"), "minor", note)
    version = world.states[_SERVICE.entity]["spec"]["version"]
    why = f"checkout-service {version}: fail fast when the payment provider is slow"
    yield _on(16, "11:20:08.551")
    yield from rollout(world, _STAGING, CHANGE, Dice("incident staging"), {"version": version}, why)
    yield from world.hold(_PRODUCTION.entity)
    afternoon = Afternoon(world, version, why, world.states[_PRODUCTION.entity], world.states[_SETTINGS.entity])
    yield from afternoon.change()
    yield from afternoon.trouble()
    yield from afternoon.response()
    world.free(_PRODUCTION.entity)
    yield from _postmortem(world)


@dataclass(frozen=True)
class Afternoon:
    """`good` and `setting` are the deployment and its configuration as they were before, and as they shall be again."""

    world: World
    version: str
    why: str
    good: Json
    setting: Json

    def change(self) -> Scene:
        release, config = self._release(CHANGE), Acts(self.world, _SETTINGS.entity, CHANGE)
        typo = "PAYMENT_TIMEOUT_MS from 3000 to 300, so that checkout fails fast when the payment provider is slow"
        yield _on(17, "13:31:04.120")
        release.asked("Apply", LENA, self._pending, metadata={"comment": self.why})
        yield _on(17, "13:32:10.874")
        release.happened("Validated", POLICY_ENGINE, self._pending, validation=RULES_HOLD)
        yield _on(17, "13:38:47.309")
        config.asked("Apply", LENA, self._typo("VALIDATED"), metadata={"comment": typo})
        yield _on(17, "13:39:02.660")
        config.happened("Validated", POLICY_ENGINE, self._typo("VALIDATED"), validation=SCHEMA_HOLDS)
        yield _on(17, "13:44:30.215")
        metadata = {"approvedBy": [MARCO.id], "comment": "Looks good, we have waited for this"}
        config.happened("Approved", MARCO, self._typo("APPROVED"), metadata=metadata)
        yield _on(17, "13:45:12.982")
        approved = self._new("APPROVED", f"Approved by {MARCO.id}.", 12)
        release.happened("Approved", MARCO, approved, metadata=metadata)
        yield _on(17, "13:46:05.447")
        config.happened("Applied", CONFIG_SYNC, self._typo("APPLIED"), metadata=_from_git("config", typo))
        yield _on(17, "13:46:40.038")
        release.happened("Applied", GITHUB_ACTIONS, self._pending, metadata=_from_git("app", self.why))
        yield _on(17, "13:47:02.590")
        release.happened("Started", ARGO_RECONCILER, self._new("RUNNING", "Attempt 1 is under way.", 4), status=_try(1))
        yield _on(17, "13:52:31.113")
        release.happened("Completed", ARGO_RECONCILER, self._new("COMPLETED", "Runs as wanted.", 12), status=_try(1))

    def trouble(self) -> Scene:
        watch = self._release(Trace(RESPONSE.correlation, CHANGE.execution))
        error = "POST /orders answers 504 for 18 % of requests; replicas fail their readiness probe"
        yield _on(17, "13:58:16.704")
        watch.happened("Failed", ARGO_RECONCILER, self._new("FAILED", error, 7), status=_try(1, error), metadata=_NOTE)
        yield _on(17, "14:03:49.226")
        comment = "Errors in checkout since 13:53, restarting the replicas that are not ready"
        watch.asked("Start", PRIYA, metadata={**_NOTE, "comment": comment})
        yield _on(17, "14:04:01.931")
        watch.happened("Started", ARGO_RECONCILER, self._new("RUNNING", "Restarted by hand.", 9), status=_try(2))
        yield _on(17, "14:08:37.418")
        worse = "POST /orders answers 504 for 34 % of requests; the payment call times out after 300 ms"
        watch.happened("Failed", ARGO_RECONCILER, self._new("FAILED", worse, 4), status=_try(2, worse), metadata=_NOTE)

    def response(self) -> Scene:
        rescue = self._release(RESPONSE.run("rollback"))
        config = Acts(self.world, _SETTINGS.entity, RESPONSE)
        earlier = self.good["spec"]["version"]
        reason = f"A third of all orders fail since {self.version}; back to {earlier}"
        yield _on(17, "14:12:20.675")
        rescue.asked("RollBack", PRIYA, metadata={**_NOTE, "comment": reason})
        yield _on(17, "14:13:05.340")
        rescue.happened("RolledBack", PRIYA, self._old("ROLLED_BACK", reason, 6), metadata={**_NOTE, "reason": reason})
        yield _on(17, "14:21:44.802")
        reason = "The errors went on with the old release: PAYMENT_TIMEOUT_MS is 300, it must be 3000"
        restored = changed(self.setting, status={"phase": "APPLIED"})
        metadata = {**_NOTE, "reason": reason, "approvedBy": [PRIYA.id], "appliedFrom": "console"}
        config.happened("Applied", PRIYA, restored, metadata=metadata)
        yield _on(17, "14:22:10.057")
        rescue.happened("Started", ARGO_RECONCILER, self._old("RUNNING", "Reads its settings.", 8), status=_try(1))
        yield _on(17, "14:27:53.269")
        rescue.happened("Completed", ARGO_RECONCILER, self._old("COMPLETED", "Runs as wanted.", 12), status=_try(1))

    def _release(self, trace: Trace) -> Acts:
        return Acts(self.world, _PRODUCTION.entity, trace)

    @property
    def _pending(self) -> Json:
        return changed(self.good, spec={"version": self.version}, status=PENDING)

    def _new(self, phase: str, message: str, ready: int) -> Json:
        """The new release, with `ready` of each twelve replicas answering."""
        return changed(self.good, spec={"version": self.version}, status=self._status(phase, message, ready))

    def _old(self, phase: str, message: str, ready: int) -> Json:
        return changed(self.good, status=self._status(phase, message, ready))

    def _status(self, phase: str, message: str, ready: int) -> Json:
        return {"phase": phase, "message": message, "readyReplicas": self.good["spec"]["replicas"] * ready // 12}

    def _typo(self, phase: str) -> Json:
        return _with_timeout(self.setting, 300, {"phase": phase})


def _postmortem(world: World) -> Scene:
    """A timeout that was measured, with a floor below which the service does not start; then the corrected release."""
    yield _on(22, "08:45:31.907")
    why = "Postmortem PM-118 of INC-2291: 2000 ms covers 99.9 % of payments; values below the floor stop the start"
    wanted = _with_timeout(world.states[_SETTINGS.entity], 2000, {})
    wanted["spec"]["data"]["PAYMENT_TIMEOUT_FLOOR_MS"] = "1000"
    acts = Acts(world, _SETTINGS.entity, RESPONSE)
    acts.asked("Apply", PRIYA, wanted, metadata={**_NOTE, "comment": why})
    yield _on(22, "08:45:44.260")
    yield from ConfigChange(acts, _SETTINGS, Dice("incident fix"), wanted, why).run()
    yield _on(23, "07:52:14.386")
    note = "Refuse to start with a payment timeout below the floor"
    yield from release(world, _SERVICE, RESPONSE, Dice("incident corrected release"), "patch", note)
    version = world.states[_SERVICE.entity]["spec"]["version"]
    why = f"checkout-service {version}: with the floor for the payment timeout, PM-118"
    for deployment in (_STAGING, _PRODUCTION):
        yield world.now + 25 * MINUTE
        dice = Dice(f"incident corrected {deployment.environment}")
        yield from rollout(world, deployment, RESPONSE, dice, {"version": version}, why)


def _with_timeout(state: Json, milliseconds: int, status: Json) -> Json:
    data = state["spec"]["data"] | {"PAYMENT_TIMEOUT_MS": str(milliseconds)}
    limits = state["spec"]["limits"] | {"timeoutSeconds": milliseconds / 1000}
    return changed(state, spec={"data": data, "limits": limits}, status=status)


def _from_git(what: str, comment: str) -> Json:
    revision = commit(CHANGE.correlation, what)
    return {"gitCommit": revision, "gitBranch": "main", "appliedFrom": "git", "comment": comment}


def _try(attempt: int, error: str | None = None) -> Json:
    return {"attempt": attempt, "error": error} if error else {"attempt": attempt}

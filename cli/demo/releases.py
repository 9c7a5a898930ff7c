"""The life of an artifact: published by a pipeline, validated by the policy engine, applied for everybody to use."""

from dataclasses import dataclass
from datetime import datetime

from cli.demo.dice import Dice
from cli.demo.envelope import Json, Trace
from cli.demo.hours import HOUR, MINUTE, SECOND, office
from cli.demo.inventory import Artifact
from cli.demo.people import ARGO_RECONCILER, POLICY_ENGINE
from cli.demo.states import artifact_state, changed
from cli.demo.world import Acts, Scene, World

REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-1")

_NOTES = {
    "major": ("Remove the endpoints deprecated last year", "Move to the second version of the interface"),
    "minor": (
        "Expose request metrics per route", "Add retries with jitter", "Read secrets from the vault",
        "Add a read-only mode", "Stream large responses", "Propagate trace context", "Make timeouts configurable",
        "Accept requests in batches",
    ),
    "patch": (
        "Fix a race at shutdown", "Update dependencies", "Close idle connections", "Correct the retry delay",
        "Log the request id on errors", "Lower memory use at start", "Handle an empty page", "Fix a wrong default",
        "Repair the health check behind the proxy",
    ),
}  # fmt: skip
_MODULE_NOTES = {
    "major": ("Rename the inputs to the platform's convention", "Drop the inputs deprecated last year"),
    "minor": (
        "Support another availability zone", "Allow labels on every resource", "Add flow logs per subnet",
        "Encrypt with a key of the team", "Take the region from the platform", "Add an output for the endpoint",
    ),
    "patch": (
        "Pin the provider", "Quote names with spaces", "Fix a wrong default", "Ignore tags that others set",
        "Order resources by dependency", "Correct the documentation of the inputs",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Release:
    """The next version of an artifact; the first one keeps the version of the inventory."""

    acts: Acts
    artifact: Artifact
    dice: Dice
    state: Json
    note: str

    def run(self) -> Scene:
        author, pipeline = self.artifact.app.author, self.artifact.pipeline
        if self.dice.chance(0.2):
            comment = f"Release {self.state['spec']['version']}: {self.note.lower()}"
            self.acts.asked("Publish", author, self.state, metadata={"comment": comment})
            yield self._soon(5, 40)
        self.acts.happened("Published", pipeline, self.state, metadata=self._metadata)
        yield self._soon(60, 360)
        if self.dice.chance(0.06):
            yield from self._objection()
        validated = changed(self.state, status={"phase": "VALIDATED", "message": "All policies hold."})
        self.acts.happened("Validated", POLICY_ENGINE, validated, validation=_verdict())
        yield self._soon(20, 240)
        if self.dice.chance(0.1):
            comment = "Other teams wait for it, please do not hold it for the nightly run"
            self.acts.asked("Apply", author, validated, metadata={"comment": comment})
            yield self._soon(120, 540)
        applied = changed(self.state, status={"phase": "APPLIED", "message": _availability(self.state)})
        self.acts.happened("Applied", ARGO_RECONCILER, applied, metadata=self._metadata)

    def _objection(self) -> Scene:
        """The policy engine refuses once; a human looks into it and asks again."""
        refused = changed(self.state, status={"message": "Refused by vulnerability-scan."})
        self.acts.happened("Validated", POLICY_ENGINE, refused, validation=_verdict("1 finding of severity high"))
        yield office(self.acts.world.now + self.dice.between(25 * MINUTE, 3 * HOUR), self.dice)
        comment = "The finding is in a build tool that is not shipped; exception granted, please check again"
        self.acts.asked("Validate", self.artifact.app.approver, self.state, metadata={"comment": comment})
        yield self._soon(30, 120)

    @property
    def _metadata(self) -> Json:
        commit = self.state["spec"]["source"]["commit"]
        return {"gitCommit": commit, "gitBranch": "main", "appliedFrom": "pipeline", "comment": self.note}

    def _soon(self, low: int, high: int) -> datetime:
        return self.acts.world.now + self.dice.between(low * SECOND, high * SECOND)


def release(world: World, artifact: Artifact, trace: Trace, dice: Dice, bump: str = "", note: str = "") -> Scene:
    """Bring out the next version, raised by `bump` (major, minor or patch); what is left empty falls to chance."""
    bump = bump or _bump(dice)
    notes = _MODULE_NOTES if artifact.kind in ("terraform", "helm") else _NOTES
    acts = Acts(world, artifact.entity, trace)
    state = artifact_state(artifact, artifact.version, list(REGIONS[:1]), artifact.size)
    if acts.state:
        state = _next(artifact, acts.state["spec"], dice, bump)
    return Release(acts, artifact, dice, state, note or dice.pick(notes[bump])).run()


def _next(artifact: Artifact, spec: Json, dice: Dice, bump: str) -> Json:
    regions = len(spec["regions"]) + (bump != "patch" and dice.chance(0.5))
    size = spec["bundles"][0]["sizeBytes"] * dice.whole(985, 1045) // 1000
    return artifact_state(artifact, raised(spec["version"], bump), list(REGIONS[:regions]), size)


def _bump(dice: Dice) -> str:
    roll = dice.whole(1, 100)
    return "major" if roll <= 3 else "minor" if roll <= 45 else "patch"


def raised(version: str, bump: str) -> str:
    """The next version: `raised("1.8.3", "minor")` is `1.9.0`."""
    major, minor, patch = map(int, version.split("."))
    following = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
    return ".".join(map(str, following[bump]))


def _verdict(finding: str | None = None) -> Json:
    checks: list[Json] = [{"name": name, "pass": True} for name in ("naming-convention", "signed-bundle")]
    scan: Json = {"name": "vulnerability-scan", "pass": finding is None}
    if finding:
        scan["message"] = finding
    return {"overall": "FAILURE" if finding else "SUCCESS", "details": {"validations": [*checks, scan]}}


def _availability(state: Json) -> str:
    count = len(state["spec"]["regions"])
    return f"Available in {count} region{'s' if count > 1 else ''}."

"""A change of a configuration: validated, approved in production, applied."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.demo.dice import Dice
from cli.demo.envelope import Json, Trace
from cli.demo.hours import HOUR, MINUTE, SECOND, office
from cli.demo.people import CONFIG_SYNC, POLICY_ENGINE
from cli.demo.settings import Config
from cli.demo.states import changed, commit, config_state
from cli.demo.world import Acts, Scene, World

SCHEMA_HOLDS: Json = {
    "overall": "SUCCESS",
    "details": {"validations": [{"name": name, "pass": True} for name in ("schema", "no-secrets")]},
}
_SECRET_FOUND: Json = {
    "overall": "FAILURE",
    "details": {"validations": [{"name": "no-secrets", "pass": False, "message": "A value looks like an access key"}]},
}
_OCCASIONS = (
    "after the load test", "agreed with support", "follow-up of the capacity review", "second step of the experiment",
    "asked for by product", "as planned for this sprint",
)  # fmt: skip


def introduce(world: World, config: Config) -> Scene:
    """The configuration as it comes with its app."""
    name = config.entity.name
    acts = Acts(world, config.entity, Trace.request(f"introduce {name}"))
    yield from ConfigChange(acts, config, Dice(f"introduce {name}"), config_state(config), "First version").run()


def adjust(world: World, config: Config, number: int) -> Scene:
    """The n-th change: one setting takes its next value."""
    name = config.entity.name
    acts, dice = Acts(world, config.entity, Trace.request(f"adjust {name} {number}")), Dice(f"adjust {name} {number}")
    state = acts.state
    if state is None:
        return
    data: dict[str, str] = state["spec"]["data"]
    setting = dice.pick([setting for setting, values in config.data.items() if len(values) > 1])
    values = config.data[setting]
    value = values[(values.index(data[setting]) + 1) % len(values)]
    why = f"{setting} from {data[setting]} to {value}, {dice.pick(_OCCASIONS)}"
    yield from ConfigChange(acts, config, dice, changed(state, spec={"data": data | {setting: value}}), why).run()


@dataclass(frozen=True)
class ConfigChange:
    acts: Acts
    config: Config
    dice: Dice
    wanted: Json
    why: str

    def run(self) -> Scene:
        yield from self._ask()
        if self.acts.state and self.dice.chance(0.05):
            self.acts.happened("Validated", POLICY_ENGINE, validation=_SECRET_FOUND)
            yield office(self._later(20 * MINUTE, 2 * HOUR), self.dice)
        self.acts.happened("Validated", POLICY_ENGINE, self._in("VALIDATED"), validation=SCHEMA_HOLDS)
        yield self._later(20 * SECOND, 4 * MINUTE)
        if self.config.environment == "production":
            yield from self._approve()
        revision = commit(self.acts.entity.name, self.acts.trace.correlation)
        metadata = {"gitCommit": revision, "gitBranch": "main", "appliedFrom": "git", "comment": self.why}
        self.acts.happened("Applied", CONFIG_SYNC, self._in("APPLIED"), metadata=metadata)

    def _ask(self) -> Scene:
        author = self.config.app.author
        if self.dice.chance(0.1):
            self.acts.asked("Validate", author, self.wanted, metadata={"comment": "Dry run"})
            yield self._later(1 * SECOND, 9 * SECOND)
        if self.dice.chance(0.25):
            self.acts.asked("Apply", author, self.wanted, metadata={"comment": self.why})
            yield self._later(2 * SECOND, 20 * SECOND)

    def _approve(self) -> Scene:
        app = self.config.app
        if self.dice.chance(0.2):
            self.acts.asked("Approve", CONFIG_SYNC, metadata={"comment": f"Waiting for team {app.team}"})
        yield office(self._later(3 * MINUTE, 2 * HOUR), self.dice, production=True)
        metadata = {"approvedBy": [app.approver.id], "comment": self.why}
        self.acts.happened("Approved", app.approver, self._in("APPROVED"), metadata=metadata)
        yield self._later(10 * SECOND, 2 * MINUTE)

    def _in(self, phase: str) -> Json:
        return changed(self.wanted, status={"phase": phase})

    def _later(self, low: timedelta, high: timedelta) -> datetime:
        return self.acts.world.now + self.dice.between(low, high)

"""`dsel who` through a real server."""

import pytest

from domain.instants import write
from examples import T0, later
from terminal import Shell
from told import Json, applied, told


def by(envelope: Json, **meta: str) -> Json:
    """The envelope with more said about it."""
    return envelope | {"meta": envelope["meta"] | meta}


@pytest.fixture
def past(dsel: Shell, app_id: str) -> Shell:
    dsel.bring(
        told("ArtifactApplyEvent", app_id, at=T0, by="ann", correlationId="req-1", spec={"comment": "Go"}),
        by(applied(app_id, at=later(1)), userId="ann", correlationId="req-1"),
        by(applied(app_id, at=later(2), version="2.0.0"), userId="argo", actorType="CONTROLLER"),
        told("ArtifactCheckedEvent", app_id, at=later(3), by="policy", actorType="SERVICE", executionId="exec-7"),
    )
    return dsel


def lines(shell: Shell, *arguments: str) -> dict[str, str]:
    told_ = shell.ok("who", "artifact", "vpc", *arguments).out.splitlines()
    return {name.strip(): value for name, _, value in (line.partition("  ") for line in told_)}


def test_it_tells_who_last_acted_who_last_changed_it_and_the_last_human(past: Shell, app_id: str) -> None:
    found = {name: value.strip() for name, value in lines(past).items()}
    assert found["Object"] == f"artifact/vpc in the app {app_id}"
    assert found["Last act"].startswith("policy (SERVICE), ")
    assert f" before, {write(later(3))}, ArtifactCheckedEvent, version 4, " in found["Last act"]
    assert found["Execution"] == "exec-7"
    assert found["Last change"].startswith("argo (CONTROLLER), ")
    assert found["Last human"].startswith("ann (HUMAN), ")
    assert "ArtifactAppliedEvent, version 2" in found["Last human"]


def test_the_past_has_its_own_answer_with_its_reason(past: Shell) -> None:
    then = past.ok("who", "artifact", "vpc", "--as-of", write(later(1)), "-o", "json").json
    assert then["lastAct"] == then["lastChange"] == then["lastHuman"]
    assert then["lastAct"]["actor"] == {"id": "ann", "type": "HUMAN"}
    assert (then["lastAct"]["version"], then["lastAct"]["timestamp"]) == (2, write(later(1)))
    assert then["lastAct"]["comment"] == "Go"
    before = past.ok("who", "artifact", "vpc", "--as-of", write(T0), "-o", "yaml").yaml
    assert before["lastChange"] is None
    assert before["lastAct"]["kind"] == "ArtifactApplyEvent"


def test_the_name_alone_is_for_scripts(past: Shell) -> None:
    assert past.ok("who", "artifact/vpc", "-o", "name").out == "policy\n"


def test_nobody_acted_on_what_never_was(past: Shell) -> None:
    ended = past("who", "artifact", "no-such")
    assert (ended.code, ended.out) == (1, "")
    ended = past("who", "artifact", "vpc", "--as-of", write(later(-1)))
    assert ended.code == 1
    assert f"at {write(later(-1))}" in ended.err

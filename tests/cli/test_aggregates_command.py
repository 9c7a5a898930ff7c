from typing import Any
from uuid import uuid4

import httpx

from examples import envelope
from patience import PATIENCE
from serving import drop, serving
from terminal import Shell

VERIFY, REBUILD = ("aggregates", "verify"), ("aggregates", "rebuild")


def test_drift_is_told_with_exit_code_1_and_rebuilt(dsel: Shell, mongodb_uri: str) -> None:
    database = f"test_{uuid4().hex}"
    place: dict[str, Any] = {"DSEL_MONGODB_URI": mongodb_uri, "DSEL_DATABASE": database}
    with serving(mongodb_uri, database=database) as address:
        sent = httpx.post(
            f"{address}/events", json=envelope(), headers={"content-type": "application/json"}, timeout=PATIENCE
        )
        assert sent.status_code == 200
    told = dsel(*VERIFY, **place)
    assert told.code == 1
    assert "ExecutionStatusAggregate 09287/exec-9012: its source events are there, and it is not" in told.out
    assert "2 of 2 aggregates differ from what the log makes of them" in told.out
    assert dsel(*REBUILD, "ExecutionStatusAggregate", **place).out == "1 corrections were appended\n"
    assert dsel(*VERIFY, "ExecutionStatusAggregate", **place).code == 0
    assert dsel(*REBUILD, **place).out == "1 corrections were appended\n"
    told = dsel(*VERIFY, **place)
    assert (told.code, told.out) == (0, "0 of 2 aggregates differ from what the log makes of them\n")
    drop(mongodb_uri, database)


def test_a_type_that_is_no_aggregate_is_refused(dsel: Shell, mongodb_uri: str) -> None:
    told = dsel(*VERIFY, "Artifact", DSEL_MONGODB_URI=mongodb_uri, DSEL_DATABASE=f"test_{uuid4().hex}")
    assert told.code == 1
    assert "'Artifact' is no aggregate" in told.err

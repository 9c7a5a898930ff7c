"""Writing through the server: one mutation, and what became of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import uuid_utils

from cli import provenance
from cli.client import Client
from cli.failure import Failure
from cli.targets import Target

_ATTEMPTS = 3
_PAUSE = 0.3

_OPTIONS = """$appId: String{required}, $name: String{required}, $eventId: String, $expectedVersion: Int,
  $comment: String, $client: JSON, $metadata: JSON, $dryRun: Boolean! = false"""
_PASSED = """eventId: $eventId, expectedVersion: $expectedVersion, comment: $comment, client: $client,
    metadata: $metadata, dryRun: $dryRun"""
_REPORT = "validation { overall results { name outcome message path } }"
_RESULT = f"""
    ... on EventRecorded {{ deduplicated event {{ id kind version type appId name }} {_REPORT} }}
    ... on DryRun {{ {_REPORT} }}
    ... on WriteError {{ code message hint path }}
    ... on ValidationFailure {{ violations {{ path message rule }} {_REPORT} }}
    ... on VersionConflict {{ actual }}
    ... on WriteRefused {{ retryable }}
"""
_ACT = """mutation($object: JSON!, %s) {
  result: %s(object: $object, appId: $appId, name: $name, %s) { __typename %s } }"""
_DELETE = f"""mutation($type: String!, {_OPTIONS.format(required="!")}) {{
  result: delete(type: $type, name: $name, appId: $appId, {_PASSED}) {{ __typename {_RESULT} }} }}"""
Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Options:
    """What may be said beside the object."""

    comment: str | None = None
    dry_run: bool = False
    expected_version: int | None = None
    event_id: str | None = None

    @property
    def is_for_one(self) -> bool:
        return self.event_id is not None or self.expected_version is not None

    def variables(self, metadata: Any) -> dict[str, Any]:
        return {
            "comment": self.comment,
            "dryRun": self.dry_run,
            "expectedVersion": self.expected_version,
            "eventId": self.event_id,
            "metadata": metadata,
            "client": provenance.client(),
        }


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did. Of a dry run `event` is None. `report` is None where the type has no rules."""

    event: Mapping[str, Any] | None
    deduplicated: bool
    report: Report | None


class WriteRefused(Failure):
    """The server refused one write. `path` is a JSON Pointer into the object, as far as it is known."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        super().__init__(result["message"], hint=result["hint"])
        self.code: str = result["code"]
        self.path: str = result["path"] or ""
        self.violations: list[Mapping[str, str]] = result.get("violations") or []
        self.report: Report | None = result.get("validation")
        self.actual: int | None = result.get("actual")
        self.retryable = bool(result.get("retryable"))


def act(
    client: Client,
    action: str,
    object_: Mapping[str, Any],
    app_id: str | None,
    options: Options,
    metadata: Any = None,
    name: str | None = None,
) -> Written:
    """`apply` or `validate` an object, under `name` where its own is shared. Raises WriteRefused."""
    query = _ACT % (_OPTIONS.format(required=""), action, _PASSED, _RESULT)
    return _write(client, query, options.variables(metadata) | {"object": object_, "appId": app_id, "name": name})


def delete(client: Client, target: Target, options: Options, metadata: Any = None) -> Written:
    """Raises WriteRefused."""
    return _write(client, _DELETE, options.variables(metadata) | target.key)


def _write(client: Client, query: str, variables: Mapping[str, Any]) -> Written:
    """Tries again what may succeed later; by its event id it is stored only once."""
    own_id = variables.get("eventId")
    sent = {**variables, "eventId": own_id or str(uuid_utils.uuid7())}
    for attempt in range(_ATTEMPTS):
        try:
            result = client.ask(query, **sent)["result"]
            if "message" in result:
                raise WriteRefused(result)
            repeated = attempt > 0 and own_id is None  # then it was this command that stored it before
            return Written(
                result.get("event"), result.get("deduplicated", False) and not repeated, result["validation"]
            )
        except Failure as error:
            if not error.retryable or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(_PAUSE * (attempt + 1))
    raise AssertionError("the last attempt returns or raises")

"""How MongoDB answers the reads that a test makes: the plans of the very commands that were sent."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from repository.driver import Database, Document

_READS = ("find", "aggregate")
_OF_THE_SESSION = ("lsid", "$db", "$clusterTime", "$readPreference", "maxTimeMS", "txnNumber", "readConcern")
_BLOCKING = {"SORT", "COLLSCAN", "HASH_AGG", "OR"}


class Reads(CommandListener):
    """The find and aggregate commands that were sent since the last `take`."""

    def __init__(self) -> None:
        self._commands: list[Document] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in _READS:
            command = {key: value for key, value in event.command.items() if key not in _OF_THE_SESSION}
            self._commands.append(deepcopy(command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to do."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to do."""

    def take(self) -> list[Document]:
        taken, self._commands = self._commands, []
        return taken


@dataclass
class Plan:
    """What a command did: its stages, the indexes that it used, and how many keys and documents it looked at."""

    stages: set[str] = field(default_factory=set)
    indexes: set[str] = field(default_factory=set)
    keys: int = 0
    documents: int = 0
    collection_scans: int = 0

    @property
    def streams(self) -> bool:
        """It stops as soon as it has answered: nothing is sorted or gathered first, and no collection is scanned."""
        return not self.stages & _BLOCKING and not self.collection_scans


async def explain(database: Database, command: Document) -> Plan:
    told = await database.command({"explain": command, "verbosity": "executionStats"})
    plan = Plan()
    for node in _nodes(told):
        _add(plan, node)
    return plan


def _add(plan: Plan, node: dict[str, Any]) -> None:
    if "executionStages" in node:
        plan.keys += node["totalKeysExamined"]
        plan.documents += node["totalDocsExamined"]
    if "stage" in node:
        plan.stages.add(node["stage"].upper())
        if "indexName" in node:
            plan.indexes.add(node["indexName"])
    if "$lookup" in node:
        plan.keys += node["totalKeysExamined"]
        plan.documents += node["totalDocsExamined"]
        plan.collection_scans += node["collectionScans"]
        plan.indexes.update(node["indexesUsed"])
    if "$sort" in node:
        plan.stages.add("SORT")


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every document of an explanation but those about the question and about plans that lost."""
    if isinstance(value, dict):
        yield value
        for key, item in value.items():
            if key not in ("command", "rejectedPlans", "winningPlan", "allPlansExecution", "$lookup"):
                yield from _nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item)

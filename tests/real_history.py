"""Real histories, where they lie beside the checkout: events of public GitOps repositories, and questions."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.kinds import lower_camel

FOLDER = Path(__file__).parents[2] / "shared" / "data"


def rows(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(FOLDER / f"{name}.ndjson.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def envelope(row: dict[str, Any]) -> dict[str, Any]:
    """One row as an envelope; the object's stable identity stands for the app."""
    kind, action = row["objKind"], "Applied" if row["op"] == "applied" else "Deleted"
    return {
        "apiVersion": "v1alpha1",
        "kind": f"{kind}{action}Event",
        "meta": {
            "eventId": f"{row['repo']}-{row['seq']}",
            "timestamp": row["commitTime"],
            "userId": row["author"],
            "actorType": str(row.get("actorType") or "HUMAN").upper(),
            "appId": row["objId"],
        },
        "spec": {
            lower_camel(kind): row["state"],
            "metadata": {"gitCommit": row["sha"], "path": row["path"], "seq": row["seq"]},
        },
    }

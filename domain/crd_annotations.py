"""What a platform adds to a CustomResourceDefinition that stays as its project ships it: references and indexes.

Each is an annotation, `dsel/references` and `dsel/indexes`, with the YAML or JSON that a manifest of ours would have.
"""

from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import Fault, InvalidManifest
from domain.faults import faults_of
from domain.places import Pointer
from domain.reference import Reference
from domain.values import pointer_part

MOST_INDEXES = 16
_PREFIX = "dsel/"


class Added(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    references: tuple[Reference, ...] = ()
    indexes: tuple[Pointer, ...] = Field(default=(), max_length=MOST_INDEXES)


def added(manifest: Mapping[str, Any]) -> Added:
    """Raises InvalidManifest with every fault."""
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    texts = annotations if isinstance(annotations, Mapping) else {}
    read = {
        key: _read(f"{_PREFIX}{key}", texts[f"{_PREFIX}{key}"])
        for key in Added.model_fields
        if f"{_PREFIX}{key}" in texts
    }
    try:
        return Added.model_validate(read)
    except ValidationError as error:
        raise InvalidManifest.of([_placed(each) for each in faults_of(error)]) from None


def _read(key: str, text: Any) -> Any:
    try:
        return yaml.safe_load(str(text))
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise InvalidManifest(f"/metadata/annotations/{pointer_part(key)}", f"it is no YAML: {problem}") from None


def _placed(fault: Fault) -> Fault:
    return Fault(
        f"/metadata/annotations/{pointer_part(_PREFIX)}{fault.path.removeprefix('/')}", fault.problem, fault.hint
    )

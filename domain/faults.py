"""Manifests read by a model, with every fault at its place."""

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from domain.errors import Fault, InvalidManifest
from domain.values import pointer_part

Model = TypeVar("Model", bound=BaseModel)


def parsed(model: type[Model], manifest: Any) -> Model:
    """Raises InvalidManifest with every fault."""
    try:
        return model.model_validate(manifest)
    except ValidationError as error:
        raise InvalidManifest.of(list(faults_of(error))) from None


def faults_of(error: ValidationError) -> Iterator[Fault]:
    for each in error.errors(include_url=False):
        yield Fault("".join(f"/{pointer_part(str(part))}" for part in each["loc"]), each["msg"])

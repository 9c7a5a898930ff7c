"""A Pydantic model becomes a manifest that says the same."""

from typing import Any

import pytest
from pydantic import BaseModel, Field

from domain import manifest
from domain.pydantic_model import manifest_of
from domain.validation import violations


class Disk(BaseModel):
    """A disk."""

    size: int = Field(ge=1, alias="sizeGiB")


class Machine(BaseModel):
    """A machine."""

    name: str
    disks: list[Disk] = []
    note: str | None = None


class Folder(BaseModel):
    inside: list["Folder"] = []
    label: str = ""


class Whole(BaseModel):
    """Any object."""

    metadata: dict[str, Any]
    spec: Folder


def accepted(read: Any, **object_: Any) -> bool:
    return violations(read, {"apiVersion": read.newest.name, "kind": read.name, **object_}) == ()


def test_a_model_describes_the_spec_of_its_objects() -> None:
    read = manifest.read(manifest_of(Machine, group="acme.example", version="v2"))
    assert (read.name, read.group, read.description, read.newest.name) == (
        "Machine",
        "acme.example",
        "A machine.",
        "acme.example/v2",
    )
    assert [each.name for each in read.actions] == ["apply", "validate", "delete"]
    assert accepted(read, spec={"name": "m", "disks": [{"sizeGiB": 1}], "note": None})
    assert not accepted(read, spec={"name": "m", "disks": [{"sizeGiB": 0}]})
    assert not accepted(read, spec={})
    assert not accepted(read)


@pytest.mark.parametrize("depth", [0, 1, 20])
def test_a_model_may_be_recursive(depth: int) -> None:
    folder: dict[str, Any] = {"label": "x"}
    wrong: dict[str, Any] = {"label": 5}
    for _ in range(depth):
        folder, wrong = {"inside": [folder]}, {"inside": [wrong]}
    for model in (Folder, Whole):
        read = manifest.read(manifest_of(model))
        assert accepted(read, spec=folder, metadata={})
        assert not accepted(read, spec=wrong, metadata={})


def test_a_model_that_has_a_spec_describes_the_whole_object() -> None:
    read = manifest.read(manifest_of(Whole))
    assert set(read.newest.json_schema["properties"]) == {"metadata", "spec"}
    assert not accepted(read, spec={})

"""A Pydantic model becomes a manifest that says the same."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model

from domain import manifest
from domain.errors import InvalidManifest
from domain.pydantic_model import manifest_of
from domain.validation import violations

Item = TypeVar("Item")


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


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    spec: Disk


class page(BaseModel, Generic[Item]):  # noqa: N801
    """Some of many."""

    items: list[Item]


class Calling(BaseModel):
    back: Callable[[], int]


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


def test_what_every_object_has_need_not_be_allowed() -> None:
    read = manifest.read(manifest_of(Strict))
    assert accepted(read, meta={"name": "x"}, spec={"sizeGiB": 1})
    assert not accepted(read, meta={"name": "x"}, spec={"sizeGiB": 1}, more=1)


def test_a_generic_model_is_called_after_what_it_is_of() -> None:
    read = manifest.read(manifest_of(page[Disk]))
    assert read.name == "PageDisk"
    assert accepted(read, spec={"items": [{"sizeGiB": 1}]})
    assert not accepted(read, spec={"items": [1]})
    assert manifest.read(manifest_of(page[int], name="Numbers")).name == "Numbers"


def test_a_model_that_makes_no_type_is_refused_with_a_way_out() -> None:
    with pytest.raises(InvalidManifest, match="Calling has no JSON Schema"):
        manifest_of(Calling)
    nameless = create_model("_", size=(int, 1))
    with pytest.raises(InvalidManifest, match="'_' is no name of a type") as refusal:
        manifest_of(nameless)
    assert refusal.value.hint == "Give it another one, with --name on the command line."

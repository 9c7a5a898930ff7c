"""Files that ship with the package."""

from collections.abc import Iterator
from importlib.resources import files


def builtin_manifests() -> Iterator[str]:
    """The texts of `domain/builtin/*.yaml`, by file name."""
    folder = files("domain.builtin")
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".yaml"):
            yield entry.read_text(encoding="utf-8")

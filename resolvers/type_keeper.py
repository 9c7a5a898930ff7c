"""The port of the running service's types: how a mutation changes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from domain.declaration import Declaration

if TYPE_CHECKING:
    from resolvers.context import Context


class Effect(StrEnum):
    CREATED = "CREATED"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"
    RETIRED = "RETIRED"


@dataclass(frozen=True, slots=True)
class TypeOptions:
    """What may be said beside the manifests."""

    expected_version: int | None = None
    """Of each of the entities that stand for the types in the log; 0 when there is none."""
    comment: str | None = None
    """Why; kept in the intent."""
    client: Any = None
    """What the client says of itself; kept in the intent."""
    dry_run: bool = False
    force: bool = False
    """Change types although clients may break."""


@dataclass(frozen=True, slots=True)
class TypeChange:
    """What became of one type. `stored` is False for a dry run, and for what was so already."""

    declaration: Declaration
    effect: Effect
    stored: bool = False


@dataclass(frozen=True, slots=True)
class TypeChanges:
    """What became of several types, and what that breaks: of each break its kind, and what it is."""

    changes: Sequence[TypeChange]
    breaking: Sequence[tuple[str, str]] = ()


class TypeKeeper(Protocol):
    """All of these raise StoreUnavailable, Forbidden, VersionConflict and BreakingChange; then nothing has changed."""

    async def apply(self, context: "Context", manifests: Sequence[Any], options: TypeOptions) -> TypeChanges:
        """All of the manifests or, when one cannot be served, none. The caller can use the types at once.

        Raises InvalidManifests with every fault.
        """
        ...

    async def retire(self, context: "Context", name: str, options: TypeOptions) -> TypeChanges:
        """Takes a type out of the schema; what is in the log stays. Raises UnknownType."""
        ...
